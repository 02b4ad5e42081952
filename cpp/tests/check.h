// What the C++ tests say when something is wrong; main returns report().
#pragma once

#include <cstdio>
#include <string>

inline int failures = 0;

inline void expect(bool right, const std::string& what) {
  if (right) return;
  std::printf("FAILED: %s\n", what.c_str());
  ++failures;
}

template <class Error, class Act>
void expect_error(const std::string& text, Act act) {
  try {
    act();
  } catch (const Error& error) {
    expect(error.what() == text, "message is '" + std::string(error.what()) + "', expected '" + text + "'");
    return;
  } catch (const std::exception& other) {
    expect(false, "another error, '" + std::string(other.what()) + "', expected '" + text + "'");
    return;
  }
  expect(false, "no error, expected '" + text + "'");
}

inline int report(const char* name) {
  if (failures == 0) std::printf("%s: all passed\n", name);
  if (failures != 0) std::printf("%s: %d failures\n", name, failures);
  return failures == 0 ? 0 : 1;
}
