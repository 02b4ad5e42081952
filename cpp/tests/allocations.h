// How often a piece of code asks operator new for memory.
#pragma once

#include <atomic>

extern std::atomic<long> allocations;

template <class Act>
long allocated(Act act) {
  const long before = allocations;
  act();
  return allocations - before;
}
