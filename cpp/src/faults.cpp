// What was found wrong with the data, in words: the first fault by position, with its subscript and number.
#include "base/check.h"
#include "checks.h"

namespace fastloss {

void raise(const Row& row, const Call& call, const Shapes& shapes, const Fault& fault) {
  std::string where = subscript(fault.index, shapes.ndim, shapes.terms);
  if (fault.inner >= 0) {  // put the class or feature back where it lies in the array
    std::int64_t position = fault.index, whole = 0, step = 1;
    for (int axis = call.inputs[0].ndim - 1, k = shapes.ndim - 1; axis >= 0; --axis) {
      const std::int64_t length = call.inputs[0].shape[axis];
      const std::int64_t at = axis == shapes.axis ? fault.inner : position % shapes.terms[k];
      if (axis != shapes.axis) position /= shapes.terms[k--];
      whole += at * step;
      step *= length;
    }
    where = subscript(whole, call.inputs[0].ndim, call.inputs[0].shape);
  }
  if (fault.kind == Fault::Kind::weight)
    domain_error(row, "sample_weight" + where + " is " + number_text(fault.number) + ", wanted: finite and >= 0");
  const std::string name = row.inputs[fault.input];
  if (fault.kind == Fault::Kind::label) {
    const std::string label =
        fault.unsigned_label ? std::to_string(static_cast<std::uint64_t>(fault.label)) : std::to_string(fault.label);
    label_error(row, name + where + " is " + label + ", pred has " + std::to_string(shapes.inner) +
                         " classes: wanted 0 to " + std::to_string(shapes.inner - 1));
  }
  const Interval domain =
      fault.input == 0 ? (row.probabilities_unless_logits ? Interval{0.0, 1.0} : row.pred_domain) : row.target_domain;
  const std::string wanted = domain.high <= 1e300
                                 ? "within [" + number_text(domain.low) + ", " + number_text(domain.high) + "]"
                                 : "finite and >= " + number_text(domain.low);
  const bool logits = fault.input == 0 && row.probabilities_unless_logits;
  domain_error(row, name + where + " is " + number_text(fault.number) + ", wanted: " + wanted +
                        (logits ? "; for scores before the sigmoid or softmax say from_logits=True" : ""));
}

}  // namespace fastloss
