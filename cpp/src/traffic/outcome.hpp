// What a policy step came to for an ego vehicle.
#pragma once

#include "traffic/plane.hpp"
#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kNever = 1e9;                                 // s or m
inline constexpr double kPerceptionAhead = 5.0 * highway::kMaxSpeed;  // m

// The least time until the ego vehicle's bumper meets one that it closes in on, ahead of it within
// the cone.
inline double time_to_collision(const World& w, int ego, double cone) {
    const double widest = precise::tan(cone);
    const double x = w.x[ego];
    const double y = w.y[ego];
    const double cosine = w.cosine[ego];
    const double sine = w.sine[ego];
    double least = kNever;
    for (int i = 0; i < w.count; ++i) {
        if (i == ego) continue;
        const double dx = w.x[i] - x;
        const double dy = w.y[i] - y;
        const double ahead = dx * cosine + dy * sine;
        if (!(ahead > 0.0) || ahead > kPerceptionAhead) continue;
        const double aside = dy * cosine - dx * sine;
        if (abs(aside) > ahead * widest) continue;
        const double distance = sqrt(dx * dx + dy * dy);
        const double closing = ((velocity_x(w, ego) - velocity_x(w, i)) * dx +
                                (velocity_y(w, ego) - velocity_y(w, i)) * dy) /
                               distance;
        if (!(closing > 1e-6)) continue;
        const double gap = max(distance - highway::kVehicleLength, 0.0);
        least = min(least, gap / closing);
    }
    return least;
}

inline double nearest_distance(const World& w, int ego) {
    const double x = w.x[ego];
    const double y = w.y[ego];
    double least = kNever * kNever;
    for (int i = 0; i < w.count; ++i) {
        if (i == ego) continue;
        const double dx = w.x[i] - x;
        const double dy = w.y[i] - y;
        least = min(least, dx * dx + dy * dy);
    }
    return sqrt(least);
}

inline void describe(const World& w, int ego, highway::Outcome& out) {
    out.time = w.record->time;
    out.x = w.x[ego];
    out.y = w.y[ego];
    out.heading = w.heading[ego];
    out.speed = w.speed[ego];
    out.forward_speed = speed_along(w, ego);
    out.acceleration = w.acceleration[ego];
    out.steering = precise::atan(2.0 * precise::tan(w.slip[ego]));
    out.time_to_collision = time_to_collision(w, ego, w.config->safety_cone);
    out.nearest = nearest_distance(w, ego);
    out.lane = w.lane[ego];
    out.target_lane = w.target_lane[ego];
    out.steps = w.record->steps;
    out.crashed = w.crashed[ego];
    out.on_road = on_lane(w, ego, w.lane[ego], 0.0) ? 1 : 0;
    out.reserved = 0;
}

}  // namespace racer::RACER_ISA::traffic
