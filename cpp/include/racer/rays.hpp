// Nine distances from the car to the edges of the road.
//
// Ray i points -90 + 22.5 i degrees from the car's nose (0 = right, 4 = ahead, 8 = left). It ends
// at the first boundary chord, of either side, among the portals within kRayReach of arc length
// before and behind the car's cell; so a circuit may cross over itself. On the road and off it
// alike.
//
// On the road no distances need comparing. The road is a chain of convex cells with portals between
// them, and a straight ray that leaves a cell through a portal never comes back. So for each ray
// take one bit per vertex, "lies right of the ray"; two shifts give the chords that the ray crosses
// from inside to outside; the first of these from the car's cell on, forwards or backwards, is the
// answer.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "racer/lanes.hpp"
#include "racer/observation.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

// Directions in the car's frame, padded to a multiple of every register width.
inline constexpr int kRaysPadded = 16;
inline constexpr float kRayX[kRaysPadded] = {
    0.0F, 0.38268343F, 0.70710678F, 0.92387953F, 1.0F, 0.92387953F, 0.70710678F, 0.38268343F,
    0.0F, 1.0F,        1.0F,        1.0F,        1.0F, 1.0F,        1.0F,        1.0F};
inline constexpr float kRayY[kRaysPadded] = {
    -1.0F, -0.92387953F, -0.70710678F, -0.38268343F, 0.0F, 0.38268343F, 0.70710678F, 0.92387953F,
    1.0F,  0.0F,         0.0F,         0.0F,         0.0F, 0.0F,        0.0F,        0.0F};
inline constexpr float kTan = 0.41421356F;  // of 22.5 degrees

inline constexpr int kRayLanes = kLanes < 2 ? 4 : 2 * kLanes;
using Floats = Lanes<float, kRayLanes>;
using Bits = std::uint32_t;  // one per vertex of a group of 32
static_assert(kNearPortals == 32);
inline constexpr int kGroupRegisters = kNearPortals / kRayLanes;

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

// The sign bits of 32 numbers, of 32 / W registers.
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

// Where the rays start, relative to the table's origin. The position is the sum of two floats, the
// first on the vertices' grid, so that its difference to a vertex is good to 0.02 mm.
struct RayOrigin {
    float x, y, rest_x, rest_y;
    float c, s;  // of the yaw

    RayOrigin() = default;
    RACER_INLINE RayOrigin(const Track& track, double world_x, double world_y, double cos_yaw,
                           double sin_yaw) {
        const double dx = world_x - track.origin.x;
        const double dy = world_y - track.origin.y;
        const double snapped_x = snap_to_grid(dx);
        const double snapped_y = snap_to_grid(dy);
        x = static_cast<float>(snapped_x);
        y = static_cast<float>(snapped_y);
        rest_x = static_cast<float>(dx - snapped_x);
        rest_y = static_cast<float>(dy - snapped_y);
        c = static_cast<float>(cos_yaw);
        s = static_cast<float>(sin_yaw);
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
struct VertexGroup {
    Floats x[kGroupRegisters];
    Floats y[kGroupRegisters];

    VertexGroup() = default;
    RACER_INLINE VertexGroup(const RayOrigin& origin, const float* world_x, const float* world_y) {
        for (int i = 0; i < kGroupRegisters; ++i) {
            x[i] = Floats::load(world_x + i * kRayLanes);
            y[i] = Floats::load(world_y + i * kRayLanes);
            origin.turn(x[i], y[i]);
        }
    }

    RACER_INLINE void store(float* to_x, float* to_y) const {
        for (int i = 0; i < kGroupRegisters; ++i) {
            x[i].store(to_x + i * kRayLanes);
            y[i].store(to_y + i * kRayLanes);
        }
    }

    // For each ray, which vertices lie to its right: the sign of the cross product of a vector
    // along the ray and the vertex.
    RACER_INLINE void right_of_rays(Bits* right) const {
        const auto signs = [&](auto cross) {
            Floats crosses[kGroupRegisters];
            for (int i = 0; i < kGroupRegisters; ++i) crosses[i] = cross(x[i], y[i]);
            return sign_bits(crosses);
        };
        const Floats tan(kTan);
        right[0] = signs([](Floats vx, Floats) { return vx; });
        right[1] = signs([=](Floats vx, Floats vy) { return vy * tan + vx; });
        right[2] = signs([](Floats vx, Floats vy) { return vy + vx; });
        right[3] = signs([=](Floats vx, Floats vy) { return vy + vx * tan; });
        right[4] = signs([](Floats, Floats vy) { return vy; });
        right[5] = signs([=](Floats vx, Floats vy) { return vy - vx * tan; });
        right[6] = signs([](Floats vx, Floats vy) { return vy - vx; });
        right[7] = signs([=](Floats vx, Floats vy) { return vy * tan - vx; });
        right[8] = ~right[0];
    }
};

// Distance along the ray to the line through a and b.
template <class R>
RACER_INLINE R distance_to_chord(R ray_x, R ray_y, R ax, R ay, R bx, R by) {
    const R ex = bx - ax;
    const R ey = by - ay;
    return (ax * ey - ay * ex) / (ray_x * ey - ray_y * ex);
}

// One ray beyond the vertices near the car: portal by portal, from `at`, which it passes, on.
inline float follow_ray(const RayTable& table, const RayTable::Window& window,
                        const RayOrigin& origin, int ray, int at, int step) noexcept {
    const float ray_x = kRayX[ray];
    const float ray_y = kRayY[ray];
    float lx = table.left_x[static_cast<std::size_t>(at)];
    float ly = table.left_y[static_cast<std::size_t>(at)];
    float rx = table.right_x[static_cast<std::size_t>(at)];
    float ry = table.right_y[static_cast<std::size_t>(at)];
    origin.turn(lx, ly);
    origin.turn(rx, ry);
    const auto direction = static_cast<float>(step);
    for (int i = at + step; i >= window.first && i < window.first + window.count; i += step) {
        float next_lx = table.left_x[static_cast<std::size_t>(i)];
        float next_ly = table.left_y[static_cast<std::size_t>(i)];
        float next_rx = table.right_x[static_cast<std::size_t>(i)];
        float next_ry = table.right_y[static_cast<std::size_t>(i)];
        origin.turn(next_lx, next_ly);
        origin.turn(next_rx, next_ry);
        // Backwards the left boundary lies on the ray's right-hand side.
        if (direction * (ray_x * next_ly - ray_y * next_lx) < 0.0F) {
            const float t = distance_to_chord(ray_x, ray_y, lx, ly, next_lx, next_ly);
            return clamp(t, 0.0F, kRayRange);
        }
        if (direction * (ray_x * next_ry - ray_y * next_rx) > 0.0F) {
            const float t = distance_to_chord(ray_x, ray_y, rx, ry, next_rx, next_ry);
            return clamp(t, 0.0F, kRayRange);
        }
        if (ray_x * next_lx + ray_y * next_ly > kRayRange &&
            ray_x * next_rx + ray_y * next_ry > kRayRange) {
            return kRayRange;
        }
        lx = next_lx;
        ly = next_ly;
        rx = next_rx;
        ry = next_ry;
    }
    return kRayRange;
}

// The rays of a car that is not inside its cell: compares all chords that a ray crosses.
inline void cast_rays_anywhere(const RayTable& table, const RayTable::Window& window,
                               const RayOrigin& origin, float out[kRays]) noexcept {
    for (int i = 0; i < kRays; ++i) out[i] = kRayRange;
    const int chords = window.count - 1;
    for (int done = 0; done < chords; done += kNearPortals - 1) {
        const auto first = static_cast<std::size_t>(window.first + done);
        const int count = chords - done < kNearPortals - 1 ? chords - done : kNearPortals - 1;
        const std::uint64_t within = (std::uint64_t{1} << count) - 1;
        alignas(64) float vx[2 * kNearPortals], vy[2 * kNearPortals];
        Bits left_bits[kRays], right_bits[kRays];
        const VertexGroup left(origin, &table.left_x[first], &table.left_y[first]);
        const VertexGroup right(origin, &table.right_x[first], &table.right_y[first]);
        left.store(vx, vy);
        right.store(vx + kNearPortals, vy + kNearPortals);
        left.right_of_rays(left_bits);
        right.right_of_rays(right_bits);
        const auto joined = [&](int i) {
            return static_cast<std::uint64_t>(left_bits[i]) |
                   static_cast<std::uint64_t>(right_bits[i]) << 32;
        };
        const std::uint64_t within_both = within * 0x1'0000'0001U;
        for (int i = 0; i < kRays; ++i) {
            const std::uint64_t at = joined(i);
            // Ahead of the car as this ray looks: right or left of the ray across.
            const std::uint64_t ahead = i < 4 ? joined(i + 4) : ~joined(i - 4);
            std::uint64_t hits = (at ^ (at >> 1)) & (ahead | (ahead >> 1)) & within_both;
            for (; hits != 0; hits &= hits - 1) {
                const int k = __builtin_ctzll(hits);
                const float t =
                    distance_to_chord(kRayX[i], kRayY[i], vx[k], vy[k], vx[k + 1], vy[k + 1]);
                out[i] = select(t >= 0.0F, min(t, out[i]), out[i]);
            }
        }
    }
}

// Whether the car is inside the quadrilateral of its cell; `at` is the cell's index into the table.
RACER_INLINE bool is_inside(const RayTable& table, const RayOrigin& origin, std::size_t at) {
    const float x[4] = {table.left_x[at], table.right_x[at], table.right_x[at + 1],
                        table.left_x[at + 1]};
    const float y[4] = {table.left_y[at], table.right_y[at], table.right_y[at + 1],
                        table.left_y[at + 1]};
    float dx[4], dy[4];
    for (int i = 0; i < 4; ++i) {
        dx[i] = (x[i] - origin.x) - origin.rest_x;
        dy[i] = (y[i] - origin.y) - origin.rest_y;
    }
    bool inside = true;
    for (int i = 0; i < 4; ++i) {
        const int next = (i + 1) & 3;
        inside &= dx[i] * dy[next] - dy[i] * dx[next] > 0.0F;
    }
    return inside;
}

// For each ray the chord that it hits, as 32 * (right side) + index; and the rays that pass all
// portals of the group. `own` is the index of the car's cell within the group.
RACER_INLINE Bits pick_chords(const Bits* left, const Bits* right, int own, std::int32_t* chord) {
    using Signed = typename VectorOf<std::int32_t, kRayLanes>::Type;
    using Unsigned = typename VectorOf<Bits, kRayLanes>::Type;
    using Real32 = Floats::Vector;
    constexpr Bits kChords = ~Bits{0} >> 1;  // 32 vertices, 31 chords
    const Bits own_bit = Bits{1} << own;
    Bits lost = 0;
    for (int i = 0; i < kRays; i += kRayLanes) {
        Unsigned l, r;
        __builtin_memcpy(&l, left + i, sizeof l);
        __builtin_memcpy(&r, right + i, sizeof r);
        const Unsigned out_left = ~l & (l >> 1);
        const Unsigned out_any = (out_left | (r & ~(r >> 1))) & kChords;
        const Unsigned ahead = out_any & (0 - own_bit);
        const Unsigned behind = out_any & (own_bit - 1);
        const auto backward = ((l & ~r) & own_bit) != 0;  // passes the portal behind the car
        // The lowest bit ahead; of those behind the highest, perhaps with others at least two below
        // it, so that rounding to float cannot reach the next power of two.
        const Unsigned first = backward ? behind & ~(behind >> 1) : ahead & (0 - ahead);
        const auto value = __builtin_convertvector(reinterpret_cast<Signed>(first), Real32);
        const auto exponent = reinterpret_cast<Unsigned>(value) & 0x7F800000U;
        const auto bit = reinterpret_cast<Unsigned>(
            __builtin_convertvector(reinterpret_cast<Real32>(exponent), Signed));
        const Unsigned right_side = reinterpret_cast<Unsigned>((out_left & bit) == 0) & 32U;
        const Unsigned index = (((exponent >> 23) - 127U) & 31U) + right_side;
        __builtin_memcpy(chord + i, &index, sizeof index);
        lost |= register_sign_bits(Floats(reinterpret_cast<Real32>(first == 0))) << i;
    }
    return lost & ((Bits{1} << kRays) - 1);
}

// Distances to the chosen chords.
RACER_INLINE void measure_chords(const VertexGroup& left, const VertexGroup& right,
                                 const std::int32_t* chord, float scale, float* out) {
#if defined(__AVX512F__) && RACER_LANES == 8
    if constexpr (kRayLanes == 16) {  // 64 coordinates fit into four registers: look them up there
        const __m512i from = _mm512_load_si512(chord);
        const __m512i to = _mm512_add_epi32(from, _mm512_set1_epi32(1));
        const __mmask16 on_right = _mm512_test_epi32_mask(from, _mm512_set1_epi32(kNearPortals));
        const auto look_up = [=](__m512i index, const Floats* l, const Floats* r) {
            const auto reg = [](const Floats& a) { return reinterpret_cast<__m512>(a.v); };
            const __m512 of_left = _mm512_permutex2var_ps(reg(l[0]), index, reg(l[1]));
            const __m512 of_right = _mm512_permutex2var_ps(reg(r[0]), index, reg(r[1]));
            return Floats(reinterpret_cast<Floats::Vector>(
                _mm512_mask_blend_ps(on_right, of_left, of_right)));
        };
        const Floats t =
            distance_to_chord(Floats::load(kRayX), Floats::load(kRayY),
                              look_up(from, left.x, right.x), look_up(from, left.y, right.y),
                              look_up(to, left.x, right.x), look_up(to, left.y, right.y));
        const Floats distances = clamp(t, Floats(0.0F), Floats(kRayRange)) * Floats(scale);
        static_assert(kRays == 9);  // a register of eight and one more: a masked store is slower
        _mm256_storeu_ps(out, _mm512_castps512_ps256(reinterpret_cast<__m512>(distances.v)));
        out[8] = distances[8];
        return;
    }
#endif
    alignas(64) float vx[2 * kNearPortals], vy[2 * kNearPortals];
    left.store(vx, vy);
    right.store(vx + kNearPortals, vy + kNearPortals);
    for (int i = 0; i < kRays; ++i) {
        const std::int32_t k = chord[i];
        const float t = distance_to_chord(kRayX[i], kRayY[i], vx[k], vy[k], vx[k + 1], vy[k + 1]);
        out[i] = clamp(t, 0.0F, kRayRange) * scale;
    }
}

// The rays of one car between the two halves of the work: which side of each ray the boundaries'
// vertices lie on, then which chord each ray hits and where. A processor that is given the first
// half of the next car before the second half of this one need not wait in between.
struct RayFan {
    const RayTable* table = nullptr;
    const RayTable::Window* window = nullptr;
    RayOrigin origin;
    int own = 0;  // the car's cell within the group
    VertexGroup left, right;
    alignas(64) Bits left_bits[kRaysPadded];
    alignas(64) Bits right_bits[kRaysPadded];
};

// `station` is the car's, x and y in world coordinates [m].
RACER_INLINE void spread_rays(const Track& track, double x, double y, double cos_yaw,
                              double sin_yaw, int station, RayFan& fan) {
    const RayTable& table = track.rays;
    const int cell = track.cell_of_station[static_cast<std::size_t>(station)];
    fan.table = &table;
    fan.window = &table.windows[static_cast<std::size_t>(cell)];
    fan.origin = RayOrigin(track, x, y, cos_yaw, sin_yaw);
    fan.own = table.lap_start + cell - fan.window->near;
    const auto first = static_cast<std::size_t>(fan.window->near);
    const VertexGroup left(fan.origin, &table.left_x[first], &table.left_y[first]);
    const VertexGroup right(fan.origin, &table.right_x[first], &table.right_y[first]);
    for (int i = kRays; i < kRaysPadded; ++i) fan.left_bits[i] = fan.right_bits[i] = 0;
    left.right_of_rays(fan.left_bits);
    right.right_of_rays(fan.right_bits);
    fan.left = left;
    fan.right = right;
}

// Writes the distances [m] times `scale`.
RACER_INLINE void measure_rays(const RayFan& fan, float out[kRays], float scale) {
    const RayTable::Window& window = *fan.window;
    if (!is_inside(*fan.table, fan.origin, static_cast<std::size_t>(window.near + fan.own))) {
        cast_rays_anywhere(*fan.table, window, fan.origin, out);
        for (int i = 0; i < kRays; ++i) out[i] *= scale;
        return;
    }
    alignas(64) std::int32_t chord[kRaysPadded];
    const Bits lost = pick_chords(fan.left_bits, fan.right_bits, fan.own, chord);
    measure_chords(fan.left, fan.right, chord, scale, out);
    for (Bits rest = lost; rest != 0; rest &= rest - 1) {
        const int i = __builtin_ctz(rest);
        const bool backward = ((fan.left_bits[i] & ~fan.right_bits[i]) >> fan.own & 1) != 0;
        const int last = window.near + (backward ? 0 : kNearPortals - 1);
        out[i] = follow_ray(*fan.table, window, fan.origin, i, last, backward ? -1 : 1) * scale;
    }
}

inline void cast_rays(const Track& track, double x, double y, double cos_yaw, double sin_yaw,
                      int station, float out[kRays]) noexcept {
    RayFan fan;
    spread_rays(track, x, y, cos_yaw, sin_yaw, station, fan);
    measure_rays(fan, out, 1.0F);
}

}  // namespace racer::RACER_ISA
