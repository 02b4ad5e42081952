// What was found wrong with the data, in words: the first fault by position, with its subscript and number.
#include "base/check.h"
#include "checks.h"

namespace fastloss {
namespace {

// The subscript of a term, or of one of its entries in the first input.
std::string place_of(const Call& call, const Shapes& shapes, const Fault& fault) {
  if (fault.inner < 0) return subscript(fault.index, shapes.ndim, shapes.terms);
  const ConstArray& first = call.inputs[0];  // put the class or feature back where it lies in the array
  std::int64_t position = fault.index, whole = 0, step = 1;
  for (int axis = first.ndim - 1, k = shapes.ndim - 1; axis >= 0; --axis) {
    const std::int64_t length = first.shape[axis];
    const std::int64_t at = axis == shapes.axis[0] ? fault.inner : position % shapes.terms[k];
    if (axis != shapes.axis[0]) position /= shapes.terms[k--];
    whole += at * step;
    step *= length;
  }
  return subscript(whole, first.ndim, first.shape);
}

}  // namespace

void raise(const Resolved& loss, const Call& call, const Shapes& shapes, const Fault& fault) {
  const Definition& definition = loss.definition();
  const std::string where = place_of(call, shapes, fault);
  if (fault.kind == Fault::Kind::weight)
    domain_error(definition,
                 "sample_weight" + where + " is " + number_text(fault.number) + ", wanted: finite and >= 0");
  const std::string name = definition.inputs[fault.input].name;
  if (fault.kind == Fault::Kind::label) {
    const std::string label =
        fault.unsigned_label ? std::to_string(static_cast<std::uint64_t>(fault.label)) : std::to_string(fault.label);
    label_error(definition, name + where + " is " + label + ", " + definition.inputs[0].name + " has " +
                                std::to_string(shapes.inner) + " classes: wanted 0 to " +
                                std::to_string(shapes.inner - 1));
  }
  if (fault.kind == Fault::Kind::order)
    domain_error(definition, name + where + " is " + number_text(fault.number) + ", larger than " +
                                 number_text(fault.other) + ", which it may not exceed");
  const bool logits = fault.input == 0 && role_place(definition, Role::logits) >= 0;
  domain_error(definition, name + where + " is " + number_text(fault.number) +
                               ", wanted: " + wanted_text(loss.domain[fault.input]) +
                               (logits ? "; for scores before the sigmoid or softmax say from_logits=True" : ""));
}

}  // namespace fastloss
