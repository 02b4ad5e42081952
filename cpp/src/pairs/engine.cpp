// Pair losses: blocks of rows over threads; each row is measured whole, then derived run by run.
#include "pairs/engine.h"

#include "block/drive.h"
#include "pairs/output.h"
#include "pairs/wall.h"

namespace fastloss {
namespace {

constexpr int most_rows = 64;                 // of a block
constexpr std::int64_t poll_every = 1 << 16;  // features

// Features are gathered in pieces, for counts of elements are ints below the engine.
constexpr std::int64_t gathered_at_once = 1 << 20;

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        passes_(passes<T>()),
        wide_passes_(passes<double>()),
        kernel_(static_cast<const PairKernel<T>*>(tier<T>().kernels[static_cast<int>(job.family)])[job.kernel]),
        derive_(!job.want_hess ? kernel_.grad
                : job.positive ? kernel_.grad_positive
                               : kernel_.grad_hess),
        features_(job.inner),
        inputs_(job.differentiable),
        outputs_((job.want_grad + job.want_hess) * inputs_),
        block_rows_(features_ > run_length
                        ? 1
                        : static_cast<int>(std::min<std::int64_t>(most_rows, block_features / features_))) {
    for (int i = 0; i < inputs_; ++i) in_place_[i] = rows_in_place<T>(job.input[i], features_);
  }

  Outcome run() {
    const std::int64_t blocks = (job_.terms + block_rows_ - 1) / block_rows_;
    // Rows that cannot be read where they lie and are too long for a block's scratch.
    const bool all_in_place = std::all_of(in_place_, in_place_ + inputs_, [](bool in_place) { return in_place; });
    const std::int64_t long_rows = all_in_place || features_ <= block_features ? 0 : inputs_ * features_;
    const Plan plan = {.units = blocks,
                       .nanoseconds = static_cast<double>(job_.terms) * static_cast<double>(features_) * inputs_ *
                                      job_.definition->cost,
                       .bytes = long_rows * static_cast<std::int64_t>(sizeof(T)),
                       .parts = job_.terms,
                       .weighs = job_.weighted};
    past_cache_ = job_.past_cache && blocks >= 2 * job_.threads;
    return drive(
        job_, poll_, faults_, plan, factor_, [&] { return total_weight(job_, poll_, faults_, true); },
        [&](const Share& share) { work(share); });
  }

 private:
  struct Scratch {
    alignas(64) T near[max_inputs * block_features];
    T* gathered;
    RowOutput<T> output[2 * max_inputs];  // gradients, then Hessians
    alignas(64) double weights[most_rows];
    alignas(64) double targets[most_rows];
    alignas(64) double value[most_rows];  // times the weight
    alignas(64) char state[pair_state_size] = {};
    const double *weight, *target;
  };

  void work(const Share& share) noexcept {
    Scratch s;
    s.gathered = share.scratch == nullptr ? s.near : reinterpret_cast<T*>(share.scratch);
    for (int i = 0; i < outputs_; ++i)
      s.output[i].begin(i < inputs_ ? job_.grad[i] : job_.hess[i - inputs_], features_, past_cache_,
                        std::min(share.end * block_rows_, job_.terms));
    std::int64_t since = 0;
    for (std::int64_t block = share.begin; block < share.end; ++block) {
      const std::int64_t index = block * block_rows_;
      since += block_rows_ * features_;
      if (faults_.beyond(index) || (since >= poll_every && poll_.tick(share.on_caller))) break;
      if (since >= poll_every) since = 0;
      const int rows = static_cast<int>(std::min<std::int64_t>(block_rows_, job_.terms - index));
      if (!process(index, rows, s)) break;
      for (int k = 0; k < rows; ++k) {
        if (job_.reduced) share.sum.add(s.value[k]);
        if (share.weight != nullptr) share.weight->add(s.weight[k]);
      }
    }
    if (past_cache_) fence();
  }

  bool process(std::int64_t index, int rows, Scratch& s) noexcept {
    s.weight = fetch_weights(wide_passes_, job_, index, rows, s.weights, faults_);
    if (s.weight == nullptr) return false;
    s.target = s.targets;
    if (job_.inputs > inputs_) {
      s.target = fetch(wide_passes_, job_.input[inputs_], index, rows, s.targets);
      if (!check_domain(job_, inputs_, s.target, index, rows, faults_)) return false;
    }
    for (int k = 0; k < rows; ++k) row(index, k, s);
    if (block_rows_ > 1) close(index, rows, 0, static_cast<int>(features_), s);
    if (job_.want_terms) store_terms(index, rows, s);
    return true;
  }

  // Measures row index + k and derives it: into its place among the rows of a block, or run by run.
  void row(std::int64_t index, int k, Scratch& s) noexcept {
    const T* input[max_inputs];
    for (int i = 0; i < inputs_; ++i) input[i] = features_of(job_.input[i], index + k, i, s);
    const PairMeasured measured = kernel_.measure(input, features_, job_.inputs > inputs_ ? s.target[k] : 0.0,
                                                  job_.parameters, job_.want_grad, s.state);
    const bool silent = s.weight[k] == 0.0, lost = measured.value != measured.value;
    s.value[k] = silent ? 0.0 : lost ? std::numeric_limits<double>::quiet_NaN() : s.weight[k] * measured.value;
    if (!job_.want_grad) return;
    for (std::int64_t first = 0; first < features_; first += run_length) {
      const int n = static_cast<int>(std::min<std::int64_t>(run_length, features_ - first));
      T* out[2 * max_inputs];
      for (int i = 0; i < outputs_; ++i) out[i] = s.output[i].open(index, k, first);
      if (silent || lost || measured.flat) {
        const T filling = silent || !lost ? T(0) : std::numeric_limits<T>::quiet_NaN();
        for (int i = 0; i < outputs_; ++i) std::fill(out[i], out[i] + n, filling);
      } else {
        derive_(s.state, input, n, s.weight[k] * factor_, out, out + inputs_);
      }
      for (int i = 0; i < inputs_; ++i) input[i] += n;
      if (block_rows_ == 1) close(index, 1, first, n, s);
    }
  }

  void close(std::int64_t index, int rows, std::int64_t first, int n, Scratch& s) const noexcept {
    for (int i = 0; i < outputs_; ++i) s.output[i].close(index, rows, first, n);
  }

  const T* features_of(const Operand& input, std::int64_t position, int i, Scratch& s) const noexcept {
    const char* data = input.data + input.offset_of(position);
    if (in_place_[i]) return reinterpret_cast<const T*>(data);
    T* own = s.gathered + i * features_;
    const auto load = passes_.load[static_cast<int>(input.dtype)];
    for (std::int64_t first = 0; first < features_; first += gathered_at_once)
      load(data + first * input.inner_stride, input.inner_stride, own + first,
           static_cast<int>(std::min(gathered_at_once, features_ - first)));
    return own;
  }

  void store_terms(std::int64_t index, int rows, const Scratch& s) const noexcept {
    alignas(64) T terms[most_rows];
    for (int k = 0; k < rows; ++k) terms[k] = static_cast<T>(s.value[k] * job_.scale);
    store_run(passes_, job_.term_values, index, rows, terms, nullptr, 1.0, false);
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Passes<T>& passes_;
  const Passes<double>& wide_passes_;
  const PairKernel<T>& kernel_;
  const typename PairKernel<T>::Derive derive_;
  const std::int64_t features_;
  const int inputs_, outputs_;
  const int block_rows_;
  bool in_place_[max_inputs] = {};
  double factor_ = 1.0;
  bool past_cache_ = false;
};

}  // namespace

Outcome run_pairs(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
