// Losses by name with parameters of all kinds, fastloss_contiguous() with them, and totals.
#include <cstdint>

#include "arena.h"

namespace {

constexpr const char* names[] = {"mean_squared_error",
                                 "mean_absolute_error",
                                 "huber",
                                 "binary_cross_entropy",
                                 "binary_focal",
                                 "categorical_cross_entropy",
                                 "sparse_categorical_cross_entropy",
                                 "categorical_focal",
                                 "sparse_categorical_focal",
                                 "contrastive",
                                 "triplet",
                                 "mse",
                                 "l1",
                                 "bce",
                                 "focal",
                                 "ce",
                                 "scce",
                                 "triplet_margin",
                                 "",
                                 "Huber"};
constexpr const char* parameter_names[] = {
    "delta",        "from_logits", "pos_weight", "label_smoothing", "eps",  "gamma", "alpha", "class_weight", "axis",
    "ignore_index", "margin",      "p",          "squared",         "swap", "",      "huber"};
constexpr const char* words[] = {"", "01", "pm1", "log", "linear", "None", "1"};
constexpr std::int64_t room = 4096;
alignas(64) unsigned char memory[6][room];
double reals[8];

// What must hold after any call; whether it was taken.
bool fine(fastloss_status status) {
  HOLDS(status >= FASTLOSS_OK && status < FASTLOSS_INTERNAL_ERROR && status != FASTLOSS_INTERRUPTED);
  if (status != FASTLOSS_OK) HOLDS(fastloss_error_message()[0] != '\0');
  return status == FASTLOSS_OK;
}

double real(Bytes& bytes) {
  constexpr double some[] = {
      0.0,     1.0, 0.5,  0.25, 2.0, 1.5, -1.0, 1e308, 1e-310, __builtin_inf(), -__builtin_inf(), __builtin_nan(""),
      0.49999, 3.7, 1e39, 5.0};
  return bytes.pick(some);
}

fastloss_parameter parameter(Bytes& bytes, char (&text)[8], bool& refused) {
  fastloss_parameter p = FASTLOSS_PARAMETER_INIT;
  constexpr std::size_t first = offsetof(fastloss_parameter, text);
  constexpr std::size_t sizes[] = {0, first - 8, sizeof p - 1, 4104, SIZE_MAX};
  const std::uint8_t way = bytes.byte();
  p.name = bytes.pick(parameter_names);
  p.kind = static_cast<std::int32_t>(way % 5);
  p.integer = bytes.number();
  p.real = real(bytes);
  p.count = bytes.byte() % 9;
  p.reals = p.count == 8 ? nullptr : reals;
  switch (way / 5) {
    case 40:
      p.name = nullptr, refused = true;
      break;
    case 41:
      for (char& c : text) c = static_cast<char>(bytes.byte());
      text[7] = '\0', p.name = text;
      break;
    case 42:
      p.kind = static_cast<std::int32_t>(bytes.number());
      refused |= p.kind < 0 || p.kind > FASTLOSS_TEXT;
      break;
    case 43:
      p.size = bytes.pick(sizes), refused = true;
      break;
    case 44:
      p.unused = bytes.byte() + 1, refused = true;
      break;
    case 45:
      p.count = SIZE_MAX / (1 + bytes.byte() % 3 * 8), p.kind = FASTLOSS_REALS, p.reals = nullptr, refused = true;
      break;
    case 46:
      p.text = bytes.pick(words), p.kind = FASTLOSS_TEXT;
      break;
  }
  refused |= p.kind == FASTLOSS_REALS && p.count > 0 && p.reals == nullptr;
  refused |= p.kind == FASTLOSS_TEXT && p.text == nullptr;
  return p;
}

void contiguous(const fastloss_loss* loss, Bytes& bytes) {
  constexpr std::int32_t dtypes[] = {FASTLOSS_FLOAT32, FASTLOSS_FLOAT64, FASTLOSS_FLOAT16, FASTLOSS_BFLOAT16};
  const std::uint8_t way = bytes.byte();
  const std::int32_t dtype = way & 64 ? static_cast<std::int32_t>(bytes.number()) : dtypes[way & 3];
  const std::int32_t target = way & 128 ? static_cast<std::int32_t>(bytes.number()) : way >> 2 & 15;
  std::int64_t shape[most_axes];
  std::fill(shape, shape + most_axes, 1);
  const std::uint8_t rank = bytes.byte();
  const std::int32_t ndim = rank < 224 ? rank % 4 : static_cast<std::int32_t>(bytes.number());
  for (int k = 0; k < 4 && k < ndim; ++k) {
    const std::uint8_t length = bytes.byte();
    shape[k] = length < 224 ? length % 9 : bytes.number();
  }
  const std::uint8_t missing = bytes.byte();
  const std::int64_t* axes = missing % 32 == 31 ? nullptr : shape;
  const auto at = [&](int i) { return missing >> i & 1 ? nullptr : memory[i]; };
  const fastloss_array pred = {sizeof pred, memory[0], axes, nullptr, ndim, dtype};
  const Verdict verdict = judge(pred);
  bool refused = verdict.refused || target < 0 || target > FASTLOSS_FLOAT64;
  if (!refused && verdict.count > room / 8) return;  // more than there is
  refused |= !verdict.empty && (missing & 3) != 0;
  if (!refused)
    for (auto& array : memory) ASAN_POISON_MEMORY_REGION(array, room);
  if (!refused) {  // of each array no more than the largest it may have
    const auto all = static_cast<std::size_t>(verdict.high);
    const auto most = static_cast<std::size_t>(verdict.count) * static_cast<std::size_t>(item_sizes[target]);
    ASAN_UNPOISON_MEMORY_REGION(memory[0], all);
    ASAN_UNPOISON_MEMORY_REGION(memory[1], most);
    for (int i = 2; i < 5; ++i) ASAN_UNPOISON_MEMORY_REGION(memory[i], all);
  }
  double value = 0.25, again = 0.25;
  const auto call = [&](double* to) {
    return fastloss_contiguous(loss, dtype, target, ndim, axes, at(0), at(1), missing & 4 ? memory[2] : nullptr,
                               missing & 8 ? memory[3] : nullptr, missing & 16 ? memory[4] : nullptr, to);
  };
  const bool taken = fine(call(&value));
  HOLDS(!(refused && taken));
  if (taken) {
    HOLDS(fine(call(&again)));
    HOLDS(std::memcmp(&value, &again, sizeof value) == 0);
    HOLDS(fine(call(nullptr)));
  }
  for (auto& array : memory) ASAN_UNPOISON_MEMORY_REGION(array, room);
}

void totals(const fastloss_loss* loss, Bytes& bytes) {
  fastloss_totals *one = nullptr, *other = nullptr;
  HOLDS(fine(fastloss_totals_create(&one)) && fine(fastloss_totals_create(&other)));
  const std::int64_t n = 1 + bytes.byte() % 8;
  fastloss_array arrays[2] = {FASTLOSS_ARRAY_INIT, FASTLOSS_ARRAY_INIT};
  for (int i = 0; i < 2; ++i) arrays[i].data = memory[i], arrays[i].shape = &n, arrays[i].ndim = 1;
  fastloss_call call = FASTLOSS_CALL_INIT;
  call.inputs = arrays, call.n_inputs = 2, call.totals = one;
  double value = 0.0;
  if (fine(fastloss_evaluate(loss, &call, &value))) {
    const double mean = fastloss_totals_mean(one);
    HOLDS(std::memcmp(&mean, &value, sizeof mean) == 0);
  }
  HOLDS(fine(fastloss_totals_merge(other, one)) && !fine(fastloss_totals_merge(other, nullptr)));
  const double a = fastloss_totals_mean(one), b = fastloss_totals_mean(other);
  HOLDS(std::memcmp(&a, &b, sizeof a) == 0);
  HOLDS(fine(fastloss_totals_merge(one, one)));
  fastloss_totals_destroy(one), fastloss_totals_destroy(other);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  char name[16], texts[4][8];
  for (double& x : reals) x = 0.5;
  const std::uint8_t way = bytes.byte();
  const char* called = bytes.pick(names);
  if (way >= 240) {
    for (char& c : name) c = static_cast<char>(bytes.byte());
    name[15] = '\0', called = way == 255 ? nullptr : name;
  }
  const int n = way % 5;
  bool refused = called == nullptr;
  fastloss_parameter parameters[4];
  for (int i = 0; i < n; ++i) parameters[i] = parameter(bytes, texts[i], refused);
  if (bytes.byte() > 240) reals[bytes.byte() & 7] = real(bytes);
  fastloss_loss* loss = nullptr;
  const bool made = fine(fastloss_loss_create(called, parameters, static_cast<std::size_t>(n), &loss));
  HOLDS(made == (loss != nullptr) && !(refused && made));
  HOLDS(fastloss_loss_n_inputs(loss) == 0 || made);
  if (made) {
    for (int i = 0; i < 6; ++i)
      HOLDS((fastloss_loss_input_name(loss, i) != nullptr) == (i < fastloss_loss_n_inputs(loss)));
    Stream stream(size == 0 ? 0 : data[size - 1]);
    for (auto& array : memory)
      for (int i = 0; i < 512; i += 4) {
        const std::uint32_t word = way & 128 ? stream.next() : stream.next() % 3 * 0x3f000000 % 0x7e000000;
        std::memcpy(array + i, &word, 4);
      }
    const std::uint8_t then = bytes.byte();
    if (then % 4 == 0)
      totals(loss, bytes);
    else
      contiguous(loss, bytes);
  }
  fastloss_loss_destroy(loss);
  return 0;
}
