// The functions of cpp/src/math on every tier of this machine, against the same in a wider type.
//
//   fastloss_math FILE
//     A million floats and 30000 doubles of each: errors, and the bits against those recorded in FILE.
//   fastloss_math --bits
//     Prints what FILE holds.
//   fastloss_math --sweep EVERY [NAME...]
//     With 1 all 2^32 floats (2^28 pairs of them), with 61 every 61st, and a million doubles of each, on all cores: the
//     largest errors, which docs/numerics.md lists. All floats take some minutes for each function.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "../check.h"
#include "measure.h"

namespace {

using namespace fastloss;

template <class T>
constexpr const char* name_of_type = sizeof(T) == 4 ? "float" : "double";
template <class T>
double allowed(const Case& c) {
  return sizeof(T) == 4 ? c.ulp_float : c.ulp_double;
}

// Every 4093rd float, or else numbers chosen for the function.
template <class T>
Points<T> some_points(std::size_t k) {
  const Case& c = cases()[k];
  Points<T> all = points<T>(c.domain, sizeof(T) == 4 ? 100'000 : 30'000, k);
  if constexpr (sizeof(T) == 4) {
    for (std::uint64_t b = k; c.arguments == 1 && b < std::uint64_t{1} << 32; b += 4093)
      all.add(std::bit_cast<float>(static_cast<std::uint32_t>(b)));
  }
  return all;
}

// What a line of the file of bits says of a function and a type: FNV-1a over the results, NaNs being all the same.
template <class T>
std::string try_some(std::size_t k) {
  const Case& c = cases()[k];
  const Points<T> p = some_points<T>(k);
  std::vector<T> out(p.x.size());
  const Worst<T> worst = measure<T>(k, p.x.data(), p.y.data(), out.data(), out.size());
  if (has_reference<T>)
    expect(worst.error <= allowed<T>(c), std::string(c.name) + " of " + name_of_type<T> + ", " + worst.text());
  std::uint64_t hash = 14695981039346656037u;
  for (const T y : out) hash = (hash ^ (std::isnan(y) ? 1 : std::bit_cast<BitsOf<T>>(y))) * 1099511628211u;
  char line[80];
  std::snprintf(line, sizeof line, "%s %s %016llx", c.name, name_of_type<T>, static_cast<unsigned long long>(hash));
  return line;
}

std::vector<std::string> try_all() {
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < cases().size(); ++k) {
    lines.push_back(try_some<float>(k));
    lines.push_back(try_some<double>(k));
  }
  if (!has_reference<double>) std::printf("SKIPPED: errors in double, for long double is no wider here\n");
  return lines;
}

void compare(const std::vector<std::string>& lines, const char* path) {
  std::ifstream file(path);
  std::size_t k = 0;
  for (std::string line; std::getline(file, line); ++k)
    expect(k < lines.size() && line == lines[k],
           "bits: recorded is '" + line + "', found '" + (k < lines.size() ? lines[k] : "nothing") + "'");
  expect(k == lines.size(),
         "bits: " + std::to_string(k) + " lines recorded, " + std::to_string(lines.size()) + " found");
}

bool wanted(const char* name, int count, char** names) {
  for (int i = 0; i < count; ++i)
    if (std::strcmp(names[i], name) == 0) return true;
  return count == 0;
}

void sweep(std::uint64_t every, int count, char** names) {
  for (std::size_t k = 0; k < cases().size(); ++k) {
    const Case& c = cases()[k];
    if (!wanted(c.name, count, names)) continue;
    const Worst<float> in_float = sweep_floats(k, every);
    std::printf("%-14s float  %s\n", c.name, in_float.text().c_str());
    expect(in_float.error <= c.ulp_float, c.name);
    if (!has_reference<double>) continue;
    const Points<double> p = points<double>(c.domain, 1'000'000, 1000 + k);
    std::vector<double> out(p.x.size());
    const Worst<double> in_double = measure<double>(k, p.x.data(), p.y.data(), out.data(), out.size());
    std::printf("%-14s double %s\n", c.name, in_double.text().c_str());
    expect(in_double.error <= c.ulp_double, c.name);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "--sweep") == 0) {
    sweep(std::strtoull(argv[2], nullptr, 10) | 1, argc - 3, argv + 3);
  } else {
    const std::vector<std::string> lines = try_all();
    if (argc == 2 && std::strcmp(argv[1], "--bits") != 0) {
      compare(lines, argv[1]);
    } else {
      for (const std::string& line : lines) std::puts(line.c_str());
    }
  }
  return report("math");
}
