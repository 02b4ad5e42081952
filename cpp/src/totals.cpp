#include <fastloss/totals.h>

#include <cmath>

#include "base/check.h"
#include "base/float_mode.h"
#include "totals_state.h"

namespace fastloss {

Totals::Totals() : state_(new State) {}
Totals::Totals(const Totals& other) : state_(new State(*other.state_)) {}
Totals& Totals::operator=(const Totals& other) {
  *state_ = State(*other.state_);
  return *this;
}
Totals::~Totals() = default;

void Totals::merge(const Totals& other) noexcept {
  state_->sum.add(other.state_->sum);
  state_->weight.add(other.state_->weight);
}
double Totals::sum() const noexcept {
  const FloatMode mode;
  return state_->sum.value();
}
double Totals::weight() const noexcept {
  const FloatMode mode;
  return state_->weight.value();
}
double Totals::mean() const noexcept {
  const FloatMode mode;
  const double total = state_->weight.value();
  return total == 0.0 ? std::nan("") : state_->sum.value() / total;
}

Totals::Saved Totals::save() const noexcept {
  static_assert(std::tuple_size_v<Saved> == 2 * ExactSum::words);
  Saved saved;
  state_->sum.save(saved.data());
  state_->weight.save(saved.data() + ExactSum::words);
  return saved;
}

Totals Totals::load(const Saved& saved) {
  Totals totals;
  if (!totals.state_->sum.load(saved.data()) || !totals.state_->weight.load(saved.data() + ExactSum::words))
    setting_error("Totals: these are not saved totals");
  return totals;
}

}  // namespace fastloss
