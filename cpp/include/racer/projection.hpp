// Where on the track is the car: a local search from the last known station, so that a circuit may
// cross over itself.
//
// Between two stations the tangent is interpolated linearly and the car is projected along the
// normal of that tangent, which makes s and n continuous over the stations at any offset.
#pragma once

#include "racer/lanes.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

template <class R>
struct Frenet {
    R s, n;                      // [m]
    R cos_heading, sin_heading;  // of the car against the tangent
    R tangent_x, tangent_y;
    R curvature;                // [1/m]
    R width_left, width_right;  // [m]
    R slope_left, slope_right;  // of the widths along s
    R wall_left, wall_right;    // [m]
};

// One number per lane, gathered and scattered lane by lane.
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
RACER_INLINE void set_lane(double& a, int, double value) { a = value; }
template <class T, int W>
RACER_INLINE void set_lane(Lanes<T, W>& a, int i, T value) {
    a.set(i, value);
}

// A vector of read(0), read(1), ... Built from registers: a vector load of numbers that were just
// stored one by one would stall until the stores are done.
template <class R, class Read>
RACER_INLINE R gather(Read read) {
    constexpr int kCount = LaneCount<R>::value;
    static_assert(kCount == 1 || kCount == 2 || kCount == 4 || kCount == 8);
    if constexpr (kCount == 1) {
        return read(0);
    } else if constexpr (kCount == 2) {
        return R(typename R::Vector{read(0), read(1)});
    } else if constexpr (kCount == 4) {
        return R(typename R::Vector{read(0), read(1), read(2), read(3)});
    } else {
        return R(typename R::Vector{read(0), read(1), read(2), read(3), read(4), read(5), read(6),
                                    read(7)});
    }
}

// `tracks` and `station` hold one entry per lane; `station` is updated. A car moves at most a few
// stations per tick; the search gives up after eight hops, which only a teleport could need.
template <class R>
RACER_INLINE Frenet<R> project(const Track* const* tracks, std::int32_t* station, R x, R y,
                               R cos_yaw, R sin_yaw) {
    constexpr int kCount = LaneCount<R>::value;
    constexpr int kMaxHops = 8;
    const Station* at[kCount];
    R t, px, py, tx0, ty0, dx, dy, dtx, dty;
    for (int hop = 0;; ++hop) {
        for (int i = 0; i < kCount; ++i) at[i] = tracks[i]->stations.data() + station[i];
        px = gather<R>([&](int i) { return at[i]->x; });
        py = gather<R>([&](int i) { return at[i]->y; });
        tx0 = gather<R>([&](int i) { return at[i]->tangent_x; });
        ty0 = gather<R>([&](int i) { return at[i]->tangent_y; });
        dx = gather<R>([&](int i) { return at[i][1].x; }) - px;
        dy = gather<R>([&](int i) { return at[i][1].y; }) - py;
        dtx = gather<R>([&](int i) { return at[i][1].tangent_x; }) - tx0;
        dty = gather<R>([&](int i) { return at[i][1].tangent_y; }) - ty0;
        // Root of f(t) = (q - t d) . (T0 + t dT): linear estimate, then one Newton step.
        const R qx = x - px;
        const R qy = y - py;
        const R f0 = qx * tx0 + qy * ty0;
        const R f1 = (qx * dtx + qy * dty) - (dx * tx0 + dy * ty0);
        const R f2 = -(dx * dtx + dy * dty);
        t = f0 / max(-f1, R(1e-3));
        const R slope = f1 + R(2.0) * f2 * t;
        t = t - (f0 + t * (f1 + t * f2)) / min(slope, R(-1e-3));
        t = clamp(t, R(-64.0), R(64.0));
        bool settled = true;
        for (int i = 0; i < kCount; ++i) {
            const double ti = lane(t, i);
            int step = static_cast<int>(ti);
            if (ti < static_cast<double>(step)) --step;  // floor
            if (step == 0) continue;
            settled = false;
            if (hop == kMaxHops) continue;
            const std::int32_t count = tracks[i]->station_count;
            std::int32_t next = station[i] + step;
            if (next >= count) next -= count;
            if (next < 0) next += count;
            station[i] = next;
        }
        if (settled || hop == kMaxHops) break;
    }
    t = clamp(t, R(0.0), R(1.0));
    const R tx = tx0 + t * dtx;
    const R ty = ty0 + t * dty;
    const R inverse = R(1.0) / sqrt(tx * tx + ty * ty);

    Frenet<R> f;
    f.tangent_x = tx * inverse;
    f.tangent_y = ty * inverse;
    const R qx = x - (px + t * dx);
    const R qy = y - (py + t * dy);
    f.n = f.tangent_x * qy - f.tangent_y * qx;
    f.cos_heading = cos_yaw * f.tangent_x + sin_yaw * f.tangent_y;
    f.sin_heading = sin_yaw * f.tangent_x - cos_yaw * f.tangent_y;

    const R index = gather<R>([&](int i) { return static_cast<double>(station[i]); });
    const R spacing = gather<R>([&](int i) { return tracks[i]->spacing; });
    f.s = (index + t) * spacing;
    const R per_metre = R(1.0) / spacing;
    const auto between = [&](auto field) {
        const R a = gather<R>([&](int i) { return field(at[i][0]); });
        const R b = gather<R>([&](int i) { return field(at[i][1]); });
        return a + t * (b - a);
    };
    f.curvature = between([](const Station& p) { return p.curvature; });
    f.wall_left = between([](const Station& p) { return p.wall_left; });
    f.wall_right = between([](const Station& p) { return p.wall_right; });
    const R left = gather<R>([&](int i) { return at[i][0].width_left; });
    const R right = gather<R>([&](int i) { return at[i][0].width_right; });
    const R rise_left = gather<R>([&](int i) { return at[i][1].width_left; }) - left;
    const R rise_right = gather<R>([&](int i) { return at[i][1].width_right; }) - right;
    f.width_left = left + t * rise_left;
    f.width_right = right + t * rise_right;
    f.slope_left = rise_left * per_metre;
    f.slope_right = rise_right * per_metre;
    return f;
}

}  // namespace racer::RACER_ISA
