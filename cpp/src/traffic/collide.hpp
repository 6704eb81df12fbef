// Collisions of rectangles, with HighwayEnv's separating axes, prediction and order of pairs.
#pragma once

#include "traffic/plane.hpp"
#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

struct Corner {
    double x, y;
};

struct Extent {
    double low, high;
};

inline Extent project(const Corner (&corners)[4], double nx, double ny) {
    Extent e{0.0, 0.0};
    for (int k = 0; k < 4; ++k) {
        const double p = corners[k].x * nx + corners[k].y * ny;
        e.low = k == 0 || p < e.low ? p : e.low;
        e.high = k == 0 || p > e.high ? p : e.high;
    }
    return e;
}

RACER_INLINE double gap_between(const Extent& a, const Extent& b) {
    return a.low < b.low ? b.low - a.high : a.low - b.high;
}

inline void corners_of(const World& w, int i, Corner (&corners)[4]) {
    constexpr double kHalfLength = highway::kVehicleLength / 2;
    constexpr double kHalfWidth = highway::kVehicleWidth / 2;
    constexpr double kAlong[4] = {-kHalfLength, -kHalfLength, kHalfLength, kHalfLength};
    constexpr double kAcross[4] = {-kHalfWidth, kHalfWidth, kHalfWidth, -kHalfWidth};
    for (int k = 0; k < 4; ++k) {
        corners[k].x = (w.cosine[i] * kAlong[k] - w.sine[i] * kAcross[k]) + w.x[i];
        corners[k].y = (w.sine[i] * kAlong[k] + w.cosine[i] * kAcross[k]) + w.y[i];
    }
}

// True if one of the rectangles' own axes keeps them apart beyond doubt, now and over the frame;
// the same bits either way round.
inline bool clearly_apart(const World& w, int i, int j, double dt) {
    constexpr double kDoubt = 1e-9;  // far above rounding
    const double dx = w.x[j] - w.x[i];
    const double dy = w.y[j] - w.y[i];
    const double vx = (velocity_x(w, i) - velocity_x(w, j)) * dt;
    const double vy = (velocity_y(w, i) - velocity_y(w, j)) * dt;
    // Cosine and sine of the angle between them.
    const double c = abs(w.cosine[i] * w.cosine[j] + w.sine[i] * w.sine[j]);
    const double s = abs(w.sine[i] * w.cosine[j] - w.cosine[i] * w.sine[j]);
    const double half_length = highway::kVehicleLength / 2;
    const double half_width = highway::kVehicleWidth / 2;
    const double along = half_length + (half_length * c + half_width * s) + kDoubt;
    const double across = half_width + (half_length * s + half_width * c) + kDoubt;
    for (const int k : {i, j}) {
        const double cosine = w.cosine[k];
        const double sine = w.sine[k];
        if (abs(dx * cosine + dy * sine) - abs(vx * cosine + vy * sine) > along) return true;
        if (abs(dy * cosine - dx * sine) - abs(vy * cosine - vx * sine) > across) return true;
    }
    return false;
}

// One pair, i before j in rank.
inline void collide_pair(const World& w, int i, int j, double dt) {
    const double dx = w.x[j] - w.x[i];
    const double dy = w.y[j] - w.y[i];
    if (sqrt(dx * dx + dy * dy) > highway::kVehicleDiagonal + w.speed[i] * dt) return;
    if (clearly_apart(w, i, j, dt)) return;

    Corner a[4];
    Corner b[4];
    corners_of(w, i, a);
    corners_of(w, j, b);
    const double move_x = velocity_x(w, i) * dt - velocity_x(w, j) * dt;
    const double move_y = velocity_y(w, i) * dt - velocity_y(w, j) * dt;
    double apart_x = 0.0;
    double apart_y = 0.0;
    for (int k = 0; k < 4; ++k) {
        apart_x += 0.25 * (a[k].x - b[k].x);
        apart_y += 0.25 * (a[k].y - b[k].y);
    }
    bool intersecting = true;
    bool will_intersect = true;
    double least = 1e300;
    double axis_x = 0.0;
    double axis_y = 0.0;
    for (int side = 0; side < 8; ++side) {
        const Corner(&polygon)[4] = side < 4 ? a : b;
        const Corner& from = polygon[side & 3];
        const Corner& to = polygon[(side + 1) & 3];
        double nx = -to.y + from.y;
        double ny = to.x - from.x;
        const double norm = sqrt(nx * nx + ny * ny);
        nx /= norm;
        ny /= norm;
        Extent extent_a = project(a, nx, ny);
        const Extent extent_b = project(b, nx, ny);
        if (gap_between(extent_a, extent_b) > 0.0) intersecting = false;
        const double along = nx * move_x + ny * move_y;
        if (along < 0.0) {
            extent_a.low += along;
        } else {
            extent_a.high += along;
        }
        const double distance = gap_between(extent_a, extent_b);
        if (distance > 0.0) will_intersect = false;
        if (!intersecting && !will_intersect) return;
        if (abs(distance) < least) {
            least = abs(distance);
            const double facing = apart_x * nx + apart_y * ny > 0.0 ? 1.0 : -1.0;
            axis_x = facing * nx;
            axis_y = facing * ny;
        }
    }
    if (will_intersect) {
        w.impact_x[i] = least * axis_x / 2;
        w.impact_y[i] = least * axis_y / 2;
        w.impact_x[j] = -(least * axis_x) / 2;
        w.impact_y[j] = -(least * axis_y) / 2;
        w.impact_pending[i] = w.impact_pending[j] = 1;
    }
    if (intersecting) w.crashed[i] = w.crashed[j] = 1;
}

// Sorts pairs of ranks by their first, then their second, and handles them in this order: a later
// pair's impact replaces an earlier one's.
inline void collide_in_order(const World& w, std::int32_t* pairs, int count, double dt) {
    for (int k = 1; k < count; ++k) {
        const std::int32_t first = pairs[2 * k];
        const std::int32_t second = pairs[2 * k + 1];
        int to = k;
        while (to > 0 && (pairs[2 * to - 2] > first ||
                          (pairs[2 * to - 2] == first && pairs[2 * to - 1] > second))) {
            pairs[2 * to] = pairs[2 * to - 2];
            pairs[2 * to + 1] = pairs[2 * to - 1];
            --to;
        }
        pairs[2 * to] = first;
        pairs[2 * to + 1] = second;
    }
    for (int k = 0; k < count; ++k) {
        collide_pair(w, vehicle_of_rank(w, pairs[2 * k]), vehicle_of_rank(w, pairs[2 * k + 1]), dt);
    }
}

// Every pair in order whose first is among the first `firsts` in rank.
inline void collide_ranks(const World& w, int firsts, double dt) {
    for (int a = 0; a < firsts; ++a) {
        const int i = vehicle_of_rank(w, a);
        for (int b = a + 1; b < w.count; ++b) collide_pair(w, i, vehicle_of_rank(w, b), dt);
    }
}

RACER_STAGE void collide(const World& w, Scratch& scratch, double dt, double fastest) {
    if (!w.config->traffic_collisions) {
        collide_ranks(w, w.controlled.count, dt);
        return;
    }
    const double reach = highway::kVehicleDiagonal + fastest * dt;
    int count = 0;
    for (int k = 0; k < w.count; ++k) {
        const std::int32_t i = w.order[k];
        for (int m = k + 1; m < w.count; ++m) {
            const std::int32_t j = w.order[m];
            if (gap_along(w, i, j) > reach) break;
            const double dy = w.y[j] - w.y[i];
            if (dy > reach || dy < -reach) continue;
            if (clearly_apart(w, i, j, dt)) continue;
            if (count == scratch.pair_capacity) {  // a pile: none left out
                collide_ranks(w, w.count, dt);
                return;
            }
            const int rank_i = rank_of(w, i);
            const int rank_j = rank_of(w, j);
            const bool ordered = rank_i < rank_j;
            scratch.pairs[2 * count] = ordered ? rank_i : rank_j;
            scratch.pairs[2 * count + 1] = ordered ? rank_j : rank_i;
            ++count;
        }
    }
    collide_in_order(w, scratch.pairs, count, dt);
}

}  // namespace racer::RACER_ISA::traffic
