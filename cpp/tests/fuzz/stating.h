// Parameters as a host may state them: of the loss or of another, of the right kind or not, within their range or just
// beyond; and whether the loss has to take them.
#pragma once

#include "subjects.h"

struct Stated {
  fastloss_parameter parameter = FASTLOSS_PARAMETER_INIT;
  char text[24] = "";
  double reals[8];
  bool refused = false;
};

// By what the definition says.
inline bool accepts(const Parameter& p, const fastloss_parameter& given) {
  const bool optional =
      p.kind == Kind::optional_integer || p.kind == Kind::optional_real || p.kind == Kind::optional_vector;
  const bool integer = given.kind == FASTLOSS_INTEGER && takes(p, static_cast<double>(given.integer));
  const bool real = integer || (given.kind == FASTLOSS_REAL && takes(p, given.real));
  const bool reals = given.kind == FASTLOSS_REALS && given.count > 0 &&
                     std::all_of(given.reals, given.reals + given.count, [&](double x) { return takes(p, x); });
  if (optional && given.kind == FASTLOSS_NOTHING) return true;
  switch (p.kind) {
    case Kind::flag:
      return given.kind == FASTLOSS_FLAG;
    case Kind::integer:
    case Kind::optional_integer:
      return integer;
    case Kind::real:
    case Kind::optional_real:
      return real;
    case Kind::real_or_vector:
      return real || reals;
    case Kind::optional_vector:
      return reals;
    case Kind::choice:
      if (given.kind != FASTLOSS_TEXT) return false;
      for (std::uint32_t k = 0; k == 0 || word_of(p, k) != word_of(p, 0); ++k)
        if (word_of(p, k) == given.text) return true;
  }
  return false;
}

inline double real_near(const Parameter& p, Bytes& bytes) {
  constexpr double some[] = {
      0.0,     1.0, 0.5,  0.25, 2.0, 1.5, -1.0, 1e308, 1e-310, __builtin_inf(), -__builtin_inf(), __builtin_nan(""),
      0.49999, 3.7, 1e39, 5.0};
  const std::uint8_t way = bytes.byte();
  return way % 4 == 0 ? end_of(p, way >> 2) : some[(way >> 2) % 16];
}

inline std::int32_t kind_of(const Parameter& p, std::uint8_t way) {
  switch (p.kind) {
    case Kind::flag:
      return FASTLOSS_FLAG;
    case Kind::integer:
    case Kind::optional_integer:
      return FASTLOSS_INTEGER;
    case Kind::real_or_vector:
      return way & 1 ? FASTLOSS_REALS : FASTLOSS_REAL;
    case Kind::optional_vector:
      return FASTLOSS_REALS;
    case Kind::choice:
      return FASTLOSS_TEXT;
    default:
      return way % 16 == 0 ? FASTLOSS_INTEGER : FASTLOSS_REAL;
  }
}

// Says a parameter of the definition, or of another one where this has none.
inline void state(Stated& to, const Definition& definition, Bytes& bytes, bool alone) {
  constexpr std::size_t first = offsetof(fastloss_parameter, text);
  constexpr std::size_t sizes[] = {0, first - 8, first + 1, sizeof to.parameter - 1, 4104, SIZE_MAX};
  constexpr const char* words[] = {"", "None", "1", "|", "0"};
  fastloss_parameter& p = to.parameter;
  const std::uint8_t way = bytes.byte(), which = bytes.byte();
  const Definition* from = &definition;
  for (std::uint32_t key = which; parameter_count(*from) == 0 || (way == 200 && key == which); ++key)
    from = &loss_of(key * 257u + way);
  const Parameter& model = from->parameters[which % parameter_count(*from)];
  p.name = model.name;
  p.kind = way % 8 == 7 ? bytes.byte() % 6 : way % 8 == 6 ? FASTLOSS_NOTHING : kind_of(model, way);
  if (p.kind == FASTLOSS_FLAG) p.integer = bytes.byte();
  if (p.kind == FASTLOSS_INTEGER) p.integer = bytes.number();
  if (p.kind == FASTLOSS_REAL) p.real = real_near(model, bytes);
  if (p.kind == FASTLOSS_REALS) {
    p.reals = to.reals, p.count = bytes.byte() % 9;
    const double x = real_near(model, bytes);
    std::fill(to.reals, to.reals + 8, 0.5);
    if (way & 16) to.reals[p.count / 2 % 8] = x;
  }
  if (p.kind == FASTLOSS_TEXT) {
    const std::string_view word =
        model.words != nullptr && way % 8 != 5 ? word_of(model, bytes.byte()) : bytes.pick(words);
    word.copy(to.text, sizeof to.text - 1);
    if (way & 128) to.text[bytes.byte() % 23] ^= static_cast<char>(bytes.byte());
    p.text = to.text;
  }
  switch (way) {
    case 201:
      p.name = nullptr, to.refused = true;
      break;
    case 202:
      for (char& c : to.text) c = static_cast<char>(bytes.byte());
      to.text[sizeof to.text - 1] = '\0', p.name = to.text;
      break;
    case 203:
      p.kind = static_cast<std::int32_t>(bytes.number());
      break;
    case 204:
      p.size = bytes.pick(sizes), to.refused = true;
      break;
    case 205:
      p.unused = bytes.byte() + 1, to.refused = true;
      break;
    case 206:
      p.count = SIZE_MAX / (1 + bytes.byte() % 3 * 8), p.kind = FASTLOSS_REALS, p.reals = nullptr, to.refused = true;
      break;
    case 207:
      p.text = nullptr, p.reals = nullptr;
      break;
    case 208:
      p.size = first;  // of an earlier version, which has no text
      to.refused = !alone || p.kind == FASTLOSS_TEXT;
      break;
  }
  to.refused |= p.kind < 0 || p.kind > FASTLOSS_TEXT || (p.kind == FASTLOSS_REALS && p.reals == nullptr) ||
                (p.kind == FASTLOSS_TEXT && p.text == nullptr);
  if (to.refused) return;
  const int place = parameter_place(definition, p.name);
  to.refused = place < 0 || !accepts(definition.parameters[place], p);
}
