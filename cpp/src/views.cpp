// Whether a view can be walked at all, whatever a host put into it.
#include "views.h"

#include <fastloss/view.h>

#include "base/check.h"

namespace fastloss {

std::string shape_of(const ConstArray& array) { return shape_text(array.ndim, array.shape); }

std::int64_t product(const Definition& definition, int ndim, const std::int64_t* shape) {
  std::int64_t n = 1, bytes;
  for (int axis = 0; axis < ndim; ++axis) {
    if (shape[axis] < 0) shape_error(definition, "an axis has the negative length " + std::to_string(shape[axis]));
    if (__builtin_mul_overflow(n, shape[axis], &n) || __builtin_mul_overflow(n, std::int64_t{8}, &bytes))
      shape_error(definition, "the shape " + shape_text(ndim, shape) + " has more elements than 64 bits can count");
  }
  return n;
}

void check_view(const Definition& definition, const ConstArray& array, const char* name) {
  const auto say = [&](const char* what) { return std::string(name) + what; };
  if (array.ndim == Axes::mismatch) shape_error(definition, say(" has a shape and strides of different lengths"));
  if (array.ndim == Axes::too_many)
    shape_error(definition, say(" has more axes than a View, which has up to ") + std::to_string(max_view_ndim));
  if (array.ndim < 0 || array.ndim > max_ndim)
    shape_error(definition, std::string(name) + " has " + std::to_string(array.ndim) + " axes, wanted: 0 to " +
                                std::to_string(max_ndim));
  if (static_cast<int>(array.dtype) >= dtype_count) dtype_error(definition, say(" has no element type that exists"));
  if (array.ndim > 0 && array.shape == nullptr) parameter_error(definition, say(" has no shape: its pointer is null"));
  if (array.ndim > 0 && array.strides == nullptr)
    parameter_error(definition, say(" has no strides: their pointer is null"));
  if (product(definition, array.ndim, array.shape) > 0 && array.data == nullptr)
    parameter_error(definition, say(" has no data: its pointer is null"));
  // How far it reaches to both sides: no memory is that large, and sums of strides within never overflow.
  constexpr std::int64_t most = std::int64_t{1} << 60;
  std::int64_t low = 0, high = 0;
  for (int axis = 0; axis < array.ndim; ++axis) {
    std::int64_t reach;
    if (array.shape[axis] <= 1) continue;
    const bool overflows = __builtin_mul_overflow(array.shape[axis] - 1, array.strides[axis], &reach);
    if (overflows || reach < -most || reach > most)
      shape_error(definition, say(" has strides that lead out of memory"));
    (reach < 0 ? low : high) += reach < 0 ? -reach : reach;
    if (low + high > most) shape_error(definition, say(" has strides that lead out of memory"));
  }
}

}  // namespace fastloss
