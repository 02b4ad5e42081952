// The row losses of one ISA.
#include "rows/dense.h"
#include "rows/layout.h"
#include "rows/probabilities.h"
#include "rows/spike.h"
#include "rows/table.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

// The kernels of one row of the table: its variants, in the order in which the table names them.
template <class T>
struct RowVariants {
  RowKernel<T> kernel[4];
};
template <class T, template <class> class... Losses>
constexpr RowVariants<T> row_variants() {
  return {{{spike<Losses, T>, dense<Losses, T>, probabilities<Losses, T>}...}};
}

#define FASTLOSS_UNWRAP(...) __VA_ARGS__
#define FASTLOSS_KERNELS(kernels, ...) row_variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr RowVariants<T> kernels[] = {FASTLOSS_ROWS(FASTLOSS_KERNELS)};

template <class T>
constexpr RowTable<T> table = {kernels<T>[0].kernel,
                               {spread<T>, settle<T>, scale_row<T>, turn_in<T>, turn_out<T>, masses<T>}};

}  // namespace

const RowTable<float>* rows_float() { return &table<float>; }
const RowTable<double>* rows_double() { return &table<double>; }

}  // namespace fastloss::FASTLOSS_ISA
