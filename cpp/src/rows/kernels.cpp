// The row losses of one ISA.
#include "kernels.h"

namespace fastloss::FASTLOSS_ISA {
const RowTable<float>* rows_float() { return nullptr; }
const RowTable<double>* rows_double() { return nullptr; }
}  // namespace fastloss::FASTLOSS_ISA
