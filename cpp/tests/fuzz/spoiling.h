// What can be wrong with a call, up to three times at once.
#pragma once

#include <cmath>
#include <limits>

#include "scene.h"

// The structs: their sizes, and how many of them.
struct Structs {
  std::size_t call_size = sizeof(fastloss_call),
              array_size[5] = {sizeof(fastloss_array), sizeof(fastloss_array), sizeof(fastloss_array),
                               sizeof(fastloss_array), sizeof(fastloss_array)};
  std::uint8_t call_tail = 0, array_tail[5] = {};
  std::size_t count[5];
  bool counted[5] = {}, missing[5] = {};
  bool refused = false;

  const fastloss_call* shelve(Scene& scene, Shelf& shelf, const Subject& subject) {
    constexpr int first[] = {input, grad, hess, weight, terms};
    const int own[] = {subject.inputs, subject.differentiable, subject.differentiable, 1, 1};
    fastloss_array* at[5] = {};
    for (int group = 0; group < 5; ++group) {
      bool* used = scene.used + first[group];
      const auto wanted = static_cast<std::size_t>(own[group]), size = array_size[group];
      const std::size_t n = counted[group] ? count[group] : *used ? wanted : 0;
      if (n == 0) std::fill(used, used + own[group], false);
      if (*used && !missing[group]) {
        at[group] = shelf.put(scene.given + first[group], own[group], size, array_tail[group]);
        refused |= size < sizeof(fastloss_array) || size > 4096 || size % alignof(fastloss_array) != 0;
        refused |= size > sizeof(fastloss_array) && array_tail[group] != 0;
      }
      count[group] = n;
      refused |= n == 0 ? group == 0 : n != wanted || at[group] == nullptr;
      refused |= group == 2 && n > 0 && (!subject.definition->hessian || count[1] == 0);
    }
    fastloss_call& call = scene.call;
    refused |= scene.used[terms] && call.reduction != FASTLOSS_NONE;
    refused |= call.reduction < 0 || call.reduction > FASTLOSS_NONE || call.curvature < 0 || call.curvature > 1;
    refused |= call.n_threads < 0 || !(std::abs(call.scale) <= std::numeric_limits<double>::max());
    refused |= call.workspace_size > 0 || scene.loss_missing || scene.call_missing;
    refused |= call_size < sizeof call || call_size > 4096 || call_size % alignof(fastloss_call) != 0;
    refused |= call_size > sizeof call && call_tail != 0;
    call.inputs = at[0], call.n_inputs = count[0];
    call.grad = at[1], call.n_grad = count[1];
    call.hess = at[2], call.n_hess = count[2];
    call.sample_weight = at[3], call.terms = at[4];
    return scene.call_missing ? nullptr : shelf.put(call, call_size, call_tail);
  }
};

inline void spoil_array(Scene& scene, Arena& arena, Bytes& bytes, std::uint8_t what) {
  constexpr std::int32_t ranks[] = {-1, 0, 1, 64, 65, 66, INT32_MAX, INT32_MIN};
  constexpr std::int32_t dtypes[] = {-1, 13, 255, 256, 267, INT32_MAX, INT32_MIN, 11};
  const int role = bytes.byte() % roles;
  if (!scene.used[role]) return;
  Given& given = scene.given[role];
  fastloss_array& array = given.array;
  const std::uint8_t argument = bytes.byte();
  const int axis = array.ndim > 0 ? argument % std::min(array.ndim, most_axes) : 0;
  switch (what) {
    case 0:
      array.data = nullptr;
      break;
    case 1:
      array.shape = nullptr;
      break;
    case 2:
      array.strides = argument & 1 ? nullptr : given.strides;
      break;
    case 3:
      array.ndim = argument < 128 ? static_cast<std::int8_t>(argument) % 8 : ranks[argument % 8];
      break;
    case 4:
      array.dtype = argument < 128 ? argument % 13 : dtypes[argument % 8];
      break;
    case 5:
      given.shape[axis] = bytes.number();
      break;
    case 6:
      given.strides[axis] = bytes.number();
      break;
    case 7: {  // where another array lies, or near to it
      const Given& other = scene.given[argument % roles];
      if (scene.used[argument % roles] && other.array.data != nullptr)
        array.data = static_cast<char*>(other.array.data) + (argument & 128 ? bytes.byte() & 15 : 0);
      break;
    }
    case 8: {  // the very same view
      const Given& other = scene.given[argument % roles];
      if (!scene.used[argument % roles]) break;
      std::copy(other.strides, other.strides + most_axes, given.strides);
      array.strides = other.array.strides == nullptr ? nullptr : given.strides;
      array.data = other.array.data;
      break;
    }
    case 9:  // one more, one less, or two lengths exchanged
      if (array.ndim < 1 || array.ndim > most_axes) break;
      if (argument & 64)
        std::swap(given.shape[axis], given.shape[0]);
      else
        given.shape[axis] += argument & 128 ? 1 : -1;
      break;
    case 10:
      array.data = nullptr, array.dtype = FASTLOSS_LEFT_OUT;
      break;
    default:  // somewhere
      array.data = arena.begin() + (argument * 64 + bytes.byte()) % Arena::size;
  }
}

inline void spoil_structs(Scene& scene, Bytes& bytes, Structs& structs) {
  constexpr std::size_t own = sizeof(fastloss_array);
  constexpr std::size_t sizes[] = {0, own - 1, own + 1, own + 4, own + 8, own + 16, 2 * own, 4096, 4097, SIZE_MAX};
  constexpr std::size_t counts[] = {0, 1, 2, 3, 4, 5, 6, SIZE_MAX};
  const std::uint8_t what = bytes.byte(), argument = bytes.byte();
  const int group = argument % 5;
  switch (what % 8) {
    case 0:
      structs.array_size[group] = bytes.pick(sizes);
      structs.array_tail[group] = bytes.byte() & 1;
      break;
    case 1: {
      const std::size_t size = bytes.pick(sizes);
      structs.call_size = size == SIZE_MAX || size >= 4096 || size == 0 ? size : size - own + sizeof(fastloss_call);
      structs.call_tail = bytes.byte() & 1;
      break;
    }
    case 2:
      if (group < 3) structs.count[group] = bytes.pick(counts), structs.counted[group] = true;
      break;
    case 3:
      if (group < 3) structs.missing[group] = true;
      break;
    case 4:
      scene.call.reduction = static_cast<std::int32_t>(bytes.number());
      break;
    case 5:
      scene.call.curvature = static_cast<std::int32_t>(bytes.number());
      break;
    case 6:
      if (argument & 1)
        scene.call.n_threads = -1 - (argument >> 4);
      else
        scene.call.scale = argument & 2 ? __builtin_nan("") : -__builtin_inf();
      break;
    default:
      if (argument < 32)
        scene.loss_missing = true;
      else if (argument < 64)
        scene.call_missing = true;
      else if (argument < 128)
        scene.call.workspace_size = argument;
      else
        scene.call.n_threads = INT32_MAX;
  }
}

inline void spoil(Scene& scene, Arena& arena, Bytes& bytes, Structs& structs) {
  const std::uint8_t times = bytes.byte();
  if (times < 96) return;
  scene.spoilt = true;
  for (int k = 0; k < times % 3 + 1; ++k) {
    const std::uint8_t what = bytes.byte();
    if (what % 16 < 12)
      spoil_array(scene, arena, bytes, what % 16);
    else
      spoil_structs(scene, bytes, structs);
  }
}
