// The ISA wall: the only names that kernels and engines share. Plain structs of plain function pointers;
// no standard header that could emit an inline function.
#pragma once

#include <cstdint>

namespace fastloss {

// Engines hand kernels runs whose length is a multiple of `lanes`, padded where the data end, so that no
// kernel has a tail. A block's sum uses `accumulators` float64 sums, whatever the vector width: twice the
// lanes, so that the additions do not wait for each other.
inline constexpr int lanes = 16;
inline constexpr int accumulators = 2 * lanes;
inline constexpr int run_length = 512;
inline constexpr int block_length = 2048;

constexpr int padded(int n) { return (n + lanes - 1) & -lanes; }

// What one kernel call computes. The sums add the values to the accumulators instead of writing them.
enum class Mode : int { value, sum, grad, value_grad, sum_grad, grad_hess, grad_positive };
inline constexpr int mode_count = 7;

// Passes over a run in L1, for every room. Strides are in bytes.
template <class T>
struct Passes {
  using Load = void (*)(const char* source, std::int64_t stride, T* target, int n);
  using Store = void (*)(const T* source, T factor, char* target, std::int64_t stride, int n, bool stream);
  using StoreWeighted = void (*)(const T* source, const double* weight, double factor, char* target,
                                 std::int64_t stride, int n, bool stream);
  Load load[26];    // by DType, then by the DType of swapped elements
  Store store[13];  // real types only; NaNs are made canonical
  StoreWeighted store_weighted[13];
  bool (*outside)(const T* x, int n, T low, T high);  // any element beyond the bounds; NaN is not
  bool (*unfit)(const T* x, int n, T low, T high);    // any element not within the bounds; NaN is unfit
  // Past the cache; `source` has `lanes` elements of room before it. See block/stream.h.
  void (*stream_lines)(T* source, char* target, int n, bool begins, bool ends);
  void (*sum)(const T* x, int n, double* accumulator);
  void (*sum_weighted)(const T* x, const double* weight, int n, double* accumulator);
};

// One run of a pointwise loss; n is a multiple of `lanes`. Derivatives are written times `factor` and their weight,
// with NaNs canonical: ready for the caller's memory where no conversion stands between.
template <class T>
struct PointwiseRun {
  const T* pred;
  const T* target;
  const T *next_pred, *next_target;  // brought into the cache meanwhile: the next run, or this one again
  const T* element;
  const double* weight;  // 0 leaves a term out, even an infinite or NaN one
  T* value;
  T* grad;
  T* hess;
  double* accumulator;
  const double* parameters;
  double factor;
  int n;
};
template <class T>
using PointwiseMap = void (*)(const PointwiseRun<T>& run);

template <class T>
struct PointwiseKernel {
  PointwiseMap<T> map[2][mode_count];  // unweighted, weighted
};

// Row losses. What is one number per row is kept for a group of rows; the rows themselves are worked on in
// batches, which lie in scratch one after the other, each padded to whole lanes: with -infinity where they are
// logits, with 0 where they are probabilities.
inline constexpr int group_rows = 64;

template <class T>
struct RowGroup {
  // The call.
  std::int64_t classes, pitch;  // pitch: from row to row in scratch
  const double* parameters;
  double smoothing, eps;
  const double *class_weight, *class_alpha;  // per class, or null
  bool want_grad, want_hess, positive;
  Passes<double>::Load load_target;  // dense targets; null: labels
  std::int64_t target_stride;        // along the classes
  bool (*stopped)(void* context);    // asked now and then while rows are long
  void* context;
  // The rows of the group.
  int count;
  const char* target;  // of the first row, with the step to the next
  std::int64_t target_step;
  std::int64_t label[group_rows];
  bool silent[group_rows];    // rows of weight zero
  double factor[group_rows];  // of the derivatives
  // The batch: rows [first, last) of the group.
  int first, last;
  T *rows, *hess;   // predictions; the kernel leaves the derivatives in their place
  const T* source;  // not null: whole lanes of predictions are still here, only the rest is in `rows`
  std::int64_t source_step;
  const char *next, *output;  // where the next batch and the gradient lie, to be brought into the cache
  std::int64_t next_step, output_step;
  // What comes out. Gradients are (row * scale) * rest, Hessians are final.
  double value[group_rows];
  double mass[group_rows];  // sum_k t_k w_k, from RowPasses::masses
  T scale[group_rows], rest[group_rows];
  bool bad_target;  // a dense target is negative or infinite
};

template <class T>
struct RowKernel {
  // Each works on a batch.
  void (*spike)(RowGroup<T>& group);  // logits, all the target in one class
  void (*dense)(RowGroup<T>& group);  // logits
  void (*probabilities)(RowGroup<T>& group);
};

// Between memory and the rows of a group.
template <class T>
struct RowPasses {
  void (*spread)(const T* flat, T* rows, int count, int classes, int pitch, T pad);
  void (*settle)(const T* rows, const T* scale, const T* rest, T* flat, int count, int classes, int pitch);
  void (*scale)(T* row, T scale, std::int64_t n);
  // `lanes` classes of up to `lanes` rows, class by class in `tile`.
  void (*turn_in)(T* tile, T* rows, int count, std::int64_t pitch);
  void (*turn_out)(const T* rows, const T* scale, const T* rest, T* tile, int count, std::int64_t pitch);
  void (*masses)(RowGroup<T>& group);  // the class weights of dense targets, for the whole group
};

template <class T>
struct RowTable {
  const RowKernel<T>* kernel;
  RowPasses<T> passes;
};

// Pair losses, row by row. `measure` reads all features and leaves in `state` what the derivatives need;
// `derive` then gives `n` features of them, multiplied by `factor`, to one array per differentiable input.
inline constexpr int pair_state_size = 512;

struct PairMeasured {
  double value;
  bool flat;  // all derivatives are 0
};

template <class T>
struct PairKernel {
  using Measure = PairMeasured (*)(const T* const* input, std::int64_t features, double target,
                                   const double* parameters, bool derivatives, void* state) noexcept;
  using Derive = void (*)(const void* state, const T* const* input, int n, double factor, T* const* grad,
                          T* const* hess) noexcept;
  Measure measure;
  Derive grad, grad_hess, grad_positive;
};

// Everything that one ISA offers. The tables of the rooms are in the order of their rows, with
// `max_variants` entries for each.
struct Tier {
  const Passes<float>* passes_float;
  const Passes<double>* passes_double;
  const PointwiseKernel<float>* pointwise_float;
  const PointwiseKernel<double>* pointwise_double;
  const RowTable<float>* rows_float;
  const RowTable<double>* rows_double;
  const PairKernel<float>* pairs_float;
  const PairKernel<double>* pairs_double;

  template <class T>
  const Passes<T>& passes() const {
    if constexpr (sizeof(T) == 4)
      return *passes_float;
    else
      return *passes_double;
  }
  template <class T>
  const PointwiseKernel<T>* pointwise() const {
    if constexpr (sizeof(T) == 4)
      return pointwise_float;
    else
      return pointwise_double;
  }
  template <class T>
  const RowTable<T>& rows() const {
    if constexpr (sizeof(T) == 4)
      return *rows_float;
    else
      return *rows_double;
  }
  template <class T>
  const PairKernel<T>* pairs() const {
    if constexpr (sizeof(T) == 4)
      return pairs_float;
    else
      return pairs_double;
  }
};

// The tier chosen at load.
const Tier& tier();

}  // namespace fastloss
