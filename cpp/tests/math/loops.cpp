// Compiled once per ISA, with the flags of the kernels.
#include "functions.h"
#include "math/arc.h"
#include "math/erf.h"
#include "math/expm1.h"
#include "math/gamma.h"
#include "math/normal.h"
#include "math/power.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

template <class T>
FASTLOSS_INLINE T normal_cost(T z) {
  return NormalTail<T>(z).minus_log();
}
template <class T>
FASTLOSS_INLINE T normal_hazard(T z) {
  return NormalTail<T>(z).hazard();
}
template <class T>
FASTLOSS_INLINE T normal_slope(T z) {
  return NormalTail<T>(z).slope();
}

#define FASTLOSS_LOOP(name, call)                                          \
  template <class T>                                                       \
  void name##_loop(const T* x, const T* y, T* out, std::size_t n) {        \
    (void)y;                                                               \
    _Pragma("omp simd") for (std::size_t i = 0; i < n; ++i) out[i] = call; \
  }
#define FASTLOSS_ONE(name) FASTLOSS_LOOP(name, name(x[i]))
#define FASTLOSS_TWO(name) FASTLOSS_LOOP(name, name(x[i], y[i]))
FASTLOSS_MATH_FUNCTIONS(FASTLOSS_ONE, FASTLOSS_TWO)

#define FASTLOSS_LOOPS(name) {name##_loop<float>, name##_loop<double>},
constexpr Loops table[] = {FASTLOSS_MATH_FUNCTIONS(FASTLOSS_LOOPS, FASTLOSS_LOOPS)};

}  // namespace

const Loops* math_loops() { return table; }

}  // namespace fastloss::FASTLOSS_ISA
