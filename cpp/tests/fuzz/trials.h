// The losses that are called, made once, and a call of one as it should be.
#pragma once

#include <limits>

#include "scene.h"

// What a call has besides its arrays.
struct Extras {
  int wild = 0;          // how often numbers are of no domain
  int workspace = 0;     // in eighths of what is wanted; 0: none
  bool odd = false;      // the arrays are right, but not for this loss
  bool forgets = false;  // the host's parallel_for leaves a piece out
  bool totals = false, no_value = false;
  std::int64_t classes = 1;
};

class Trials {
 public:
  static constexpr int most = 64;
  Made made[most];
  int count = 0;

  Trials() {
    static const double three[] = {0.5, 0.0, 1.0};
    static const double infinite = std::numeric_limits<double>::infinity();
    const auto flag = [](const char* name) { return parameter(name, FASTLOSS_FLAG, 1, 0.0); };
    const auto integer = [](const char* name, std::int64_t n) { return parameter(name, FASTLOSS_INTEGER, n, 0.0); };
    const auto real = [](const char* name, double x) { return parameter(name, FASTLOSS_REAL, 0, x); };
    const auto reals = [&](const char* name) {
      fastloss_parameter p = parameter(name, FASTLOSS_REALS, 0, 0.0);
      return p.reals = three, p.count = 3, p;
    };
    using List = std::initializer_list<fastloss_parameter>;
    for (const char* name : {"mean_squared_error", "mean_absolute_error", "huber"}) add(name, {});
    add("huber", {real("delta", 1e-300)});
    add("huber", {real("delta", 1e300)});
    for (const List& list : {List{}, List{flag("from_logits")}, List{flag("from_logits"), real("eps", 0.25)},
                             List{reals("pos_weight"), real("label_smoothing", 0.5)}}) {
      add("binary_cross_entropy", list);
      add("binary_focal", list);
    }
    add("binary_focal", {real("gamma", 0.5), parameter("alpha", FASTLOSS_NOTHING, 0, 0.0)});
    add("binary_focal", {flag("from_logits"), real("gamma", 700.0)});
    for (const char* name : {"categorical_cross_entropy", "sparse_categorical_cross_entropy", "categorical_focal",
                             "sparse_categorical_focal"}) {
      for (const List& list :
           {List{}, List{flag("from_logits")}, List{flag("from_logits"), integer("axis", 0)},
            List{real("eps", 0.01), integer("axis", 1)}, List{flag("from_logits"), real("label_smoothing", 0.25)},
            List{flag("from_logits"), reals("class_weight"), integer("axis", -2)}})
        add(name, list);
      if (std::strstr(name, "focal")) add(name, {reals("alpha"), real("gamma", 0.0)});
      if (std::strstr(name, "sparse")) add(name, {flag("from_logits"), integer("ignore_index", 0)});
    }
    add("contrastive", {});
    add("contrastive", {real("margin", 0.0)});
    for (const double p : {1.0, 2.0, 3.5, infinite})
      add("triplet", {real("p", p), parameter("squared", FASTLOSS_FLAG, p == 3.5, 0.0),
                      parameter("swap", FASTLOSS_FLAG, p != 1.0, 0.0)});
  }
  ~Trials() {
    for (int i = 0; i < count; ++i) fastloss_loss_destroy(made[i].loss);
    fastloss_totals_destroy(totals_);
  }
  fastloss_totals* totals() const { return totals_; }

 private:
  static fastloss_parameter parameter(const char* name, std::int32_t kind, std::int64_t n, double x) {
    fastloss_parameter p = FASTLOSS_PARAMETER_INIT;
    p.name = name, p.kind = kind, p.integer = n, p.real = x;
    return p;
  }
  void add(const char* name, std::initializer_list<fastloss_parameter> list) {
    HOLDS(count < most);
    Made& one = made[count++];
    HOLDS(fastloss_loss_create(name, list.begin(), list.size(), &one.loss) == FASTLOSS_OK);
    one.inputs = fastloss_loss_n_inputs(one.loss);
    one.differentiable = fastloss_loss_n_differentiable(one.loss);
    one.labels = std::strstr(name, "sparse") != nullptr;
    one.rows = std::strstr(name, "categorical") != nullptr;
    one.pairs = one.differentiable > 1;
    for (const fastloss_parameter& p : list) {
      if (std::strcmp(p.name, "axis") == 0) one.axis = static_cast<int>(p.integer);
      if (p.kind == FASTLOSS_REALS) one.classes = 3;
    }
    if (totals_ == nullptr) HOLDS(fastloss_totals_create(&totals_) == FASTLOSS_OK);
  }
  fastloss_totals* totals_ = nullptr;
};

// The host's threads, of every temper. The way is the host's address.
inline void host_parallel_for(void* host, std::int64_t n, fastloss_task task, void* context) {
  const auto way = reinterpret_cast<std::uintptr_t>(host);
  if (way == 5) task(context, -1), task(context, n), task(context, INT64_MIN);
  for (std::int64_t k = 0; k < n - (way == 4); ++k) task(context, way == 2 ? n - 1 - k : k);
  if (way == 3)
    for (std::int64_t k = 0; k < n; ++k) task(context, k);
}
inline int poll_says_no(void*) { return 0; }

inline Extras compose(Scene& scene, Arena& arena, Bytes& bytes, const Made& made, bool much) {
  constexpr std::int64_t lengths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 129, 200, 520, 1025};
  constexpr int so_many[] = {0, 20, 12, 7, 4};  // by the number of axes: all of it is to fit
  constexpr std::int32_t floats[] = {FASTLOSS_FLOAT32, FASTLOSS_FLOAT64, FASTLOSS_FLOAT16, FASTLOSS_BFLOAT16};
  constexpr double scales[] = {1.0, 0.0, -2.5, 1e300, 1e-310};
  Extras extras;
  const std::uint8_t wanted = bytes.byte(), ways = bytes.byte(), more = bytes.byte();
  const std::int32_t dtype = floats[bytes.byte() % 4];
  const std::uint8_t other = bytes.byte();
  const bool inner = made.rows || made.pairs;
  std::int64_t shape[8], outer[8];
  int ndim = bytes.byte() % 5, n_outer = 0, axis = -1;
  if (inner && ndim == 0) ndim = 1;
  for (int k = 0; k < ndim; ++k) {
    const std::uint8_t length = bytes.byte();
    shape[k] = length >= 250 ? 0 : lengths[length % so_many[ndim]];
  }
  if (much) ndim = inner ? 2 : 1, shape[0] = inner ? 6000 : 48000, shape[1] = 9;
  int vector = ndim - 1;  // the axis that the loss's vectors belong to
  if (made.rows) vector = made.axis + (made.axis < 0 ? ndim : 0);
  extras.odd = (inner || made.classes != 0) && (vector < 0 || vector >= ndim);
  if (!extras.odd && made.classes != 0) shape[vector] = made.classes;
  if (!extras.odd && inner) {
    axis = vector;
    extras.classes = shape[axis];
    extras.odd = shape[axis] == 0;
  }
  for (int k = 0; k < ndim; ++k)
    if (k != axis) outer[n_outer++] = shape[k];

  std::fill(scene.used, scene.used + roles, false);
  scene.spoilt = scene.loss_missing = scene.call_missing = false;
  scene.call = FASTLOSS_CALL_INIT;
  scene.call.reduction = ways % 3;
  scene.call.curvature = ways >> 2 & 1;
  scene.call.scale = bytes.pick(scales);
  scene.call.n_threads = ways >> 3 & 3;
  scene.call.want_value = ways >> 5 & 1;
  if (ways & 64) scene.call.poll = poll_says_no;
  const int way = more & 7;
  if (way > 0 && way < 6) scene.call.parallel_for = host_parallel_for;
  scene.call.parallel_host = reinterpret_cast<void*>(static_cast<std::uintptr_t>(way));
  extras.forgets = way == 4 && scene.call.n_threads != 1;
  extras.workspace = more & 128 ? (more >> 3 & 7) + 1 : 0;
  extras.wild = wanted >> 5 & 3;
  extras.no_value = wanted >> 7;

  const auto any = [&] { return static_cast<std::int32_t>(bytes.byte() % 13); };
  for (int i = 0; i < made.inputs; ++i) {
    const bool target = i == 1 && !made.pairs,
               per_term = (made.labels && i == 1) || (made.inputs == 3 && made.pairs && i == made.differentiable);
    const std::int32_t own = made.labels && target      ? other % 9
                             : i >= made.differentiable ? other % 13
                             : i == 0                   ? dtype
                                                        : floats[other % 4];
    put(scene, arena, bytes, input + i, own, per_term ? n_outer : ndim, per_term ? outer : shape, much);
  }
  if (wanted & 1) put(scene, arena, bytes, weight, any(), n_outer, outer, much);
  extras.totals = wanted & 16 && !(wanted & 4);
  if (extras.totals) scene.call.reduction = FASTLOSS_MEAN, scene.call.want_value = 1;
  if (much) return extras;
  if (wanted & 2 && !extras.totals) {
    scene.call.reduction = FASTLOSS_NONE;
    put(scene, arena, bytes, terms, dtype, n_outer, outer);
  }
  for (int i = 0; wanted & 4 && i < made.differentiable; ++i) {
    const std::int32_t own = scene.given[input + i].array.dtype;
    put(scene, arena, bytes, grad + i, own, ndim, shape);
    if (wanted & 8) put(scene, arena, bytes, hess + i, own, ndim, shape);
  }
  return extras;
}
