// The choice among kernels that are compiled once per instruction set.
//
// A kernel source is compiled with RACER_ISA and RACER_LANES set by the build. Each compilation
// defines one table, under a name that carries the instruction set:
//
//     extern const Kernels RACER_OF_THIS_SET(kKernels);
//     const Kernels RACER_OF_THIS_SET(kKernels) = {...};
//
// One source that is compiled once picks the table in use:
//
//     RACER_DEFINE_CHOICE(const Kernels& kernels(), Kernels, kKernels)
#pragma once

#include "racer/instruction_set.hpp"

// X(name) for every instruction set of this build, narrowest first; CMakeLists.txt has their flags.
#if defined(RACER_HAVE_AVX512)
#define RACER_EACH_SET(X, ...) \
    X(scalar, __VA_ARGS__) X(baseline, __VA_ARGS__) X(avx2, __VA_ARGS__) X(avx512, __VA_ARGS__)
#else
#define RACER_EACH_SET(X, ...) X(scalar, __VA_ARGS__) X(baseline, __VA_ARGS__)
#endif

#define RACER_JOIN_OF(a, b) a##_##b
#define RACER_JOIN(a, b) RACER_JOIN_OF(a, b)
#define RACER_TEXT_OF(name) #name
#define RACER_TEXT(name) RACER_TEXT_OF(name)
#define RACER_OF_THIS_SET(table) RACER_JOIN(table, RACER_ISA)

// NOLINTBEGIN(bugprone-macro-parentheses): types and signatures take none
#define RACER_DECLARE_TABLE(set, type, table) extern const type RACER_JOIN(table, set);
#define RACER_POINT_TO_TABLE(set, table) &RACER_JOIN(table, set),
#define RACER_DEFINE_CHOICE(signature, type, table)                                             \
    RACER_EACH_SET(RACER_DECLARE_TABLE, type, table)                                            \
    signature noexcept {                                                                        \
        static constexpr const type* kTables[] = {RACER_EACH_SET(RACER_POINT_TO_TABLE, table)}; \
        return *kTables[index_of_set_in_use()];                                                 \
    }
// NOLINTEND(bugprone-macro-parentheses)

namespace racer {

// Position of the instruction set in use in RACER_EACH_SET.
[[nodiscard]] int index_of_set_in_use() noexcept;

}  // namespace racer
