// Losses by name with parameters of all kinds, fastloss_contiguous() with them, and totals.
#include <cstdint>

#include "stating.h"

namespace {

constexpr std::int64_t room = 4096;
alignas(64) unsigned char memory[6][room];

// What must hold after any call; whether it was taken.
bool fine(fastloss_status status) {
  HOLDS(status >= FASTLOSS_OK && status < FASTLOSS_INTERNAL_ERROR && status != FASTLOSS_INTERRUPTED);
  if (status != FASTLOSS_OK) HOLDS(fastloss_error_message()[0] != '\0');
  return status == FASTLOSS_OK;
}

void contiguous(const fastloss_loss* loss, const Definition& definition, Bytes& bytes) {
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
  refused |= input_count(definition) != 2;
  refused |= (missing & 24) != 0 && differentiable_count(definition) != 1;
  refused |= (missing & 16) != 0 && (!definition.hessian || (missing & 8) == 0);
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

void totals(const fastloss_loss* loss, const Definition& definition, Bytes& bytes) {
  fastloss_totals *one = nullptr, *other = nullptr;
  HOLDS(fine(fastloss_totals_create(&one)) && fine(fastloss_totals_create(&other)));
  const std::int64_t n = 1 + bytes.byte() % 8;
  Lengths lengths(false, -1);
  lengths.many(1, &n);
  for (char letter = 'A'; letter <= 'z'; ++letter) lengths.set(letter, 3);
  fastloss_array arrays[fastloss::max_inputs];
  std::int64_t shapes[fastloss::max_inputs][most_axes];
  const auto n_inputs = static_cast<std::size_t>(input_count(definition));
  for (std::size_t i = 0; i < n_inputs; ++i) {
    const fastloss::Argument& input = definition.inputs[i];
    const bool labels = input.role == fastloss::InputRole::labels;
    lengths.expand(input.shape, shapes[i]);
    arrays[i] = {sizeof arrays[i], memory[i], shapes[i], nullptr, lengths.ndim(input.shape), FASTLOSS_FLOAT32};
    if (labels) std::memset(memory[i], 1, 64), arrays[i].dtype = FASTLOSS_UINT8;
  }
  fastloss_call call = FASTLOSS_CALL_INIT;
  call.inputs = arrays, call.n_inputs = n_inputs, call.totals = one;
  double value = 0.0;
  if (fine(fastloss_evaluate(loss, &call, &value))) {
    const double mean = fastloss_totals_mean(one);
    HOLDS(std::memcmp(&mean, &value, sizeof mean) == 0);
  } else {
    HOLDS(fastloss_totals_weight(one) == 0.0);
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
  const std::uint8_t way = bytes.byte();
  const Definition* definition = &loss_of(bytes.pair());
  const bool alias = way % 4 == 3 && definition->aliases[0] != '\0';
  std::string name(alias ? entry_of(definition->aliases, way / 4) : definition->name);
  bool refused = way == 255;
  if (way >= 240) {  // which may be the name of another
    name[bytes.byte() % name.size()] ^= static_cast<char>(bytes.byte());
    const fastloss::Entry* entry = fastloss::find_loss(name.c_str());
    refused |= entry == nullptr;
    if (entry != nullptr) definition = entry->definition;
  }
  const std::size_t n = way % 5;
  Stated stated[4];
  fastloss_parameter parameters[4];
  double numbers[fastloss::max_parameters];
  for (int i = 0; i < parameter_count(*definition); ++i) numbers[i] = definition->parameters[i].fallback;
  for (std::size_t i = 0; i < n; ++i) {
    state(stated[i], *definition, bytes, n == 1);
    refused |= stated[i].refused;
    const fastloss_parameter& p = parameters[i] = stated[i].parameter;
    if (stated[i].refused) continue;
    numbers[parameter_place(*definition, p.name)] = p.kind == FASTLOSS_FLAG      ? p.integer != 0
                                                    : p.kind == FASTLOSS_INTEGER ? static_cast<double>(p.integer)
                                                    : p.kind == FASTLOSS_REAL    ? p.real
                                                                                 : fastloss::none;
  }
  refused = refused || !may_meet(*definition, numbers);
  fastloss_loss* loss = nullptr;
  const bool made = fine(fastloss_loss_create(way == 255 ? nullptr : name.c_str(), parameters, n, &loss));
  HOLDS(made == (loss != nullptr) && made != refused);
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
      totals(loss, *definition, bytes);
    else
      contiguous(loss, *definition, bytes);
  }
  fastloss_loss_destroy(loss);
  return 0;
}
