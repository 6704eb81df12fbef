// Nine distances from the car to the edges of the road.
//
// Ray i points -90 + 22.5 i degrees from the car's nose (0 = right, 4 = ahead, 8 = left). It ends at
// the first boundary chord, of either side, among the portals within kRayReach of arc length before
// and behind the car's cell; so a circuit may cross over itself. On the road and off it alike.
//
// On the road no distances need comparing. The road is a chain of convex cells with portals between
// them, and a straight ray that leaves a cell through a portal never comes back. So for each ray take
// one bit per vertex, "lies right of the ray"; two shifts give the chords that the ray crosses from
// inside to outside; the first of these from the car's cell on, forwards or backwards, is the answer.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "racer/lanes.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

inline constexpr int kRays = 9;
inline constexpr float kRayRange = 150.0F;  // [m]; also the answer where nothing is hit

// Directions in the car's frame, padded to a multiple of every register width.
inline constexpr int kRaysPadded = 16;
inline constexpr float kRayX[kRaysPadded] = {
    0.0F, 0.38268343F, 0.70710678F, 0.92387953F, 1.0F, 0.92387953F, 0.70710678F, 0.38268343F, 0.0F,
    1.0F, 1.0F,        1.0F,        1.0F,        1.0F, 1.0F,        1.0F};
inline constexpr float kRayY[kRaysPadded] = {
    -1.0F, -0.92387953F, -0.70710678F, -0.38268343F, 0.0F, 0.38268343F, 0.70710678F, 0.92387953F,
    1.0F,  0.0F,         0.0F,         0.0F,         0.0F, 0.0F,        0.0F,        0.0F};
inline constexpr float kTan = 0.41421356F;  // of 22.5 degrees

inline constexpr int kRayLanes = kLanes < 2 ? 4 : 2 * kLanes;
using Floats = Lanes<float, kRayLanes>;
using Bits = std::uint32_t;  // one per vertex of a group of 32
static_assert(kNearPortals == 32);

// The sign bits of all lanes.
template <int W>
RACER_INLINE Bits sign_bits(Lanes<float, W> a) {
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
    for (int i = 0; i < W; ++i) {
        bits |= (__builtin_bit_cast(Bits, a[i]) >> 31) << i;
    }
    return bits;
}

// Where the rays start, relative to the table's origin. The position is the sum of two floats, so
// that its difference to a vertex is good to 0.02 mm.
struct RayOrigin {
    float x, y, rest_x, rest_y;
    float c, s;  // of the yaw

    RACER_INLINE RayOrigin(const Track& track, double world_x, double world_y, double cos_yaw,
                           double sin_yaw) {
        const double dx = world_x - track.origin.x;
        const double dy = world_y - track.origin.y;
        x = static_cast<float>(dx);
        y = static_cast<float>(dy);
        rest_x = static_cast<float>(dx - static_cast<double>(x));
        rest_y = static_cast<float>(dy - static_cast<double>(y));
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

// 32 vertices of one boundary in the car's frame; for each ray, which of them lie to its right.
struct VertexGroup {
    alignas(64) float x[kNearPortals];
    alignas(64) float y[kNearPortals];
    Bits right[kRays];

    RACER_INLINE VertexGroup(const RayOrigin& origin, const float* world_x, const float* world_y) {
        for (Bits& bits : right) bits = 0;
        for (int k = 0; k < kNearPortals; k += kRayLanes) {
            Floats vx = Floats::load(world_x + k);
            Floats vy = Floats::load(world_y + k);
            origin.turn(vx, vy);
            vx.store(x + k);
            vy.store(y + k);
            // Sign of the cross product of the ray's direction, scaled, and the vertex.
            const Floats tx = vx * Floats(kTan);
            const Floats ty = vy * Floats(kTan);
            right[0] |= sign_bits(vx) << k;
            right[1] |= sign_bits(ty + vx) << k;
            right[2] |= sign_bits(vy + vx) << k;
            right[3] |= sign_bits(vy + tx) << k;
            right[4] |= sign_bits(vy) << k;
            right[5] |= sign_bits(vy - tx) << k;
            right[6] |= sign_bits(vy - vx) << k;
            right[7] |= sign_bits(ty - vx) << k;
        }
        right[8] = ~right[0];
    }

    // > 0 if the car lies left of the line from vertex i to vertex k... of another group.
    [[nodiscard]] RACER_INLINE float cross(int i, const VertexGroup& other, int k) const {
        return x[i] * other.y[k] - y[i] * other.x[k];
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
        const Bits within = (Bits{1} << count) - 1;
        const VertexGroup sides[2] = {
            VertexGroup(origin, &table.left_x[first], &table.left_y[first]),
            VertexGroup(origin, &table.right_x[first], &table.right_y[first])};
        for (int i = 0; i < kRays; ++i) {
            for (const VertexGroup& side : sides) {
                const Bits right = side.right[i];
                // Ahead of the car as this ray looks: right or left of the ray across.
                const Bits ahead = i < 4 ? side.right[i + 4] : ~side.right[i - 4];
                Bits hits = (right ^ (right >> 1)) & (ahead | (ahead >> 1)) & within;
                for (; hits != 0; hits &= hits - 1) {
                    const int k = __builtin_ctz(hits);
                    const float t = distance_to_chord(kRayX[i], kRayY[i], side.x[k], side.y[k],
                                                      side.x[k + 1], side.y[k + 1]);
                    if (t >= 0.0F && t < out[i]) out[i] = t;
                }
            }
        }
    }
}

// `station` is the car's, x and y in world coordinates [m].
inline void cast_rays(const Track& track, double x, double y, double cos_yaw, double sin_yaw,
                      int station, float out[kRays]) noexcept {
    const RayTable& table = track.rays;
    const int cell = track.cell_of_station[static_cast<std::size_t>(station)];
    const RayTable::Window& window = table.windows[static_cast<std::size_t>(cell)];
    const RayOrigin origin(track, x, y, cos_yaw, sin_yaw);
    const auto first = static_cast<std::size_t>(window.near);
    const VertexGroup left(origin, &table.left_x[first], &table.left_y[first]);
    const VertexGroup right(origin, &table.right_x[first], &table.right_y[first]);

    const int own = table.lap_start + cell - window.near;  // the car's cell within the group
    const bool inside = left.cross(own, left, own + 1) < 0.0F &&
                        right.cross(own, right, own + 1) > 0.0F &&
                        left.cross(own, right, own) > 0.0F &&
                        right.cross(own + 1, left, own + 1) > 0.0F;
    if (!inside) {
        cast_rays_anywhere(table, window, origin, out);
        return;
    }

    constexpr Bits kChords = ~Bits{0} >> 1;  // 32 vertices, 31 chords
    const Bits from_here = ~Bits{0} << own;
    alignas(64) float ax[kRaysPadded], ay[kRaysPadded], bx[kRaysPadded], by[kRaysPadded];
    Bits unresolved = 0;
    for (int i = 0; i < kRays; ++i) {
        const Bits l = left.right[i];
        const Bits r = right.right[i];
        const Bits out_left = ~l & (l >> 1);
        const Bits out_right = r & ~(r >> 1);
        const Bits out_any = (out_left | out_right) & kChords;
        const Bits backward = (l & ~r) >> own & 1;  // passes the portal behind the car
        const Bits ahead = out_any & from_here;
        const Bits behind = out_any & ~from_here;
        const Bits chosen = backward != 0 ? behind : ahead;
        unresolved |= static_cast<Bits>(chosen == 0) << i;
        const int highest = 31 - __builtin_clz(behind | 1);
        const int lowest = __builtin_ctz(ahead | (kChords + 1));
        const int k = (backward != 0 ? highest : lowest) & 31;
        const bool is_left = (out_left >> k & 1) != 0;
        const VertexGroup& side = is_left ? left : right;
        ax[i] = side.x[k];
        ay[i] = side.y[k];
        bx[i] = side.x[(k + 1) & 31];
        by[i] = side.y[(k + 1) & 31];
    }
    for (int i = kRays; i < kRaysPadded; ++i) {
        ax[i] = ay[i] = bx[i] = 0.0F;
        by[i] = 1.0F;
    }
    alignas(64) float distance[kRaysPadded];
    for (int i = 0; i < kRaysPadded; i += kRayLanes) {
        const Floats t = distance_to_chord(Floats::load(kRayX + i), Floats::load(kRayY + i),
                                           Floats::load(ax + i), Floats::load(ay + i),
                                           Floats::load(bx + i), Floats::load(by + i));
        clamp(t, Floats(0.0F), Floats(kRayRange)).store(distance + i);
    }
    for (int i = 0; i < kRays; ++i) out[i] = distance[i];
    for (; unresolved != 0; unresolved &= unresolved - 1) {
        const int i = __builtin_ctz(unresolved);
        const bool backward = ((left.right[i] & ~right.right[i]) >> own & 1) != 0;
        out[i] = follow_ray(table, window, origin, i,
                            window.near + (backward ? 0 : kNearPortals - 1), backward ? -1 : 1);
    }
}

}  // namespace racer::RACER_ISA
