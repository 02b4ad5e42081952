// Pair losses: blocks of rows over threads; each row is measured whole, then derived run by run.
#include "pairs/engine.h"

#include <memory>

#include "block/run.h"
#include "block/total.h"

namespace fastloss {
namespace {

constexpr int most_rows = 64;                 // of a block
constexpr int block_features = 512;           // in a block of more than one row
constexpr std::int64_t poll_every = 1 << 16;  // features

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        tier_(tier()),
        passes_(tier_.passes<T>()),
        kernel_(tier_.pairs<T>()[job.loss * max_variants + job.variant]),
        derive_(!job.want_hess ? kernel_.grad
                : job.positive ? kernel_.grad_positive
                               : kernel_.grad_hess),
        features_(job.inner),
        inputs_(job.row->differentiable),
        block_rows_(features_ <= run_length
                        ? static_cast<int>(std::min<std::int64_t>(most_rows, block_features / features_))
                        : 1) {
    for (int k = 0; k < inputs_; ++k) direct_[k] = in_place(job.input[k]);
  }

  Outcome run() {
    Outcome outcome{0.0, static_cast<double>(job_.terms)};
    const bool fused = job_.weighted && job_.mean && !job_.want_grad;  // weights are summed on the way
    if (job_.weighted && job_.mean && job_.want_grad) outcome.weight = total_weight(job_, poll_, faults_);
    if (faults_.any() || poll_.stopped()) return outcome;
    factor_ = derivative_factor(job_, outcome.weight);
    const std::int64_t blocks = (job_.terms + block_rows_ - 1) / block_rows_;
    const double work = static_cast<double>(job_.terms) * static_cast<double>(features_) * inputs_ * job_.row->cost;
    const int threads = static_cast<int>(std::min<std::int64_t>(threads_for(job_, work), blocks));
    // Rows that cannot be read where they lie and are longer than a block's scratch.
    const std::int64_t long_rows = block_rows_ > 1 || features_ <= block_features ? 0 : inputs_ * features_;
    const std::unique_ptr<T[]> gathered(long_rows > 0 && !all_direct() ? new T[long_rows * threads] : nullptr);
    std::atomic<int> team{0};
    SharedSum sum, weight;
    parallel_for(blocks, threads, poll_, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
      Scratch scratch;
      scratch.gathered = gathered ? gathered.get() + team++ * long_rows : scratch.near;
      LocalSum local_sum(sum, job_.terms), local_weight(weight, job_.terms);
      std::int64_t since = 0;
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t index = block * block_rows_;
        since += block_rows_ * features_;
        if (faults_.beyond(index) || (since >= poll_every && poll_.tick(on_caller))) break;
        if (since >= poll_every) since = 0;
        const int rows = static_cast<int>(std::min<std::int64_t>(block_rows_, job_.terms - index));
        if (!process(index, rows, scratch)) break;
        for (int k = 0; k < rows; ++k) {
          if (job_.reduced) local_sum.add(scratch.weight[k] == 0.0 ? 0.0 : scratch.weight[k] * scratch.value[k]);
          if (fused) local_weight.add(scratch.weight[k]);
        }
      }
      if (job_.past_cache) fence();
    });
    outcome.sum = sum.value();
    if (fused) outcome.weight = weight.value();
    return outcome;
  }

 private:
  struct Scratch {
    alignas(64) T near[max_inputs * block_features];
    alignas(64) T grad[max_inputs][block_features];
    alignas(64) T hess[max_inputs][block_features];
    alignas(64) double weight[most_rows];
    alignas(64) double target[most_rows];
    alignas(64) double value[most_rows];
    alignas(64) char state[pair_state_size];
    T* gathered;
  };

  // Whether every row can be read where it lies.
  bool in_place(const Operand& input) const noexcept {
    constexpr auto size = static_cast<std::int64_t>(sizeof(T));
    bool fits = input.dtype == own_dtype<T> && (features_ == 1 || input.inner_stride == size);
    fits = fits && reinterpret_cast<std::uintptr_t>(input.data) % alignof(T) == 0;
    for (int axis = 0; axis < input.ndim; ++axis)
      fits = fits && input.strides[axis] % static_cast<std::int64_t>(alignof(T)) == 0;
    return fits;
  }
  bool all_direct() const noexcept {
    return std::all_of(direct_, direct_ + inputs_, [](bool direct) { return direct; });
  }

  bool process(std::int64_t index, int rows, Scratch& s) noexcept {
    std::fill(s.weight, s.weight + rows, 1.0);
    if (job_.weighted) {
      const double* weight = fetch_weights(tier_.passes<double>(), job_, index, rows, s.weight, faults_);
      if (weight == nullptr) return false;
      if (weight != s.weight) std::copy(weight, weight + rows, s.weight);
    }
    const double* target = s.target;
    if (job_.inputs > inputs_) {
      target = fetch(tier_.passes<double>(), job_.input[inputs_], index, rows, s.target);
      if (!check_domain(tier_, job_, inputs_, job_.target_domain, target, index, rows, faults_)) return false;
    }
    for (int k = 0; k < rows; ++k) row(index, k, target[k], s);
    if (block_rows_ > 1) store(index, rows, s);
    if (job_.want_terms) store_terms(index, rows, s);
    return true;
  }

  // Measures row index + k and derives it, into its place in scratch or, for long rows, out run by run.
  void row(std::int64_t index, int k, double target, Scratch& s) noexcept {
    const T* input[max_inputs];
    for (int i = 0; i < inputs_; ++i) input[i] = features_of(job_.input[i], index + k, i, s);
    const PairMeasured measured = kernel_.measure(input, features_, target, job_.parameters, job_.want_grad, s.state);
    s.value[k] = measured.value;
    if (!job_.want_grad) return;
    const bool silent = s.weight[k] == 0.0, lost = measured.value != measured.value;
    const int place = block_rows_ > 1 ? k * static_cast<int>(features_) : 0;
    T *grad[max_inputs], *hess[max_inputs];
    for (int i = 0; i < inputs_; ++i) {
      grad[i] = s.grad[i] + place;
      hess[i] = s.hess[i] + place;
    }
    for (std::int64_t first = 0; first < features_; first += run_length) {
      const int n = static_cast<int>(std::min<std::int64_t>(run_length, features_ - first));
      if (silent || lost || measured.flat) {
        const T filling = silent || !lost ? T(0) : std::numeric_limits<T>::quiet_NaN();
        for (int i = 0; i < inputs_; ++i) {
          std::fill(grad[i], grad[i] + n, filling);
          if (job_.want_hess) std::fill(hess[i], hess[i] + n, filling);
        }
      } else {
        derive_(s.state, input, n, s.weight[k] * factor_, grad, hess);
        for (int i = 0; i < inputs_; ++i) input[i] += n;
      }
      if (block_rows_ == 1) store_run_of(index, first, n, s);
    }
  }

  const T* features_of(const Operand& input, std::int64_t position, int i, Scratch& s) const noexcept {
    const char* data = input.data + input.offset_of(position);
    if (direct_[i]) return reinterpret_cast<const T*>(data);
    T* own = s.gathered + i * std::max<std::int64_t>(features_, block_features);
    const auto load = passes_.load[static_cast<int>(input.dtype)];
    constexpr std::int64_t piece = 1 << 20;
    for (std::int64_t first = 0; first < features_; first += piece)
      load(data + first * input.inner_stride, input.inner_stride, own + first,
           static_cast<int>(std::min(piece, features_ - first)));
    return own;
  }

  template <class Each>
  void each_result(Scratch& s, Each each) noexcept {
    for (int i = 0; i < inputs_; ++i) {
      each(job_.grad[i], s.grad[i]);
      if (job_.want_hess) each(job_.hess[i], s.hess[i]);
    }
  }

  // A block of whole rows. Rows that follow one another in the output are written in one go.
  void store(std::int64_t index, int rows, Scratch& s) noexcept {
    if (!job_.want_grad) return;
    const int features = static_cast<int>(features_);
    each_result(s, [&](const Operand& output, const T* source) {
      for (int done = 0; done < rows;) {
        std::int64_t step, available;
        const std::int64_t offset = output.offset_of(index + done, step, available);
        const bool packed = features == 1 || step == output.inner_stride * features;
        const int count = packed ? static_cast<int>(std::min<std::int64_t>(rows - done, available)) : 1;
        put(output, offset, features == 1 ? step : output.inner_stride, source + done * features, count * features);
        done += count;
      }
    });
  }

  void store_run_of(std::int64_t index, std::int64_t first, int n, Scratch& s) noexcept {
    each_result(s, [&](const Operand& output, const T* source) {
      put(output, output.offset_of(index) + first * output.inner_stride, output.inner_stride, source, n);
    });
  }

  // n elements, `step` apart. Kernels compute in T; the half types take a float on the way.
  void put(const Operand& output, std::int64_t offset, std::int64_t step, const T* source, int n) const noexcept {
    const int dtype = static_cast<int>(output.dtype);
    for (int done = 0; done < n; done += run_length) {
      const int count = std::min(run_length, n - done);
      char* target = const_cast<char*>(output.data) + offset + done * step;
      if (passes_.store[dtype] != nullptr) {
        passes_.store[dtype](source + done, T(1), target, step, count, job_.past_cache);
      } else {
        alignas(64) float narrow[run_length];
        for (int i = 0; i < count; ++i) narrow[i] = static_cast<float>(source[done + i]);
        tier_.passes<float>().store[dtype](narrow, 1.0f, target, step, count, job_.past_cache);
      }
    }
  }

  void store_terms(std::int64_t index, int rows, Scratch& s) noexcept {
    alignas(64) T terms[most_rows];
    for (int k = 0; k < rows; ++k)
      terms[k] = static_cast<T>(s.weight[k] == 0.0 ? 0.0 : s.value[k] * (s.weight[k] * job_.scale));
    for (int done = 0; done < rows;) {
      std::int64_t step, available;
      const std::int64_t offset = job_.term_values.offset_of(index + done, step, available);
      const int count = static_cast<int>(std::min<std::int64_t>(rows - done, available));
      put(job_.term_values, offset, step, terms + done, count);
      done += count;
    }
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Tier& tier_;
  const Passes<T>& passes_;
  const PairKernel<T>& kernel_;
  const typename PairKernel<T>::Derive derive_;
  const std::int64_t features_;
  const int inputs_;
  const int block_rows_;
  bool direct_[max_inputs] = {};
  double factor_ = 1.0;
};

}  // namespace

Outcome run_pairs(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
