// What was found wrong with the data, in words: the first fault by position, with its subscript and number.
#include "base/check.h"
#include "checks.h"

namespace fastloss {
namespace {

// The subscript of a term, or of one of its entries in an input.
std::string place_of(const Call& call, const Shapes& shapes, std::int64_t index, std::int64_t inner, int input) {
  if (inner < 0) return subscript(index, shapes.ndim, shapes.terms);
  const ConstArray& array = call.inputs[input];  // put the class or feature back where it lies in the array
  const int own = shapes.axis[input];
  std::int64_t position = index, whole = 0, step = 1;
  for (int axis = array.ndim - 1, k = shapes.ndim - 1; axis >= 0; --axis) {
    const std::int64_t length = array.shape[axis];
    const std::int64_t at = axis == own ? inner : position % shapes.terms[k];
    if (axis != own) position /= shapes.terms[k--];
    whole += at * step;
    step *= length;
  }
  return subscript(whole, array.ndim, array.shape);
}

}  // namespace

void raise(const Resolved& loss, const Call& call, const Shapes& shapes, const Fault& fault) {
  const Definition& definition = loss.definition();
  const std::string where = place_of(call, shapes, fault.index, fault.inner, fault.input);
  if (fault.kind == Fault::Kind::weight)
    domain_error(definition,
                 "sample_weight" + where + " is " + number_text(fault.number) + ", wanted: a finite number >= 0");
  const std::string name = definition.inputs[fault.input].name;
  if (fault.kind == Fault::Kind::label) {
    const std::string label =
        fault.unsigned_label ? std::to_string(static_cast<std::uint64_t>(fault.label)) : std::to_string(fault.label);
    label_error(definition, name + where + " is " + label + ", " + definition.inputs[0].name + " has " +
                                std::to_string(shapes.inner) + " classes, wanted: an integer in [0, " +
                                std::to_string(shapes.inner) + ")");
  }
  if (fault.kind == Fault::Kind::order)
    domain_error(definition, name + where + " is " + number_text(fault.number) + ", larger than " +
                                 definition.inputs[fault.other_input].name +
                                 place_of(call, shapes, fault.index, fault.other_inner, fault.other_input) +
                                 ", which is " + number_text(fault.other));
  const bool logits = fault.input == 0 && role_place(definition, Role::logits) >= 0;
  domain_error(definition, name + where + " is " + number_text(fault.number) +
                               ", wanted: " + wanted_text(loss.domain[fault.input]) +
                               (logits ? "; for scores before the sigmoid or softmax say from_logits=True" : ""));
}

}  // namespace fastloss
