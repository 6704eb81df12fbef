// The number type of the engine's kernels: W numbers in one register, or a plain number when W = 1.
//
// A kernel is written once over a number type R and compiled once per instruction set, each time
// inside the namespace RACER_ISA (so that two copies of one inline function, compiled with
// different instruction sets, can never be merged by the linker). Only + - * / sqrt, comparisons
// and selections exist, all of them exact under IEEE 754, so each lane computes the very bits that
// a scalar would.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#ifndef RACER_ISA
#define RACER_ISA portable
#endif
#ifndef RACER_LANES
#define RACER_LANES 1
#endif

#define RACER_INLINE inline __attribute__((always_inline))
// A stage of a step: compiled on its own, because compilers allocate registers badly in a function
// of many thousand instructions.
#define RACER_STAGE inline __attribute__((noinline))

namespace racer::RACER_ISA {

inline constexpr int kLanes = RACER_LANES;  // doubles per register of this instruction set

// Scalar overloads: the same kernel text works on a plain double.
RACER_INLINE double select(bool condition, double a, double b) { return condition ? a : b; }
RACER_INLINE float select(bool condition, float a, float b) { return condition ? a : b; }
RACER_INLINE double sqrt(double a) { return __builtin_sqrt(a); }
RACER_INLINE float sqrt(float a) { return __builtin_sqrtf(a); }
RACER_INLINE double abs(double a) { return __builtin_fabs(a); }
RACER_INLINE float abs(float a) { return __builtin_fabsf(a); }
RACER_INLINE double copy_sign(double size, double sign) { return __builtin_copysign(size, sign); }
RACER_INLINE float copy_sign(float size, float sign) { return __builtin_copysignf(size, sign); }
RACER_INLINE bool any(bool condition) { return condition; }

// Maps a number type to the type of one of its lanes.
template <class R>
struct LaneOf {
    using Type = R;
};

// W numbers in one register. A type of its own: g++ takes a dependent vector_size for a plain T.
template <class T, int W>
struct VectorOf {
    typedef T Type __attribute__((vector_size(sizeof(T) * W)));
};

template <class T>
struct MaskInteger;
template <>
struct MaskInteger<double> {
    using Type = std::int64_t;
};
template <>
struct MaskInteger<float> {
    using Type = std::int32_t;
};

// A per-lane truth value: all bits of a lane set (true) or clear (false).
template <class T, int W>
struct LaneMask {
    using Integer = typename MaskInteger<T>::Type;
    using Vector = typename VectorOf<Integer, W>::Type;
    Vector v;
    friend RACER_INLINE LaneMask operator&(LaneMask a, LaneMask b) { return {a.v & b.v}; }
    friend RACER_INLINE LaneMask operator|(LaneMask a, LaneMask b) { return {a.v | b.v}; }
    friend RACER_INLINE LaneMask operator!(LaneMask a) { return {~a.v}; }
    [[nodiscard]] RACER_INLINE bool operator[](int lane) const { return v[lane] != 0; }
};

template <class T, int W>
struct Lanes {
    static_assert(W > 1 && (W & (W - 1)) == 0,
                  "lanes must be a power of two; use T itself for one");
    using Vector = typename VectorOf<T, W>::Type;
    using Mask = LaneMask<T, W>;
    Vector v;

    Lanes() = default;
    RACER_INLINE Lanes(Vector vector) : v(vector) {}        // NOLINT(google-explicit-constructor)
    RACER_INLINE Lanes(T scalar) : v(scalar - Vector{}) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] RACER_INLINE T operator[](int lane) const { return v[lane]; }
    RACER_INLINE void set(int lane, T value) { v[lane] = value; }

    static RACER_INLINE Lanes load(const T* source) {
        Lanes r;
        __builtin_memcpy(&r.v, source, sizeof(Vector));
        return r;
    }
    RACER_INLINE void store(T* target) const { __builtin_memcpy(target, &v, sizeof(Vector)); }

    friend RACER_INLINE Lanes operator+(Lanes a, Lanes b) { return a.v + b.v; }
    friend RACER_INLINE Lanes operator-(Lanes a, Lanes b) { return a.v - b.v; }
    friend RACER_INLINE Lanes operator*(Lanes a, Lanes b) { return a.v * b.v; }
    friend RACER_INLINE Lanes operator/(Lanes a, Lanes b) { return a.v / b.v; }
    friend RACER_INLINE Lanes operator-(Lanes a) { return -a.v; }
    friend RACER_INLINE Mask operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
    friend RACER_INLINE Mask operator>(Lanes a, Lanes b) { return {a.v > b.v}; }
    friend RACER_INLINE Mask operator<=(Lanes a, Lanes b) { return {a.v <= b.v}; }
    friend RACER_INLINE Mask operator>=(Lanes a, Lanes b) { return {a.v >= b.v}; }
    friend RACER_INLINE Mask operator==(Lanes a, Lanes b) { return {a.v == b.v}; }
};

template <class T, int W>
struct LaneOf<Lanes<T, W>> {
    using Type = T;
};

template <class T, int W>
RACER_INLINE Lanes<T, W> select(LaneMask<T, W> condition, Lanes<T, W> a, Lanes<T, W> b) {
    return condition.v ? a.v : b.v;
}
template <class T, int W>
RACER_INLINE Lanes<T, W> sqrt(Lanes<T, W> a) {
    Lanes<T, W> r;
    for (int i = 0; i < W; ++i) r.v[i] = sqrt(a.v[i]);
    return r;
}
// The size of a, and a number with the size of one and the sign of another: operations on bits.
template <class T, int W>
RACER_INLINE Lanes<T, W> abs(Lanes<T, W> a) {
    using Bits = typename LaneMask<T, W>::Vector;
    const Bits sign = reinterpret_cast<Bits>((-Lanes<T, W>(T(0))).v);
    return reinterpret_cast<typename Lanes<T, W>::Vector>(reinterpret_cast<Bits>(a.v) & ~sign);
}
template <class T, int W>
RACER_INLINE Lanes<T, W> copy_sign(Lanes<T, W> size, Lanes<T, W> sign_of) {
    using Bits = typename LaneMask<T, W>::Vector;
    const Bits sign = reinterpret_cast<Bits>((-Lanes<T, W>(T(0))).v);
    return reinterpret_cast<typename Lanes<T, W>::Vector>(
        (reinterpret_cast<Bits>(size.v) & ~sign) | (reinterpret_cast<Bits>(sign_of.v) & sign));
}
template <class T, int W>
RACER_INLINE bool any(LaneMask<T, W> mask) {
#if defined(__AVX512F__)
    if constexpr (sizeof(mask.v) == 64) {
        const auto bits = reinterpret_cast<__m512i>(mask.v);
        return _mm512_test_epi32_mask(bits, bits) != 0;
    }
#endif
    bool found = false;
    for (int i = 0; i < W; ++i) found |= mask[i];
    return found;
}

// min, max and clamp for every number type. Written as one comparison and one selection they are
// defined for NaN (the second argument wins) and are one instruction; g++ 12 has to be told so.
template <class R>
RACER_INLINE R min(R a, R b) {
    return select(a < b, a, b);
}
template <class R>
RACER_INLINE R max(R a, R b) {
    return select(a > b, a, b);
}
#if defined(__SSE2__)
#define RACER_MIN_MAX(T, W, REGISTER, MIN, MAX)                                     \
    template <>                                                                     \
    RACER_INLINE Lanes<T, W> min(Lanes<T, W> a, Lanes<T, W> b) {                    \
        return reinterpret_cast<Lanes<T, W>::Vector>(                               \
            MIN(reinterpret_cast<REGISTER>(a.v), reinterpret_cast<REGISTER>(b.v))); \
    }                                                                               \
    template <>                                                                     \
    RACER_INLINE Lanes<T, W> max(Lanes<T, W> a, Lanes<T, W> b) {                    \
        return reinterpret_cast<Lanes<T, W>::Vector>(                               \
            MAX(reinterpret_cast<REGISTER>(a.v), reinterpret_cast<REGISTER>(b.v))); \
    }
RACER_MIN_MAX(double, 2, __m128d, _mm_min_pd, _mm_max_pd)
RACER_MIN_MAX(float, 4, __m128, _mm_min_ps, _mm_max_ps)
#if defined(__AVX__)
RACER_MIN_MAX(double, 4, __m256d, _mm256_min_pd, _mm256_max_pd)
RACER_MIN_MAX(float, 8, __m256, _mm256_min_ps, _mm256_max_ps)
#endif
#if defined(__AVX512F__)  // with a full mask, or g++ 12 warns about its own header
#define RACER_FULL(f, mask) [](auto a, auto b) { return f(mask, a, b); }
RACER_MIN_MAX(double, 8, __m512d, RACER_FULL(_mm512_maskz_min_pd, 0xff),
              RACER_FULL(_mm512_maskz_max_pd, 0xff))
RACER_MIN_MAX(float, 16, __m512, RACER_FULL(_mm512_maskz_min_ps, 0xffff),
              RACER_FULL(_mm512_maskz_max_ps, 0xffff))
#undef RACER_FULL
#endif
#undef RACER_MIN_MAX
#endif
template <class R>
RACER_INLINE R clamp(R a, R low, R high) {
    return min(max(a, low), high);
}

// The number type of this instruction set's kernels.
template <class T, int W>
struct RealFor {
    using Type = Lanes<T, W>;
};
template <class T>
struct RealFor<T, 1> {
    using Type = T;
};
using Real = typename RealFor<double, kLanes>::Type;

// How many numbers a type holds, and one of them.
template <class R>
struct LaneCount {
    static constexpr int value = 1;
};
template <class T, int W>
struct LaneCount<Lanes<T, W>> {
    static constexpr int value = W;
};
RACER_INLINE double lane(double a, int) { return a; }
template <class T, int W>
RACER_INLINE T lane(const Lanes<T, W>& a, int i) {
    return a[i];
}
}  // namespace racer::RACER_ISA
