// Class labels: read once, compared in 64 bits.
#pragma once

#include <algorithm>

#include "base/job.h"

namespace fastloss {

// Labels [index, index + n) as 64 bits; those of uint64 keep their bits.
inline void fetch_labels(const Operand& labels, std::int64_t index, int n, std::int64_t* out) noexcept {
  const DType dtype = native(labels.dtype);
  const bool swapped = dtype != labels.dtype;
  const auto read = [&]<class Stored>(Stored) {
    for (int done = 0; done < n;) {
      std::int64_t step, available;
      const char* source = labels.data + labels.offset_of(index + done, step, available);
      const int count = static_cast<int>(std::min<std::int64_t>(n - done, available));
      for (int i = 0; i < count; ++i, source += step) {
        Stored label;
        __builtin_memcpy(&label, source, sizeof label);
        if (swapped) std::reverse(reinterpret_cast<char*>(&label), reinterpret_cast<char*>(&label + 1));
        out[done + i] = static_cast<std::int64_t>(label);
      }
      done += count;
    }
  };
  switch (dtype) {
    case DType::boolean:
      read(std::uint8_t{});
      for (int i = 0; i < n; ++i) out[i] = out[i] != 0;
      break;
    case DType::int8:
      read(std::int8_t{});
      break;
    case DType::int16:
      read(std::int16_t{});
      break;
    case DType::int32:
      read(std::int32_t{});
      break;
    case DType::uint8:
      read(std::uint8_t{});
      break;
    case DType::uint16:
      read(std::uint16_t{});
      break;
    case DType::uint32:
      read(std::uint32_t{});
      break;
    default:
      read(std::int64_t{});
      break;  // int64, uint64
  }
}

// Whether a label counts: false for ignored ones. A label that is no class is reported.
class LabelCheck {
 public:
  LabelCheck(const Job& job, Faults& faults) noexcept
      : job_(job), faults_(faults), unsigned_(native(job.input[1].dtype) == DType::uint64) {}

  enum class Verdict { counts, ignored, fault };
  Verdict operator()(std::int64_t label, std::int64_t index) const noexcept {
    if (job_.has_ignore_index && label == job_.ignore_index && !(unsigned_ && label < 0)) return Verdict::ignored;
    if (static_cast<std::uint64_t>(label) < static_cast<std::uint64_t>(job_.inner)) return Verdict::counts;
    faults_.report(
        {.kind = Fault::Kind::label, .index = index, .input = 1, .label = label, .unsigned_label = unsigned_});
    return Verdict::fault;
  }

 private:
  const Job& job_;
  Faults& faults_;
  bool unsigned_;
};

}  // namespace fastloss
