// The losses that are called: those of the definitions, with parameters drawn from what these say of them.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "numbers.h"
#include "registry.h"
#include "shapes.h"

using fastloss::Definition;
using fastloss::Kind;
using fastloss::Parameter;

inline std::uint32_t hash_of(std::string_view text, std::uint32_t hash = 2166136261u) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

// The loss that a key stands for. Where losses are added, most keys keep theirs.
inline const Definition& loss_of(std::uint32_t key) {
  static const std::vector<std::uint32_t> hashes = [] {
    std::vector<std::uint32_t> of;
    for (const fastloss::Entry& entry : fastloss::all_losses()) of.push_back(hash_of(entry.definition->name));
    return of;
  }();
  std::size_t best = 0;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::uint32_t score = (hashes[i] ^ key * 0x9e3779b9u) * 0x85ebca6bu;
    score = (score ^ score >> 15) * 0xc2b2ae35u;
    if (score >= most) most = score, best = i;
  }
  return *fastloss::all_losses()[best].definition;
}

// Entry k of a list that is separated by |, from the first again where there are no more.
inline std::string_view entry_of(std::string_view list, std::uint32_t k) {
  k %= static_cast<std::uint32_t>(std::count(list.begin(), list.end(), '|') + 1);
  for (; k > 0; --k) list.remove_prefix(list.find('|') + 1);
  return list.substr(0, list.find('|'));
}
inline std::string_view word_of(const Parameter& p, std::uint32_t k) { return entry_of(p.words, k); }

inline bool takes(const Parameter& p, double x) {
  if (std::isinf(x) && !p.infinite) return false;
  return (x > p.low || (x == p.low && !p.open_low)) && (x < p.high || (x == p.high && !p.open_high));
}

// The ends of a parameter's range, and what lies next to them.
inline double end_of(const Parameter& p, std::uint32_t k) {
  const double end = k & 1 ? p.high : p.low;
  return k & 2 ? std::nextafter(end, k & 4 ? __builtin_inf() : -__builtin_inf()) : end;
}

inline double number_of(const Parameter& p, Stream& stream) {
  constexpr double some[] = {1.0, 0.5, 2.0, 0.25, 3.5, 0.0, 1e-300, 700.0, -1.0, 1e300, 0.01, 10.0};
  const std::uint32_t way = stream.next() >> 8;
  double x = way % 4 == 0 ? end_of(p, way >> 2) : some[(way >> 2) % 12];
  for (std::uint32_t k = 0; !takes(p, x); ++k) x = k < 12 ? some[(way + k) % 12] : k < 20 ? end_of(p, k) : p.fallback;
  return x;
}

inline std::int64_t integer_of(const Parameter& p, Stream& stream) {
  constexpr std::int64_t axes[] = {-1, -1, 0, 1, -2, 2, -3, 0}, ignored[] = {0, -100, 1, -1, 255, 2, 1LL << 32, 0},
                         some[] = {1, 2, 0, -1, 3, 7, 100, 4};
  const std::uint32_t way = stream.next() >> 8;
  if (p.role == fastloss::Role::axis) return axes[way % 8];
  if (p.role == fastloss::Role::ignore) return ignored[way % 8];
  const auto taken = [&](std::int64_t n) { return takes(p, static_cast<double>(n)); };
  std::int64_t n = some[way % 8];
  for (std::uint32_t k = 0; k < 10 && !taken(n); ++k)
    n = k < 8 ? some[k] : static_cast<std::int64_t>(std::fmax(std::fmin(k == 8 ? p.low : p.high, 0x1p62), -0x1p62));
  return n;
}

// Whether the parameters may meet: what is done to logits alone needs that there are some.
inline bool may_meet(const Definition& of, const double* numbers) {
  const auto differs = [&](fastloss::Role role, double neutral) {
    const int place = role_place(of, role);
    return place >= 0 && !std::isnan(numbers[place]) && numbers[place] != neutral;
  };
  const bool bends = differs(fastloss::Role::z_loss, 0.0) || differs(fastloss::Role::softcap, fastloss::infinity) ||
                     differs(fastloss::Role::temperature, 1.0);
  return !bends || differs(fastloss::Role::logits, 0.0);
}

// A loss with its parameters, and what the arrays need to know of it.
struct Subject {
  static constexpr int inner_vector = 3;  // the entries of parameters that are vectors

  const Definition* definition = nullptr;
  fastloss_loss* loss = nullptr;
  int inputs = 0, differentiable = 0;
  bool has_axis = false, ignores = false, per_class = false, per_element = false;
  int axis = -1;
  std::int64_t ignored = 0;
  const Pools* pools[fastloss::max_inputs] = {};
  Interval domain[fastloss::max_inputs];

  Subject(const Definition& of, std::uint32_t variant) : definition(&of) {
    Stream stream(hash_of(of.name) + variant);
    for (int k = 0; k < 8; ++k) stream.next();
    fastloss_parameter given[fastloss::max_parameters + 1];
    std::string words[fastloss::max_parameters];
    double reals[fastloss::max_parameters][inner_vector], numbers[fastloss::max_parameters];
    std::size_t n = 0;
    for (int i = 0; i < parameter_count(of); ++i) {
      numbers[i] = of.parameters[i].fallback;
      if (variant > 0 && stream.next() >> 8 & 1) draw(i, stream, given[n], words[n], reals[n], numbers[i]), ++n;
    }
    if (!may_meet(of, numbers)) {  // stated last, it counts
      const int place = role_place(of, fastloss::Role::logits);
      given[n] = FASTLOSS_PARAMETER_INIT;
      given[n].name = of.parameters[place].name, given[n].kind = FASTLOSS_FLAG, given[n].integer = 1;
      numbers[place] = 1.0, ++n;
    }
    HOLDS(fastloss_loss_create(of.name, given, n, &loss) == FASTLOSS_OK);
    HOLDS(std::strcmp(fastloss_loss_name(loss), of.name) == 0);
    HOLDS((fastloss_loss_has_hessian(loss) != 0) == of.hessian);
    inputs = fastloss_loss_n_inputs(loss), differentiable = fastloss_loss_n_differentiable(loss);
    HOLDS(inputs == input_count(of) && differentiable == differentiable_count(of));
    has_axis = role_place(of, fastloss::Role::axis) >= 0;
    for (int i = 0; i < inputs; ++i) {
      const fastloss::Domain& d = of.inputs[i].domain;
      domain[i] = d.when != nullptr && numbers[parameter_place(of, d.when)] == d.is ? d.then : d.interval;
      pools[i] = &pools_of(domain[i]);
    }
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject() { fastloss_loss_destroy(loss); }

  bool labels(int i) const { return definition->inputs[i].role == fastloss::InputRole::labels; }

 private:
  void draw(int place, Stream& stream, fastloss_parameter& to, std::string& text, double* reals, double& number) {
    const Parameter& p = definition->parameters[place];
    const std::uint32_t way = stream.next() >> 8;
    to = FASTLOSS_PARAMETER_INIT;
    to.name = p.name;
    const bool optional =
        p.kind == Kind::optional_integer || p.kind == Kind::optional_real || p.kind == Kind::optional_vector;
    number = fastloss::none;
    if (optional && way % 4 == 0) return;
    switch (p.kind) {
      case Kind::flag:
        to.kind = FASTLOSS_FLAG, to.integer = way & 1, number = way & 1;
        break;
      case Kind::integer:
      case Kind::optional_integer:
        to.kind = FASTLOSS_INTEGER, to.integer = integer_of(p, stream), number = static_cast<double>(to.integer);
        if (p.role == fastloss::Role::axis) axis = static_cast<int>(to.integer);
        if (p.role == fastloss::Role::ignore) ignores = true, ignored = to.integer;
        break;
      case Kind::choice:
        text = word_of(p, way);
        to.kind = FASTLOSS_TEXT, to.text = text.c_str();
        for (number = 0.0; word_of(p, static_cast<std::uint32_t>(number)) != text;) ++number;
        break;
      case Kind::real_or_vector:
      case Kind::optional_vector:
        if (p.kind == Kind::optional_vector || way & 4) {
          for (int k = 0; k < inner_vector; ++k) reals[k] = number_of(p, stream);
          to.kind = FASTLOSS_REALS, to.reals = reals, to.count = inner_vector;
          (p.role == fastloss::Role::per_element ? per_element : per_class) = true;
          break;
        }
        [[fallthrough]];
      default:
        to.kind = FASTLOSS_REAL, to.real = number = number_of(p, stream);
    }
  }
};

// Made when they are first asked for, and kept.
inline const Subject& subject_of(const Definition& definition, std::uint8_t variant) {
  constexpr std::uint32_t variants = 48;
  static std::vector<const Subject*> kept(fastloss::all_losses().size() * variants);
  static std::deque<Subject> all;
  std::size_t place = 0;
  while (fastloss::all_losses()[place].definition != &definition) ++place;
  const Subject*& one = kept[place * variants + variant % variants];
  if (one == nullptr) one = &all.emplace_back(definition, variant % variants);
  return *one;
}
