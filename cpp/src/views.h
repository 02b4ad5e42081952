#pragma once

#include <fastloss/types.h>

#include <cstdint>
#include <string>

#include "base/definition.h"

namespace fastloss {

std::string shape_of(const ConstArray& array);
// The number of elements; refuses negative lengths and more than 64 bits can count.
std::int64_t product(const Definition& definition, int ndim, const std::int64_t* shape);
// Refuses a view that could not be walked. Nothing of a view is followed before this.
void check_view(const Definition& definition, const ConstArray& array, const char* name);
inline void check_view(const Definition& definition, const Array& array, const char* name) {
  check_view(definition, ConstArray{array.data, array.dtype, array.ndim, array.shape, array.strides}, name);
}

}  // namespace fastloss
