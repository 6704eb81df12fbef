// Counts what a test program allocates. Include it in one file of a program: it replaces new.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace racer::test {
inline std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++racer::test::allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
// GCC takes the pair above and below for a mismatch when it inlines only one of them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
