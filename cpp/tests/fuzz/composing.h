// A call of a loss as it should be, by what the definition says of its inputs; and the host's threads.
#pragma once

#include "filling.h"

// What a call has besides its arrays.
struct Extras {
  int wild = 0;          // how often numbers are of no domain
  int workspace = 0;     // in eighths of what is wanted; 0: none
  bool odd = false;      // no arrays are right: by this loss's parameters, or for want of a length
  bool dense = false;    // shares in the place of labels
  bool forgets = false;  // the host's parallel_for leaves a piece out, where it is asked
  bool totals = false, no_value = false;
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

// The lengths that the words of the first input stand for, drawn; false where none fit the loss's parameters.
inline bool draw_lengths(Lengths& lengths, Bytes& bytes, const Subject& subject, bool much) {
  constexpr std::int64_t some[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 129, 200, 520, 1025};
  constexpr int so_many[] = {20, 20, 12, 7, 4, 3};  // by the number of axes: all of it is to fit
  const Definition& definition = *subject.definition;
  const ShapeText& text = definition.inputs[0].shape;
  const int others = text.count - (text.many >= 0), n = much ? 1 : bytes.byte() % (5 - std::min(others, 2));
  const int axes = std::min(n + others, 5);
  const auto length = [&] {
    const std::uint8_t byte = bytes.byte();
    return byte >= 250 ? 0 : some[byte % so_many[axes]];
  };
  std::int64_t many[8], first[most_axes];
  bool fits = true;
  for (int k = 0; k < n; ++k) many[k] = much ? (others > 0 ? 6000 : 48000) : length();
  for (int i = 0; i < subject.inputs; ++i)  // all letters: those of the first input too
    for (const ShapeText* words : {&definition.inputs[i].shape, &definition.inputs[i].dense})
      for (const char* c = words->text; *c != '\0'; ++c) {
        if (*c == '*')
          ++c;
        else if ((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z')) {
          if (lengths.known(*c)) continue;
          std::int64_t l = much ? (others > 1 ? 3 : 9) : length();
          if (subject.per_class && *c >= 'A' && *c <= 'Z') l = Subject::inner_vector;
          lengths.set(*c, l);
          fits &= l != 0 || *c >= 'a';
        }
      }
  lengths.many(n, many);
  const int ndim = lengths.ndim(text);
  if (subject.per_element && n > 0 && ndim == n) many[n - 1] = Subject::inner_vector, lengths.many(n, many);
  if (!lengths.expand(text, first)) return lengths.forget_axis(), false;
  if (subject.per_element) fits &= ndim > 0 && first[ndim - 1] == Subject::inner_vector;
  if (subject.per_class) fits &= lengths.inner(text) == Subject::inner_vector;
  return fits;
}

inline Extras compose(Scene& scene, Arena& arena, Bytes& bytes, const Subject& subject, bool much) {
  constexpr std::int32_t floats[] = {FASTLOSS_FLOAT32, FASTLOSS_FLOAT64, FASTLOSS_FLOAT16, FASTLOSS_BFLOAT16};
  constexpr double scales[] = {1.0, 0.0, -2.5, 1e300, 1e-310};
  const Definition& definition = *subject.definition;
  Extras extras;
  const std::uint8_t wanted = bytes.byte(), ways = bytes.byte(), more = bytes.byte();
  const std::int32_t dtype = floats[bytes.byte() % 4];
  const std::uint8_t other = bytes.byte();

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
  extras.forgets = way == 4;
  extras.workspace = more & 128 ? (more >> 3 & 7) + 1 : 0;
  extras.dense = more & 64;
  extras.wild = wanted >> 5 & 3;
  extras.no_value = wanted >> 7;

  Lengths lengths(subject.has_axis, subject.axis);
  extras.odd = !draw_lengths(lengths, bytes, subject, much);
  std::int64_t shapes[fastloss::max_inputs][most_axes], of_terms[most_axes];
  const auto any = [&] { return static_cast<std::int32_t>(bytes.byte() % 13); };
  for (int i = 0; i < subject.inputs; ++i) {
    const fastloss::Argument& argument = definition.inputs[i];
    const bool labels = subject.labels(i), dense = labels && extras.dense && argument.dense.given();
    const ShapeText& text = dense ? argument.dense : argument.shape;
    extras.odd |= dense && subject.ignores;  // there is no label to ignore
    const std::uint8_t type = static_cast<std::uint8_t>(other + 5 * i);
    const std::int32_t own = labels && !dense              ? other % 9
                             : i >= subject.differentiable ? type % 13
                             : i == 0                      ? dtype
                                                           : floats[(i == 1 ? other : type) % 4];
    lengths.expand(text, shapes[i]);
    put(scene, arena, bytes, input + i, own, lengths.ndim(text), shapes[i], much);
  }
  const int n_terms = lengths.ndim(definition.terms);
  lengths.expand(definition.terms, of_terms);
  if (wanted & 1) {  // one for each term, or for the last axes alone
    std::int64_t weighed[most_axes];
    const int n = more & 8 && more & 16 ? n_terms / 2 : n_terms;
    std::copy(of_terms + n_terms - n, of_terms + n_terms, weighed);
    if (n > 0 && more & 8) weighed[more >> 5 & 1 ? n - 1 : 0] = 1;
    put(scene, arena, bytes, weight, any(), n, weighed, much);
  }
  extras.totals = wanted & 16 && !(wanted & 4);
  if (extras.totals) scene.call.reduction = FASTLOSS_MEAN, scene.call.want_value = 1;
  if (much) return extras;
  if (wanted & 2 && !extras.totals) {
    scene.call.reduction = FASTLOSS_NONE;
    put(scene, arena, bytes, terms, dtype, n_terms, of_terms);
  }
  for (int i = 0; wanted & 4 && i < subject.differentiable; ++i) {
    const fastloss_array& of = scene.given[input + i].array;
    put(scene, arena, bytes, grad + i, of.dtype, of.ndim, shapes[i]);
    if (wanted & 8 && definition.hessian) put(scene, arena, bytes, hess + i, of.dtype, of.ndim, shapes[i]);
  }
  return extras;
}

// Whether the shapes of what is given add up, by the words of the definition.
inline bool add_up(const Scene& scene, const Subject& subject) {
  const Definition& definition = *subject.definition;
  Lengths lengths(subject.has_axis, subject.axis);
  const auto same = [](const fastloss_array& a, int ndim, const std::int64_t* shape) {
    return a.ndim == ndim && std::equal(shape, shape + ndim, a.shape);
  };
  for (int i = 0; i < subject.inputs; ++i) {
    const fastloss_array& array = scene.given[i].array;
    const fastloss::Argument& argument = definition.inputs[i];
    const bool dense = i > 0 && are_dense(scene, subject, i);
    if (dense && subject.ignores) return false;
    if (!lengths.take(dense ? argument.dense : argument.shape, array, i == 0)) return false;
  }
  std::int64_t shape[most_axes];
  const int ndim = lengths.ndim(definition.terms);
  if (!lengths.expand(definition.terms, shape)) return false;
  if (scene.used[weight] && !weighs(scene.given[weight].array, ndim, shape)) return false;
  if (scene.used[terms] && !same(scene.given[terms].array, ndim, shape)) return false;
  for (const int first : {grad, hess})
    for (int i = 0; i < subject.differentiable; ++i) {
      const fastloss_array& of = scene.given[i].array;
      if (scene.used[first + i] && !same(scene.given[first + i].array, of.ndim, of.shape)) return false;
    }
  return true;
}
