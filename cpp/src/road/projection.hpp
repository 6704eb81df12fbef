// Where on the track is the car: a local search from the last known station, so that a circuit may
// cross over itself.
//
// Between two stations the tangent is interpolated linearly and the car is projected along the
// normal of that tangent, which makes s and n continuous over the stations at any offset.
#pragma once

#include <cstddef>

#include "core/lane_memory.hpp"
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

// `tracks` and `station` hold one entry per lane; `station` is updated. A car moves at most a few
// stations per tick; the search gives up after eight hops, which only a teleport could need.
template <class R>
RACER_INLINE Frenet<R> project(const Track* const* tracks, std::int32_t* station, R x, R y,
                               R cos_yaw, R sin_yaw) {
    constexpr int kCount = LaneCount<R>::value;
    constexpr int kMaxHops = 8;
    // Fields of the stations behind the cars (ahead = 0) or of those after them (1), read in fours.
    const auto at = [&](int i, int ahead) {
        return tracks[i]->stations.data() + station[i] + ahead;
    };
    const auto read_place = [&](R(&place)[4], int ahead) {
        static_assert(offsetof(Station, x) == 0 && offsetof(Station, y) == 8 &&
                      offsetof(Station, tangent_x) == 16 && offsetof(Station, tangent_y) == 24);
        read_four([&](int i) { return &at(i, ahead)->x; }, place);
    };
    const auto read_road = [&](R(&road)[4], int ahead) {
        static_assert(offsetof(Station, curvature) == 32 && offsetof(Station, width_left) == 40 &&
                      offsetof(Station, width_right) == 48 && offsetof(Station, wall_left) == 56);
        read_four([&](int i) { return &at(i, ahead)->curvature; }, road);
    };
    R t, px, py, tx0, ty0, dx, dy, dtx, dty;
    for (int hop = 0;; ++hop) {
        R behind[4], ahead[4];
        read_place(behind, 0);
        read_place(ahead, 1);
        px = behind[0];
        py = behind[1];
        tx0 = behind[2];
        ty0 = behind[3];
        dx = ahead[0] - px;
        dy = ahead[1] - py;
        dtx = ahead[2] - tx0;
        dty = ahead[3] - ty0;
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
        if (!any(t < R(0.0)) && !any(t >= R(1.0))) break;
        if (hop == kMaxHops) break;
        for (int i = 0; i < kCount; ++i) {
            const double ti = lane(t, i);
            int step = static_cast<int>(ti);
            if (ti < static_cast<double>(step)) --step;  // floor
            const std::int32_t count = tracks[i]->station_count;
            std::int32_t next = station[i] + step;
            if (next >= count) next -= count;
            if (next < 0) next += count;
            station[i] = next;
        }
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
    R behind[4], ahead[4];
    read_road(behind, 0);
    read_road(ahead, 1);
    const auto between = [&](R a, R b) { return a + t * (b - a); };
    f.curvature = between(behind[0], ahead[0]);
    f.width_left = between(behind[1], ahead[1]);
    f.width_right = between(behind[2], ahead[2]);
    f.wall_left = between(behind[3], ahead[3]);
    f.wall_right = between(gather<R>([&](int i) { return at(i, 0)->wall_right; }),
                           gather<R>([&](int i) { return at(i, 1)->wall_right; }));
    f.slope_left = (ahead[1] - behind[1]) * per_metre;
    f.slope_right = (ahead[2] - behind[2]) * per_metre;
    return f;
}

}  // namespace racer::RACER_ISA
