// What all row losses of one ISA share.
#include "rows/coefficients.h"
#include "rows/layout.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

template <class T>
constexpr RowPasses<T> passes = {spread<T>, settle<T>, scale_row<T>, plain_zeros<T>, masses<T>};

}  // namespace

Ends<RowPasses> row_passes() { return {&passes<float>, &passes<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
