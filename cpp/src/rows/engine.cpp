// Row losses: groups of rows over threads; for each group fetch, compute, store.
#include "rows/engine.h"

#include <memory>
#include <new>

#include "block/total.h"
#include "registry.h"
#include "rows/labels.h"
#include "rows/table.h"
#include "rows/transfer.h"

namespace fastloss {
namespace {

// A group's rows, its Hessian and its rows back to back, where they are short; each so many bytes on the stack.
constexpr std::int64_t stack_bytes = 12 << 10;
// What rows that lie turned may take together, so that they can be moved in tiles.
constexpr std::int64_t turned_bytes = 256 << 10;

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        tier_(tier()),
        table_(tier_.rows<T>()),
        transfer_(tier_, job.past_cache),
        check_(job, faults) {
    const double* common = job.parameters + parameter_place(*job.row, "from_logits");
    logits_ = common[from_logits] != 0.0;
    smoothing_ = common[label_smoothing];
    eps_ = common[eps];
    const RowKernel<T>& kernel = table_.kernel[job.loss * max_variants + job.variant];
    kernel_ = !logits_ ? kernel.probabilities : job.row->labels && smoothing_ == 0.0 ? kernel.spike : kernel.dense;
    weighs_ = job.weighted || job.class_weight != nullptr || job.has_ignore_index;
    pitch_ = (job.inner + lanes - 1) & -lanes;
    const bool turned = std::abs(stride_of(job.input[0])) < std::abs(job.input[0].inner_stride);
    const std::int64_t bytes = pitch_ * sizeof(T), tiled = std::min<std::int64_t>(lanes, turned_bytes / bytes);
    rows_ =
        static_cast<int>(std::clamp<std::int64_t>(std::max(stack_bytes / bytes, turned ? tiled : 1), 1, group_rows));
    on_heap_ = rows_ * bytes > stack_bytes;
  }

  Outcome run() {
    Outcome outcome{0.0, static_cast<double>(job_.terms)};
    const std::int64_t groups = (job_.terms + rows_ - 1) / rows_;
    const int threads = static_cast<int>(std::min<std::int64_t>(
        groups, threads_for(job_, static_cast<double>(job_.terms) *
                                      (30.0 + static_cast<double>(job_.inner) * job_.row->cost))));
    const std::unique_ptr<char[], Release> heap(on_heap_ ? allocate(threads) : nullptr);
    const bool fused = weighs_ && job_.mean && !job_.want_grad;  // weights are summed on the way
    if (weighs_ && job_.mean && job_.want_grad) outcome.weight = sum_weights();
    if (faults_.any() || poll_.stopped()) return outcome;
    factor_ = derivative_factor(job_, outcome.weight);
    SharedSum sum, weight;
    std::atomic<int> place{0};
    parallel_for(groups, threads, poll_, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
      Scratch scratch;
      scratch.use(heap.get() == nullptr ? nullptr : heap.get() + place.fetch_add(1) * heap_bytes(), rows_ * pitch_);
      Ticker ticker{poll_, faults_, begin * rows_, on_caller};
      prepare(scratch, ticker);
      LocalSum local_sum(sum, job_.terms), local_weight(weight, job_.terms);
      for (std::int64_t group = begin; group < end; ++group) {
        ticker.index = group * rows_;
        if (((group - begin) % 16 == 0 && poll_.tick(on_caller)) || faults_.beyond(ticker.index)) break;
        const std::int64_t last = std::min((group + 1) * rows_, job_.terms);
        bool good = true;
        for (std::int64_t index = group * rows_; good && index < last; index += scratch.group.count)
          good = process(index, static_cast<int>(last - index), scratch, ticker, fused, local_sum, local_weight);
        if (!good) break;
      }
      if (job_.past_cache) fence();
    });
    outcome.sum = sum.value();
    if (fused) outcome.weight = weight.value();
    return outcome;
  }

 private:
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

  struct Scratch {
    static constexpr int n = stack_bytes / sizeof(T);
    alignas(64) T row[n];
    alignas(64) T hess_row[n];
    alignas(64) T flat[n + lanes];
    alignas(64) double weight[group_rows];
    alignas(64) T terms[group_rows];
    RowGroup<T> group;

    void use(char* heap, std::int64_t length) noexcept {
      group.rows = heap == nullptr ? row : reinterpret_cast<T*>(heap);
      group.hess = heap == nullptr ? hess_row : group.rows + length;
    }
  };

  struct Release {
    void operator()(char* p) const noexcept { ::operator delete[](p, std::align_val_t{64}); }
  };
  std::int64_t heap_bytes() const noexcept { return rows_ * pitch_ * sizeof(T) * (1 + job_.want_hess); }
  char* allocate(int threads) const {
    std::int64_t bytes;
    if (__builtin_mul_overflow(heap_bytes(), threads, &bytes)) throw std::bad_alloc();
    return static_cast<char*>(::operator new[](bytes, std::align_val_t{64}));
  }

  static std::int64_t stride_of(const Operand& operand) noexcept {
    return operand.ndim == 0 ? INT64_MAX : operand.strides[operand.ndim - 1];
  }

  void prepare(Scratch& s, Ticker& ticker) const noexcept {
    RowGroup<T>& g = s.group;
    g.classes = job_.inner;
    g.pitch = pitch_;
    g.parameters = job_.parameters;
    g.smoothing = smoothing_;
    g.eps = eps_;
    g.class_weight = job_.class_weight;
    g.class_alpha = job_.class_alpha;
    g.want_grad = job_.want_grad;
    g.want_hess = job_.want_hess;
    g.positive = job_.positive;
    g.load_target = job_.row->labels ? nullptr : tier_.passes<double>().load[static_cast<int>(job_.input[1].dtype)];
    g.target_stride = job_.input[1].inner_stride;
    g.stopped = Ticker::stopped;
    g.context = &ticker;
    g.bad_target = false;
  }

  bool dense_weights() const noexcept { return !job_.row->labels && job_.class_weight != nullptr; }

  // Labels, weights and what they say of each row; false where one of them is wrong.
  bool weigh(std::int64_t index, Scratch& s) noexcept {
    RowGroup<T>& g = s.group;
    const double* weight = nullptr;
    if (job_.weighted) {
      weight = fetch_weights(tier_.passes<double>(), job_, index, g.count, s.weight, faults_);
      if (weight == nullptr) return false;
    }
    for (int r = 0; r < g.count; ++r) s.weight[r] = weight == nullptr ? 1.0 : weight[r];
    for (int r = 0; r < g.count; ++r) g.mass[r] = 1.0;
    if (job_.row->labels) {
      fetch_labels(job_.input[1], index, g.count, g.label);
      for (int r = 0; r < g.count; ++r) {
        const auto verdict = check_(g.label[r], index + r);
        if (verdict == LabelCheck::Verdict::fault) return false;
        if (verdict == LabelCheck::Verdict::ignored) s.weight[r] = 0.0, g.label[r] = 0;
        if (job_.class_weight != nullptr) g.mass[r] = job_.class_weight[g.label[r]];
      }
    }
    return true;
  }

  // Where the targets of the group lie; its count shrinks to those at one step.
  void place_target(std::int64_t index, RowGroup<T>& g) const noexcept {
    if (job_.row->labels) return;
    const Place place(job_.input[1], index, g.count);
    g.target = place.data;
    g.target_step = place.step;
  }

  double sum_weights() {
    const std::int64_t groups = (job_.terms + group_rows - 1) / group_rows;
    const double cost = dense_weights() ? static_cast<double>(job_.inner) : 5.0;
    SharedSum total;
    parallel_for(groups, threads_for(job_, static_cast<double>(job_.terms) * cost), poll_,
                 [&](std::int64_t begin, std::int64_t end, bool on_caller) {
                   Scratch s;
                   Ticker ticker{poll_, faults_, begin * group_rows, on_caller};
                   prepare(s, ticker);
                   LocalSum local(total, job_.terms);
                   for (std::int64_t group = begin; group < end; ++group) {
                     ticker.index = group * group_rows;
                     if (Ticker::stopped(&ticker)) return;
                     const std::int64_t last = std::min((group + 1) * group_rows, job_.terms);
                     for (std::int64_t index = group * group_rows; index < last; index += s.group.count) {
                       s.group.count = static_cast<int>(last - index);
                       place_target(index, s.group);
                       if (!weigh(index, s)) return;
                       if (dense_weights()) table_.passes.masses(s.group);
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

  bool process(std::int64_t index, int count, Scratch& s, const Ticker& ticker, bool fused, LocalSum& sum,
               LocalSum& weight) noexcept {
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
    transfer_.fetch(pred, g, s.flat, logits_ ? -std::numeric_limits<T>::infinity() : T(0));
    if (!logits_ && !within_unit(index, g)) return false;
    g.next_rows = pred.data + g.count * pred.step;
    g.next_step = pred.step;
    g.outputs = grad.data;
    g.output_step = grad.step;
    kernel_(g);
    if (poll_.stopped() || faults_.beyond(ticker.index)) return false;
    if (g.bad_target) return find_bad_target(index, g);
    if (job_.reduced)
      for (int r = 0; r < g.count; ++r) sum.add(s.weight[r] == 0.0 ? 0.0 : s.weight[r] * g.value[r]);
    if (fused) {
      if (dense_weights()) table_.passes.masses(g);
      add_weights(s, weight);
    }
    if (job_.want_terms) {
      for (int r = 0; r < g.count; ++r)
        s.terms[r] = static_cast<T>(s.weight[r] == 0.0 ? 0.0 : s.weight[r] * g.value[r] * job_.scale);
      store_run(tier_.passes<T>(), job_.term_values, index, g.count, s.terms, nullptr, 1.0, false);
    }
    if (job_.want_grad) transfer_.store(grad, g, g.rows, g.scale, g.rest, s.flat);
    if (job_.want_hess) {
      for (int r = 0; r < g.count; ++r) g.scale[r] = g.rest[r] = T(1);
      transfer_.store(hess, g, g.hess, g.scale, g.rest, s.flat);
    }
    return true;
  }

  // Probabilities must lie in [0, 1]; padding is 0.
  bool within_unit(std::int64_t index, const RowGroup<T>& g) noexcept {
    const auto outside = tier_.passes<T>().outside;
    const std::int64_t n = g.count * g.pitch;
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
    for (int r = 0; r < g.count; ++r)
      for (std::int64_t k = 0; k < g.classes; ++k) {
        double t;
        g.load_target(g.target + r * g.target_step + k * g.target_stride, g.target_stride, &t, 1);
        if (!(t < 0.0) && !(t > std::numeric_limits<double>::max())) continue;
        faults_.report({.kind = Fault::Kind::input, .index = index + r, .inner = k, .input = 1, .number = t});
        return false;
      }
    faults_.report({.kind = Fault::Kind::input, .index = index, .inner = 0, .input = 1, .number = none});
    return false;
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Tier& tier_;
  const RowTable<T>& table_;
  const Transfer<T> transfer_;
  const LabelCheck check_;
  void (*kernel_)(RowGroup<T>&);
  bool logits_, weighs_, on_heap_;
  double smoothing_, eps_, factor_ = 1.0;
  std::int64_t pitch_;
  int rows_;  // per group
};

}  // namespace

Outcome run_rows(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
