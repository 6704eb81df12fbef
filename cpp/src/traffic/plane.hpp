// Vehicles as bodies in the plane: where they head, how they move, what is in their way.
#pragma once

#include "traffic/world.hpp"

namespace racer::RACER_ISA::traffic {

RACER_INLINE double velocity_x(const World& w, int i) { return w.speed[i] * w.cosine[i]; }
RACER_INLINE double velocity_y(const World& w, int i) { return w.speed[i] * w.sine[i]; }

// How much slower `front` is along the heading of `who`.
RACER_INLINE double closing_speed(const World& w, int who, int front) {
    return (velocity_x(w, who) - velocity_x(w, front)) * w.cosine[who] +
           (velocity_y(w, who) - velocity_y(w, front)) * w.sine[who];
}

// The directions follow from the headings.
inline void compute_directions(const World& w) {
    for (int i = 0; i < w.stride; i += kLanes) {
        const auto direction = precise::sincos(load<Real>(w.heading + i));
        store(w.cosine + i, direction.cosine);
        store(w.sine + i, direction.sine);
    }
}

// The kinematic bicycle, one frame.
RACER_STAGE void move(const World& w, double dt) {
    for (int i = 0; i < w.stride; i += kLanes) {
        const Real speed = load<Real>(w.speed + i);
        const Real low = load<Real>(w.limit_low + i);
        const Real high = load<Real>(w.limit_high + i);
        Real a = load<Real>(w.acceleration + i);
        a = select(speed > high, min(a, high - speed), a);
        a = select(speed < low, max(a, low - speed), a);
        store(w.acceleration + i, a);

        const Real heading = load<Real>(w.heading + i);
        const Real slip = load<Real>(w.slip + i);
        const auto motion = precise::sincos(heading + slip);
        const Real x = load<Real>(w.x + i) + (speed * motion.cosine) * Real(dt);
        const Real y = load<Real>(w.y + i) + (speed * motion.sine) * Real(dt);
        store(w.x + i, x + load<Real>(w.impact_x + i));
        store(w.y + i, y + load<Real>(w.impact_y + i));
        store(w.impact_x + i, Real(0.0));
        store(w.impact_y + i, Real(0.0));
        const Real turn = speed * precise::sincos(slip).sine / Real(highway::kVehicleLength / 2);
        const Real turned = heading + turn * Real(dt);
        store(w.heading + i, turned);
        store(w.speed + i, speed + a * Real(dt));
        store(w.timer + i, load<Real>(w.timer + i) + Real(dt));
        const auto direction = precise::sincos(turned);
        store(w.cosine + i, direction.cosine);
        store(w.sine + i, direction.sine);
    }
    for (int i = 0; i < w.count; ++i) {
        w.crashed[i] |= w.impact_pending[i];
        w.impact_pending[i] = 0;
    }
}

// Whether `who`, going on as it is headed, has `clearance` left before it meets `other`.
inline bool way_is_clear(const World& w, int who, int other, double clearance) {
    constexpr double kHalfLength = highway::kVehicleLength / 2;
    constexpr double kHalfWidth = highway::kVehicleWidth / 2;
    const double dx = w.x[other] - w.x[who];
    const double dy = w.y[other] - w.y[who];
    const double along = dx * w.cosine[who] + dy * w.sine[who];
    const double across = abs(dy * w.cosine[who] - dx * w.sine[who]);
    const double c = abs(w.cosine[who] * w.cosine[other] + w.sine[who] * w.sine[other]);
    const double s = abs(w.sine[who] * w.cosine[other] - w.cosine[who] * w.sine[other]);
    const double reach_along = kHalfLength + kHalfLength * c + kHalfWidth * s;
    const double reach_across = kHalfWidth + kHalfLength * s + kHalfWidth * c;
    return along < 0.0 || across > reach_across || along > reach_along + clearance;
}

}  // namespace racer::RACER_ISA::traffic
