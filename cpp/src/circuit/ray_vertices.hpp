// What the rays are cast with: their directions, where they start, and the boundaries' vertices in
// the car's frame with the side of each ray that they lie on.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "core/lanes.hpp"
#include "racer/observation.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

// The rays are cast in float; tests cast them in double, too, from the same text.

// Directions in the car's frame, padded to a multiple of every register width.
inline constexpr int kRaysPadded = 16;
inline constexpr double kSine1 = 0.38268343236508977;  // of 22.5 degrees
inline constexpr double kSine2 = 0.70710678118654752;
inline constexpr double kSine3 = 0.92387953251128674;
inline constexpr double kTangent1 = 0.41421356237309505;
template <class T>
inline constexpr T kRayX[kRaysPadded] = {
    T(0), T(kSine1), T(kSine2), T(kSine3), T(1), T(kSine3), T(kSine2), T(kSine1),
    T(0), T(1),      T(1),      T(1),      T(1), T(1),      T(1),      T(1)};
template <class T>
inline constexpr T kRayY[kRaysPadded] = {
    T(-1), T(-kSine3), T(-kSine2), T(-kSine1), T(0), T(kSine1), T(kSine2), T(kSine3),
    T(1),  T(0),       T(0),       T(0),       T(0), T(0),      T(0),      T(0)};

inline constexpr int kRayLanes = kLanes < 2 ? 4 : 2 * kLanes;
template <class T>
inline constexpr int kVertexLanes = kRayLanes * static_cast<int>(sizeof(float)) / sizeof(T);
using Floats = Lanes<float, kRayLanes>;
using Bits = std::uint32_t;  // one per vertex of a group of 32
static_assert(kNearPortals == 32);

// The sign bits of one register.
template <int W>
RACER_INLINE Bits register_sign_bits(Lanes<float, W> a) {
#if defined(__AVX512DQ__)
    if constexpr (W == 16) return _mm512_movepi32_mask(reinterpret_cast<__m512i>(a.v));
#endif
#if defined(__AVX__)
    if constexpr (W == 8) {
        return static_cast<Bits>(_mm256_movemask_ps(reinterpret_cast<__m256>(a.v)));
    }
#endif
#if defined(__SSE2__)
    if constexpr (W == 4) {
        return static_cast<Bits>(_mm_movemask_ps(reinterpret_cast<__m128>(a.v)));
    }
#endif
    Bits bits = 0;
    for (int i = 0; i < W; ++i) bits |= (__builtin_bit_cast(Bits, a[i]) >> 31) << i;
    return bits;
}
template <int W>
RACER_INLINE Bits register_sign_bits(Lanes<double, W> a) {
    Bits bits = 0;
    for (int i = 0; i < W; ++i) {
        bits |= static_cast<Bits>(__builtin_bit_cast(std::uint64_t, a[i]) >> 63) << i;
    }
    return bits;
}

// The sign bits of 32 numbers, of 32 / W registers.
template <int W>
RACER_INLINE Bits sign_bits(const Lanes<double, W>* a) {
    Bits bits = 0;
    for (int i = 0; i < kNearPortals; i += W) bits |= register_sign_bits(a[i / W]) << i;
    return bits;
}
template <int W>
RACER_INLINE Bits sign_bits(const Lanes<float, W>* a) {
    Bits bits = 0;
#if defined(__AVX512BW__) && defined(__AVX512DQ__)
    if constexpr (W == 16) {
        const auto mask = [a](int i) {
            return _mm512_movepi32_mask(reinterpret_cast<__m512i>(a[i].v));
        };
        return _mm512_kunpackw(mask(1), mask(0));
    }
#endif
#if defined(__AVX2__)
    if constexpr (W == 8) {
        const auto words = [a](int i) {
            return _mm256_packs_epi32(reinterpret_cast<__m256i>(a[i].v),
                                      reinterpret_cast<__m256i>(a[i + 1].v));
        };
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        const __m256i bytes = _mm256_packs_epi16(words(0), words(2));
        return static_cast<Bits>(_mm256_movemask_epi8(_mm256_permutevar8x32_epi32(bytes, order)));
    }
#endif
#if defined(__SSE2__)
    if constexpr (W == 4) {
        const auto words = [a](int i) {
            return _mm_packs_epi32(reinterpret_cast<__m128i>(a[i].v),
                                   reinterpret_cast<__m128i>(a[i + 1].v));
        };
        const auto half = [&](int i) {
            return static_cast<Bits>(_mm_movemask_epi8(_mm_packs_epi16(words(i), words(i + 2))));
        };
        return half(0) | half(4) << 16;
    }
#endif
    for (int i = 0; i < kNearPortals; i += W) bits |= register_sign_bits(a[i / W]) << i;
    return bits;
}

// Where the rays start, relative to the table's origin. The position is the sum of two numbers, the
// first on the vertices' grid, so that its difference to a vertex is good to 0.02 mm in float.
template <class T>
struct RayOrigin {
    T x, y, rest_x, rest_y;
    T c, s;  // of the yaw

    RayOrigin() = default;
    RACER_INLINE RayOrigin(const Track& track, double world_x, double world_y, double cos_yaw,
                           double sin_yaw) {
        const double dx = world_x - track.origin.x;
        const double dy = world_y - track.origin.y;
        const double snapped_x = snap_to_grid(dx);
        const double snapped_y = snap_to_grid(dy);
        x = static_cast<T>(snapped_x);
        y = static_cast<T>(snapped_y);
        rest_x = static_cast<T>(dx - snapped_x);
        rest_y = static_cast<T>(dy - snapped_y);
        c = static_cast<T>(cos_yaw);
        s = static_cast<T>(sin_yaw);
    }

    // Turns world coordinates into the car's: x ahead, y to the left.
    template <class R>
    RACER_INLINE void turn(R& vertex_x, R& vertex_y) const {
        const R dx = (vertex_x - R(x)) - R(rest_x);
        const R dy = (vertex_y - R(y)) - R(rest_y);
        vertex_x = dx * R(c) + dy * R(s);
        vertex_y = dy * R(c) - dx * R(s);
    }
};

// 32 vertices of one boundary in the car's frame.
template <class T>
struct VertexGroup {
    static constexpr int kWidth = kVertexLanes<T>;
    static constexpr int kRegisters = kNearPortals / kWidth;
    using Numbers = Lanes<T, kWidth>;
    Numbers x[kRegisters];
    Numbers y[kRegisters];

    VertexGroup() = default;
    RACER_INLINE VertexGroup(const RayOrigin<T>& origin, const float* world_x,
                             const float* world_y) {
        const auto load = [](const float* from) {
            const auto floats = Lanes<float, kWidth>::load(from).v;
            return Numbers(__builtin_convertvector(floats, typename Numbers::Vector));
        };
        for (int i = 0; i < kRegisters; ++i) {
            x[i] = load(world_x + i * kWidth);
            y[i] = load(world_y + i * kWidth);
            origin.turn(x[i], y[i]);
        }
    }

    RACER_INLINE void store(T* to_x, T* to_y) const {
        for (int i = 0; i < kRegisters; ++i) {
            x[i].store(to_x + i * kWidth);
            y[i].store(to_y + i * kWidth);
        }
    }

    // For each ray, which vertices lie to its right: the sign of the cross product of a vector
    // along the ray and the vertex.
    RACER_INLINE void right_of_rays(Bits* right) const {
        const auto signs = [&](auto cross) {
            Numbers crosses[kRegisters];
            for (int i = 0; i < kRegisters; ++i) crosses[i] = cross(x[i], y[i]);
            return sign_bits(crosses);
        };
        const Numbers tan(static_cast<T>(kTangent1));
        right[0] = signs([](Numbers vx, Numbers) { return vx; });
        right[1] = signs([=](Numbers vx, Numbers vy) { return vy * tan + vx; });
        right[2] = signs([](Numbers vx, Numbers vy) { return vy + vx; });
        right[3] = signs([=](Numbers vx, Numbers vy) { return vy + vx * tan; });
        right[4] = signs([](Numbers, Numbers vy) { return vy; });
        right[5] = signs([=](Numbers vx, Numbers vy) { return vy - vx * tan; });
        right[6] = signs([](Numbers vx, Numbers vy) { return vy - vx; });
        right[7] = signs([=](Numbers vx, Numbers vy) { return vy * tan - vx; });
        right[8] = ~right[0];
    }
};

}  // namespace racer::RACER_ISA
