// Row losses: groups of rows over threads, batches of a group through scratch.
#include "rows/engine.h"

#include "base/check.h"
#include "block/drive.h"
#include "rows/labels.h"
#include "rows/transfer.h"

namespace fastloss {
namespace {

// A batch should leave the cache to what comes in and goes out meanwhile.
constexpr std::int64_t batch_bytes = 4 << 10;
// Rows that lie turned may take more, so that they can be moved in tiles.
constexpr std::int64_t turned_bytes = 256 << 10;
// The work of a group, in classes.
constexpr std::int64_t group_work = 1 << 14;

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        passes_(passes<T>()),
        wide_passes_(passes<double>()),
        rows_(*tier<T>().rows),
        check_(job, faults),
        pitch_((job.inner + lanes - 1) & -lanes) {
    spiky_ = job.logits && job.labels && job.smoothing == 0.0;
    const RowKernel<T>& kernel =
        static_cast<const RowKernel<T>*>(tier<T>().kernels[static_cast<int>(job.family)])[job.kernel];
    kernel_ = !job.logits ? kernel.probabilities : spiky_ ? kernel.spike : kernel.dense;
    in_place_ = spiky_ && kernel.in_place;
    if (kernel_ == nullptr)
      parameter_error(*job.definition, !job.logits ? "has no form for probabilities"
                                       : spiky_    ? "has no form for class labels"
                                                   : "has no form for a target that spreads over the classes");
    weighs_ = job.weighted || job.class_weight != nullptr || job.has_ignore_index;

    const Operand& pred = job.input[0];
    const std::int64_t bytes = pitch_ * sizeof(T), tiled = std::min<std::int64_t>(group_rows, turned_bytes / bytes);
    const bool turned = pred.ndim > 0 && std::abs(pred.strides[pred.ndim - 1]) < std::abs(pred.inner_stride);
    batch_ = within_group(std::max(batch_bytes / bytes, turned ? tiled : 1));
    group_ = std::max(batch_, within_group(group_work / job.inner));
    heap_bytes_ = batch_ * bytes <= stack_bytes ? 0 : batch_ * bytes * (1 + job.want_hess);
  }

  Outcome run() {
    const std::int64_t groups = (job_.terms + group_ - 1) / group_;
    const double work =
        static_cast<double>(job_.terms) * (30.0 + static_cast<double>(job_.inner) * job_.definition->cost);
    const Plan plan = {
        .units = groups, .nanoseconds = work, .bytes = heap_bytes_, .parts = job_.terms, .weighs = weighs_};
    return drive(
        job_, poll_, faults_, plan, factor_, [&] { return sum_weights(); },
        [&](const Share& share) { this->work(share); });
  }

 private:
  // Asked by kernels while rows are long.
  struct Ticker {
    Poll& poll;
    Faults& faults;
    std::int64_t index;
    bool on_caller;
    static bool stopped(void* context) noexcept {
      const Ticker& t = *static_cast<Ticker*>(context);
      return t.poll.tick(t.on_caller) || t.faults.beyond(t.index);
    }
  };

  using Scratch = RowScratch<T>;

  void work(const Share& share) noexcept {
    Scratch s;
    s.use(share.scratch, batch_ * pitch_);
    Ticker ticker{poll_, faults_, 0, share.on_caller};
    prepare(s, ticker);
    for (std::int64_t group = share.begin; group < share.end; ++group) {
      std::int64_t index = group * group_;
      ticker.index = index;
      if (((group - share.begin) % 16 == 0 && poll_.tick(share.on_caller)) || faults_.beyond(index)) break;
      const std::int64_t last = std::min(index + group_, job_.terms);
      for (; index < last; index += s.group.count)
        if (!process(index, static_cast<int>(last - index), s, ticker, share.sum, share.weight)) return;
    }
  }

  static int within_group(std::int64_t n) noexcept {
    return static_cast<int>(std::clamp<std::int64_t>(n, 1, group_rows));
  }

  void prepare(Scratch& s, Ticker& ticker) const noexcept {
    RowGroup<T>& g = s.group;
    g.classes = job_.inner;
    g.pitch = pitch_;
    g.parameters = job_.parameters;
    g.smoothing = job_.smoothing;
    g.eps = job_.clip;
    g.bend = job_.bend;
    g.class_weight = job_.class_weight;
    g.class_scale = job_.class_scale;
    g.want_grad = job_.want_grad;
    g.want_hess = job_.want_hess;
    g.positive = job_.positive;
    g.load_target = job_.labels ? nullptr : wide_passes_.load[static_cast<int>(job_.input[1].dtype)];
    g.target_stride = job_.input[1].inner_stride;
    g.target_high = job_.domain[1].high;
    g.stopped = Ticker::stopped;
    g.context = &ticker;
    g.bad_target = false;
  }

  bool dense_weights() const noexcept { return !job_.labels && job_.class_weight != nullptr; }

  // Labels, weights and what they say of each row; false where one of them is wrong.
  bool weigh(std::int64_t index, Scratch& s) noexcept {
    RowGroup<T>& g = s.group;
    std::fill(g.mass, g.mass + g.count, 1.0);
    if (job_.weighted) {
      const double* weight = fetch_weights(wide_passes_, job_, index, g.count, s.weight, faults_);
      if (weight == nullptr) return false;
      if (weight != s.weight) std::copy_n(weight, g.count, s.weight);
    } else {
      std::fill(s.weight, s.weight + g.count, 1.0);
    }
    if (!job_.labels) return true;
    fetch_labels(job_.input[1], index, g.count, g.label);
    for (int r = 0; r < g.count; ++r) {
      const auto verdict = check_(g.label[r], index + r);
      if (verdict == LabelCheck::Verdict::fault) return false;
      if (verdict == LabelCheck::Verdict::ignored) s.weight[r] = 0.0, g.label[r] = 0;
      if (job_.class_weight != nullptr) g.mass[r] = job_.class_weight[g.label[r]];
    }
    return true;
  }

  // Where the targets of the group lie; its count shrinks to those at one step.
  void place_target(std::int64_t index, RowGroup<T>& g) const noexcept {
    if (job_.labels) return;
    const Place place(job_.input[1], index, g.count);
    g.target = place.data;
    g.target_step = place.step;
  }

  double sum_weights() {
    const std::int64_t groups = (job_.terms + group_rows - 1) / group_rows;
    const double cost = dense_weights() ? static_cast<double>(job_.inner) : 5.0;
    SharedSum total;
    parallel_for(groups, threads_for(job_, static_cast<double>(job_.terms) * cost), job_.parallel_for, poll_,
                 [&](std::int64_t begin, std::int64_t end, bool on_caller) {
                   Scratch s;
                   Ticker ticker{poll_, faults_, 0, on_caller};
                   prepare(s, ticker);
                   LocalSum local(total, job_.terms);
                   for (std::int64_t group = begin; group < end; ++group) {
                     std::int64_t index = group * group_rows;
                     ticker.index = index;
                     if (Ticker::stopped(&ticker)) return;
                     const std::int64_t last = std::min(index + group_rows, job_.terms);
                     for (; index < last; index += s.group.count) {
                       s.group.count = static_cast<int>(last - index);
                       place_target(index, s.group);
                       if (!weigh(index, s)) return;
                       if (dense_weights()) rows_.masses(s.group);
                       if (s.group.bad_target) return;  // reported where it is used
                       add_weights(s, local);
                     }
                   }
                 });
    return total.value();
  }

  static void add_weights(const Scratch& s, LocalSum& sum) noexcept {
    for (int r = 0; r < s.group.count; ++r) sum.add(s.weight[r] == 0.0 ? 0.0 : s.weight[r] * s.group.mass[r]);
  }

  bool process(std::int64_t index, int count, Scratch& s, const Ticker& ticker, LocalSum& sum,
               LocalSum* weight) noexcept {
    RowGroup<T>& g = s.group;
    const Place pred(job_.input[0], index, count);
    const Place grad = job_.want_grad ? Place(job_.grad[0], index, count) : pred;
    const Place hess = job_.want_hess ? Place(job_.hess[0], index, count) : pred;
    g.count = count;
    place_target(index, g);
    if (!weigh(index, s)) return false;
    for (int r = 0; r < g.count; ++r) {
      g.silent[r] = s.weight[r] == 0.0;
      g.factor[r] = s.weight[r] * factor_;
    }
    for (g.first = 0; g.first < g.count; g.first = g.last) {
      g.last = std::min(g.first + batch_, g.count);
      transfer_.fetch(pred, g, s.flat, job_.logits ? -std::numeric_limits<T>::infinity() : T(0), in_place_);
      if (!job_.logits && !within_unit(index + g.first, g)) return false;
      look_ahead(pred, grad, g);
      kernel_(g);
      if (poll_.stopped() || faults_.beyond(ticker.index)) return false;
      if (g.bad_target) return find_bad_target(index, g);
      if (job_.want_grad) transfer_.store(grad, g, g.rows, g.scale + g.first, g.rest + g.first, s.flat);
      if (job_.want_hess) {
        // A curvature that is never negative has no -0.
        if (job_.positive) rows_.plain_zeros(g.hess, (g.last - g.first) * pitch_);
        std::fill(g.scale + g.first, g.scale + g.last, T(1));
        transfer_.store(hess, g, g.hess, g.scale + g.first, g.scale + g.first, s.flat);
      }
    }
    finish(index, s, sum, weight);
    return true;
  }

  void finish(std::int64_t index, Scratch& s, LocalSum& sum, LocalSum* weight) const noexcept {
    RowGroup<T>& g = s.group;
    for (int r = 0; r < g.count; ++r) g.value[r] = s.weight[r] == 0.0 ? 0.0 : s.weight[r] * g.value[r];
    if (job_.reduced)
      for (int r = 0; r < g.count; ++r) sum.add(g.value[r]);
    if (weight != nullptr) {
      if (dense_weights()) rows_.masses(g);
      add_weights(s, *weight);
    }
    if (!job_.want_terms) return;
    for (int r = 0; r < g.count; ++r) s.terms[r] = static_cast<T>(g.value[r] * job_.scale);
    store_run(passes_, job_.term_values, index, g.count, s.terms, nullptr, 1.0, false);
  }

  // What kernels bring into the cache: the rows after this batch and the place of its gradient.
  void look_ahead(const Place& pred, const Place& grad, RowGroup<T>& g) const noexcept {
    const auto cached = reinterpret_cast<const char*>(g.rows);
    g.next = pred.contiguous() ? pred.at(g.last) : cached;
    g.next_step = pred.contiguous() ? pred.step : 0;
    const bool coming = job_.want_grad && grad.contiguous();
    g.output = coming ? grad.at(g.first) : cached;
    g.output_step = coming ? grad.step : 0;
  }

  // Probabilities must lie in [0, 1]; padding is 0.
  bool within_unit(std::int64_t index, const RowGroup<T>& g) noexcept {
    const auto outside = passes_.outside;
    const std::int64_t n = (g.last - g.first) * g.pitch;
    for (std::int64_t begin = 0; begin < n; begin += 1 << 20) {
      const int piece = static_cast<int>(std::min<std::int64_t>(n - begin, 1 << 20));
      if (!outside(g.rows + begin, piece, T(0), T(1))) continue;
      for (std::int64_t i = begin;; ++i) {
        if (!(g.rows[i] < T(0)) && !(g.rows[i] > T(1))) continue;
        faults_.report(
            {.kind = Fault::Kind::input, .index = index + i / g.pitch, .inner = i % g.pitch, .number = g.rows[i]});
        return false;
      }
    }
    return true;
  }

  // Names the first target that made the kernel complain. Memory may have changed since.
  bool find_bad_target(std::int64_t index, const RowGroup<T>& g) noexcept {
    for (int r = g.first; r < g.last; ++r)
      for (std::int64_t k = 0; k < g.classes; ++k) {
        double t;
        g.load_target(g.target + r * g.target_step + k * g.target_stride, g.target_stride, &t, 1);
        if (!(t < 0.0) && !(t > g.target_high)) continue;
        faults_.report({.kind = Fault::Kind::input, .index = index + r, .inner = k, .input = 1, .number = t});
        return false;
      }
    faults_.report({.kind = Fault::Kind::input, .index = index, .inner = 0, .input = 1, .number = none});
    return false;
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Passes<T>& passes_;
  const Passes<double>& wide_passes_;
  const RowPasses<T>& rows_;
  const Transfer<T> transfer_;
  const LabelCheck check_;
  const std::int64_t pitch_;
  void (*kernel_)(RowGroup<T>&);
  bool spiky_, in_place_, weighs_;
  double factor_ = 1.0;
  int group_, batch_;  // in rows
  std::int64_t heap_bytes_;
};

}  // namespace

Outcome run_rows(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
