// What the kernels of row losses and their engine share.
#pragma once

#include "base/definition.h"
#include "kernels.h"

namespace fastloss {

// Row losses. What is one number per row is kept for a group of rows; the rows themselves are worked on in
// batches, which lie in scratch one after the other, each padded to whole lanes: with -infinity where they are
// logits or scores, with 0 where they are probabilities.
inline constexpr int group_rows = 64;

template <class T>
struct RowGroup {
  // The call.
  std::int64_t classes, pitch;  // pitch: from row to row in scratch
  const double* parameters;
  double smoothing, eps;
  LogitBend bend;
  const double *class_weight, *class_scale;  // per class, or null
  bool want_grad, want_hess, positive;
  Passes<double>::Load load_target;  // dense targets; null: labels
  std::int64_t target_stride;        // along the classes
  double target_high;                // no share may be above
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
  bool bad_target;  // a dense target is negative or too large
};

template <class T>
struct RowKernel {
  // Each works on a batch; null where the loss has no such form.
  void (*spike)(RowGroup<T>& group) = nullptr;          // logits or scores, all the target in one class
  void (*dense)(RowGroup<T>& group) = nullptr;          // the same, a share of the target for every class
  void (*probabilities)(RowGroup<T>& group) = nullptr;  // of either target
  bool in_place = false;                                // `spike` takes lanes from RowGroup::source
};

// Between memory and the rows of a group.
template <class T>
struct RowPasses {
  void (*spread)(const T* flat, T* rows, int count, int classes, int pitch, T pad);
  void (*settle)(const T* rows, const T* scale, const T* rest, T* flat, int count, int classes, int pitch);
  void (*scale)(T* row, T scale, std::int64_t n);
  void (*plain_zeros)(T* row, std::int64_t n);
  void (*masses)(RowGroup<T>& group);  // the class weights of dense targets, for the whole group
};

}  // namespace fastloss
