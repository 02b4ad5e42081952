// fastloss_evaluate() and fastloss_workspace_size() over calls that are right, and over all that can be wrong with one.
//
// A C library cannot know where memory ends. What is asked of it: that it refuses every call that the header rules
// out, and touches nothing but the views of a call that it takes. So fastloss_workspace_size(), which follows no
// view, sees everything, and fastloss_evaluate() what was refused there, or lies within the arena and is small.
#include <cerrno>
#include <cstdint>
#include <limits>
#include <optional>

#include "composing.h"
#include "faults.h"
#include "spoiling.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace {

Arena arena;
Scene scene;
Shelf shelf;
unsigned char before[Arena::size], expected[Arena::size], first_result[Arena::size];
alignas(64) unsigned char workspace[1 << 16];
constexpr Wide most_elements = 1 << 12, most_still = 1 << 17;

// What lies in the arena where nothing else does.
struct Noise {
  alignas(8) unsigned char bytes[Arena::size];
  Noise() {
    Stream stream(1);
    for (std::size_t i = 0; i < sizeof bytes; i += 4) {
      const std::uint32_t word = stream.next();
      std::memcpy(bytes + i, &word, 4);
    }
  }
};

struct Result {
  fastloss_status status;
  double value = 0.25;
  char message[2048] = "";
};

unsigned float_mode() {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return 0;
#endif
}

struct Totals {
  fastloss_totals* totals = nullptr;
  Totals() { HOLDS(fastloss_totals_create(&totals) == FASTLOSS_OK); }
  ~Totals() { fastloss_totals_destroy(totals); }
};

// Calls, and checks what holds of every call.
template <class Function>
void run(Result& result, Function function) {
  const unsigned mode = float_mode();
  result.status = function();
  HOLDS(float_mode() == mode);
  HOLDS(result.status >= FASTLOSS_OK && result.status <= FASTLOSS_INTERNAL_ERROR);
  HOLDS(result.status != FASTLOSS_INTERNAL_ERROR && result.status != FASTLOSS_INTERRUPTED);
  if (result.status == FASTLOSS_OK) return;
  const char* message = fastloss_error_message();
  const std::size_t length = std::strlen(message);
  HOLDS(length > 0 && length < sizeof result.message);
  std::memcpy(result.message, message, length + 1);
}

bool same(const Result& a, const Result& b) {
  return a.status == b.status && std::memcmp(&a.value, &b.value, sizeof a.value) == 0 &&
         std::strcmp(a.message, b.message) == 0;
}

// Elements of outputs may have changed, no other byte of the arena may.
void check_bytes() {
  arena.open();
  std::memcpy(expected, before, arena.used());
  for (int role = terms; role < roles; ++role) {
    if (!scene.used[role]) continue;
    const fastloss_array& array = scene.given[role].array;
    const auto size = static_cast<std::size_t>(item_sizes[array.dtype]);
    each_element(array, scene.verdict[role], [&](const char* at) {
      std::memcpy(expected + (reinterpret_cast<const unsigned char*>(at) - arena.begin()), at, size);
    });
  }
  HOLDS(std::memcmp(expected, arena.begin(), arena.used()) == 0);
}

void open_views() {
  arena.close();
  for (int role = 0; role < roles; ++role)
    if (scene.used[role]) arena.open(scene.given[role].array, scene.verdict[role]);
}

// The call again, by one thread and in a workspace that is just large enough: the same, bit for bit.
void check_again(const Subject& subject, const fastloss_call& given, const Result& first) {
  std::memcpy(first_result, arena.begin(), arena.used());
  std::memcpy(arena.begin(), before, arena.used());
  open_views();
  fastloss_call call = given;
  call.n_threads = 1, call.parallel_for = nullptr, call.totals = nullptr, call.workspace = nullptr;
  call.workspace_size = 0, call.size = sizeof call;
  Result again;
  std::size_t bytes = 0;
  run(again, [&] { return fastloss_workspace_size(subject.loss, &call, &bytes); });
  HOLDS(again.status == FASTLOSS_OK);
  const std::size_t offset = scene.given[0].shape[0] & 63;
  if (bytes + offset > sizeof workspace) bytes = 0;
  if (bytes > 0) call.workspace = workspace + offset, call.workspace_size = bytes;
  ASAN_POISON_MEMORY_REGION(workspace, sizeof workspace);
  ASAN_UNPOISON_MEMORY_REGION(workspace + offset, bytes);
  run(again, [&] { return fastloss_evaluate(subject.loss, &call, &again.value); });
  ASAN_UNPOISON_MEMORY_REGION(workspace, sizeof workspace);
  HOLDS(same(first, again));
  arena.open();
  if (first.status == FASTLOSS_OK) HOLDS(std::memcmp(first_result, arena.begin(), arena.used()) == 0);
}

// What is told has to be so, and what is so has to be told, with the name of the input.
void check_faults(const Subject& subject, const Faults& faults, const Result& done, bool whole) {
  const bool told = done.status == FASTLOSS_DOMAIN_ERROR || done.status == FASTLOSS_LABEL_ERROR;
  if (told) {
    HOLDS(done.status == FASTLOSS_LABEL_ERROR ? faults.labels : faults.order || faults.weights || faults.inputs());
    HOLDS(std::strncmp(done.message, subject.definition->class_name, std::strlen(subject.definition->class_name)) == 0);
    HOLDS(faults.names(scene, subject, done.message));
  }
  if (!whole) return;
  HOLDS(told || done.status == FASTLOSS_OK);
  HOLDS(told || !faults.surely() || scene.verdict[0].empty);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Noise noise;
  static const Totals totals;
  const std::uint32_t hash = hash_of({reinterpret_cast<const char*>(data), size});
  Bytes bytes(data, size);
  Stream stream(hash);
  const Definition& definition = loss_of(bytes.pair());
  const Subject& subject = subject_of(definition, bytes.byte());
  arena.clear(), shelf.clear();
  // Threads are for much work only, and much work is slow: few inputs, whatever they say, stand for a lot of it.
  const bool much = hash % 512 == 0;
  const Extras extras = compose(scene, arena, bytes, subject, much);
  Structs structs;
  spoil(scene, arena, bytes, structs);
  if (extras.totals) scene.call.totals = totals.totals;

  const fastloss_call* call = structs.shelve(scene, shelf, subject);
  bool refused = structs.refused, inside = true;
  for (int role = 0; role < roles; ++role) {
    if (!scene.used[role]) continue;
    scene.verdict[role] = judge(scene.given[role].array);
    refused |= scene.verdict[role].refused;
    inside &= arena.holds(scene.given[role].array, scene.verdict[role]);
  }
  refused = refused || !add_up(scene, subject);
  if (inside) {
    std::memcpy(arena.begin(), noise.bytes, arena.used());
    if (arena.used() > 0 && extras.wild != noise_alone) fill(scene, subject, stream, extras.wild);
    std::memcpy(before, arena.begin(), arena.used());
    open_views();
  } else {
    arena.close();
  }

  const fastloss_loss* loss = scene.loss_missing ? nullptr : subject.loss;
  Result sized, done;
  std::size_t wanted = 0;
  run(sized, [&] { return fastloss_workspace_size(loss, call, &wanted); });
  HOLDS(!(refused && sized.status == FASTLOSS_OK));
  HOLDS(scene.spoilt || (sized.status == FASTLOSS_OK) != extras.odd);
  const Verdict& pred = scene.verdict[0];
  const bool small = inside && scene.used[0] && pred.count <= (much ? most_still : most_elements);
  if (sized.status == FASTLOSS_OK && !small) return arena.open(), 0;  // nobody could say how that ends

  // The workspace of the call itself, if it has one: of a size between nothing and enough.
  if (sized.status == FASTLOSS_OK && extras.workspace != 0) {
    const std::size_t own = std::min<std::size_t>(wanted * extras.workspace / 8, sizeof workspace);
    const_cast<fastloss_call*>(call)->workspace = workspace;
    const_cast<fastloss_call*>(call)->workspace_size = own;
    ASAN_POISON_MEMORY_REGION(workspace + own, sizeof workspace - own);
  }
  std::optional<Faults> faults;
  if (sized.status == FASTLOSS_OK) faults.emplace(scene, subject);
  run(done, [&] { return fastloss_evaluate(loss, call, extras.no_value ? nullptr : &done.value); });
  ASAN_UNPOISON_MEMORY_REGION(workspace, sizeof workspace);
  if (sized.status != FASTLOSS_OK) {
    HOLDS(done.status == sized.status && std::strcmp(done.message, sized.message) == 0);
    arena.open();
    if (!structs.refused)
      HOLDS(std::strncmp(done.message, subject.definition->class_name, std::strlen(subject.definition->class_name)) ==
            0);
    if (inside) HOLDS(std::memcmp(before, arena.begin(), arena.used()) == 0);
    return 0;
  }
  check_bytes();
  const bool all_done = !extras.forgets || scene.call.n_threads == 1;
  const bool whole = all_done && extras.workspace == 0 && !extras.no_value && scene.call.totals == nullptr;
  check_faults(subject, *faults, done, whole);
  if (whole) check_again(subject, *call, done);
  return 0;
}
