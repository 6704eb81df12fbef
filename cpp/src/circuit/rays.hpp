// Nine distances from the car to the edges of the road.
//
// Ray i points -90 + 22.5 i degrees from the car's nose (0 = right, 4 = ahead, 8 = left). It ends
// at the first boundary chord, of either side, among the portals within kRayReach of arc length
// before and behind the car's cell; so a circuit may cross over itself. On the road and off it
// alike; where a circuit meets itself within that length, a ray on the road follows the road that
// the car is on.
//
// On the road no distances need comparing. The road is a chain of convex cells with portals between
// them, and a straight ray that leaves a cell through a portal never comes back. So for each ray
// take one bit per vertex, "lies right of the ray"; two shifts give the chords that the ray crosses
// from inside to outside; the first of these from the car's cell on, forwards or backwards, is the
// answer.
#pragma once

#include <cstdint>

#include "circuit/ray_vertices.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

// Distance along the ray to the line through a and b.
template <class R>
RACER_INLINE R distance_to_chord(R ray_x, R ray_y, R ax, R ay, R bx, R by) {
    const R ex = bx - ax;
    const R ey = by - ay;
    return (ax * ey - ay * ex) / (ray_x * ey - ray_y * ex);
}

// One ray beyond the vertices near the car: portal by portal, from `at`, which it passes, on.
template <class T>
inline T follow_ray(const RayTable& table, const RayTable::Window& window,
                    const RayOrigin<T>& origin, int ray, int at, int step) noexcept {
    const T ray_x = kRayX<T>[ray];
    const T ray_y = kRayY<T>[ray];
    T lx = table.left_x[static_cast<std::size_t>(at)];
    T ly = table.left_y[static_cast<std::size_t>(at)];
    T rx = table.right_x[static_cast<std::size_t>(at)];
    T ry = table.right_y[static_cast<std::size_t>(at)];
    origin.turn(lx, ly);
    origin.turn(rx, ry);
    const auto direction = static_cast<T>(step);
    for (int i = at + step; i >= window.first && i < window.first + window.count; i += step) {
        T next_lx = table.left_x[static_cast<std::size_t>(i)];
        T next_ly = table.left_y[static_cast<std::size_t>(i)];
        T next_rx = table.right_x[static_cast<std::size_t>(i)];
        T next_ry = table.right_y[static_cast<std::size_t>(i)];
        origin.turn(next_lx, next_ly);
        origin.turn(next_rx, next_ry);
        // Backwards the left boundary lies on the ray's right-hand side.
        if (direction * (ray_x * next_ly - ray_y * next_lx) < T(0)) {
            const T t = distance_to_chord(ray_x, ray_y, lx, ly, next_lx, next_ly);
            return clamp(t, T(0), T(kRayRange));
        }
        if (direction * (ray_x * next_ry - ray_y * next_rx) > T(0)) {
            const T t = distance_to_chord(ray_x, ray_y, rx, ry, next_rx, next_ry);
            return clamp(t, T(0), T(kRayRange));
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
template <class T>
inline void cast_rays_anywhere(const RayTable& table, const RayTable::Window& window,
                               const RayOrigin<T>& origin, T out[kRays]) noexcept {
    for (int i = 0; i < kRays; ++i) out[i] = kRayRange;
    const int chords = window.count - 1;
    for (int done = 0; done < chords; done += kNearPortals - 1) {
        const auto first = static_cast<std::size_t>(window.first + done);
        const int count = chords - done < kNearPortals - 1 ? chords - done : kNearPortals - 1;
        const std::uint64_t within = (std::uint64_t{1} << count) - 1;
        alignas(64) T vx[2 * kNearPortals], vy[2 * kNearPortals];
        Bits left_bits[kRays], right_bits[kRays];
        const VertexGroup<T> left(origin, &table.left_x[first], &table.left_y[first]);
        const VertexGroup<T> right(origin, &table.right_x[first], &table.right_y[first]);
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
                const T t =
                    distance_to_chord(kRayX<T>[i], kRayY<T>[i], vx[k], vy[k], vx[k + 1], vy[k + 1]);
                out[i] = select(t >= T(0), min(t, out[i]), out[i]);
            }
        }
    }
}

// Whether the car is inside the quadrilateral of its cell; `at` is the cell's index into the table.
template <class T>
RACER_INLINE bool is_inside(const RayTable& table, const RayOrigin<T>& origin, std::size_t at) {
    const T x[4] = {table.left_x[at], table.right_x[at], table.right_x[at + 1],
                    table.left_x[at + 1]};
    const T y[4] = {table.left_y[at], table.right_y[at], table.right_y[at + 1],
                    table.left_y[at + 1]};
    T dx[4], dy[4];
    for (int i = 0; i < 4; ++i) {
        dx[i] = (x[i] - origin.x) - origin.rest_x;
        dy[i] = (y[i] - origin.y) - origin.rest_y;
    }
    bool inside = true;
    for (int i = 0; i < 4; ++i) {
        const int next = (i + 1) & 3;
        inside &= dx[i] * dy[next] - dy[i] * dx[next] > T(0);
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
template <class T>
RACER_INLINE void measure_chords(const VertexGroup<T>& left, const VertexGroup<T>& right,
                                 const std::int32_t* chord, T scale, T* out) {
#if defined(__AVX512F__) && RACER_LANES == 8
    if constexpr (sizeof(T) == sizeof(float) &&
                  kRayLanes == 16) {  // 64 coordinates fit into four registers: look them up there
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
            distance_to_chord(Floats::load(kRayX<float>), Floats::load(kRayY<float>),
                              look_up(from, left.x, right.x), look_up(from, left.y, right.y),
                              look_up(to, left.x, right.x), look_up(to, left.y, right.y));
        const Floats distances = clamp(t, Floats(0.0F), Floats(kRayRange)) * Floats(scale);
        static_assert(kRays == 9);  // a register of eight and one more: a masked store is slower
        __builtin_memcpy(out, &distances.v, 8 * sizeof(float));
        out[8] = distances[8];
        return;
    }
#endif
    alignas(64) T vx[2 * kNearPortals], vy[2 * kNearPortals];
    left.store(vx, vy);
    right.store(vx + kNearPortals, vy + kNearPortals);
    for (int i = 0; i < kRays; ++i) {
        const std::int32_t k = chord[i];
        const T t = distance_to_chord(kRayX<T>[i], kRayY<T>[i], vx[k], vy[k], vx[k + 1], vy[k + 1]);
        out[i] = clamp(t, T(0), T(kRayRange)) * scale;
    }
}

// The rays of one car between the two halves of the work: which side of each ray the boundaries'
// vertices lie on, then which chord each ray hits and where. A processor that is given the first
// half of the next car before the second half of this one need not wait in between.
template <class T>
struct RayFan {
    const RayTable* table = nullptr;
    const RayTable::Window* window = nullptr;
    RayOrigin<T> origin;
    int own = 0;  // the car's cell within the group
    VertexGroup<T> left, right;
    alignas(64) Bits left_bits[kRaysPadded];
    alignas(64) Bits right_bits[kRaysPadded];
};

// `station` is the car's, x and y in world coordinates [m].
template <class T>
RACER_INLINE void spread_rays(const Track& track, double x, double y, double cos_yaw,
                              double sin_yaw, int station, RayFan<T>& fan) {
    const RayTable& table = track.rays;
    const int cell = track.cell_of_station[static_cast<std::size_t>(station)];
    fan.table = &table;
    fan.window = &table.windows[static_cast<std::size_t>(cell)];
    fan.origin = RayOrigin<T>(track, x, y, cos_yaw, sin_yaw);
    fan.own = table.lap_start + cell - fan.window->near;
    const auto first = static_cast<std::size_t>(fan.window->near);
    const VertexGroup<T> left(fan.origin, &table.left_x[first], &table.left_y[first]);
    const VertexGroup<T> right(fan.origin, &table.right_x[first], &table.right_y[first]);
    for (int i = kRays; i < kRaysPadded; ++i) fan.left_bits[i] = fan.right_bits[i] = 0;
    left.right_of_rays(fan.left_bits);
    right.right_of_rays(fan.right_bits);
    fan.left = left;
    fan.right = right;
}

// Writes the distances [m] times `scale`.
template <class T>
RACER_INLINE void measure_rays(const RayFan<T>& fan, T out[kRays], T scale) {
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

template <class T>
inline void cast_rays(const Track& track, double x, double y, double cos_yaw, double sin_yaw,
                      int station, T (&out)[kRays]) noexcept {
    RayFan<T> fan;
    spread_rays(track, x, y, cos_yaw, sin_yaw, station, fan);
    measure_rays(fan, out, T(1));
}

}  // namespace racer::RACER_ISA
