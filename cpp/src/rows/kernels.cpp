// The row losses of one ISA.
#include "kernels.h"

namespace fastloss::FASTLOSS_ISA {}
