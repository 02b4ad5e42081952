// Losses of data that come in chunks, or from several machines.
#pragma once

#include <fastloss/export.h>

#include <array>
#include <cstdint>
#include <memory>

namespace fastloss {

// The exact sums of w * l and of w over any number of calls (Call::totals): neither the order of calls and merges
// nor their number changes a bit.
class FASTLOSS_API Totals {
 public:
  Totals();
  Totals(const Totals& other);
  Totals& operator=(const Totals& other);
  ~Totals();

  void merge(const Totals& other) noexcept;
  double sum() const noexcept;     // rounded once
  double weight() const noexcept;  // the same; the count of the terms where none had weights
  double mean() const noexcept;    // sum over weight, NaN where there is no weight

  // To be kept or sent elsewhere: equal totals have equal states. `load` throws ParameterError for numbers that no
  // `save` has written.
  using Saved = std::array<std::int64_t, 142>;
  Saved save() const noexcept;
  static Totals load(const Saved& saved);

  struct State;

 private:
  friend struct Door;
  std::unique_ptr<State> state_;
};

}  // namespace fastloss
