// How traffic drives: the Intelligent Driver Model along the lane (Treiber, Hennecke and Helbing,
// "Congested traffic states in empirical observations and microscopic simulations", 2000), MOBIL
// across lanes (Kesting, Treiber and Helbing, "General lane-changing model MOBIL", 2007), and a
// cascade of proportional controllers at the wheel, all with HighwayEnv's constants.
#pragma once

#include "traffic/neighbours.hpp"
#include "traffic/plane.hpp"
#include "traffic/recover.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kMaxAcceleration = 6.0;                        // m/s2
inline constexpr double kCautiousBraking = 3.0;                        // m/s2, beyond it
inline constexpr double kComfortAcceleration = 3.0;                    // m/s2
inline constexpr double kTwoSqrtComfort = 2.0 * 3.872983346207417;     // 2 sqrt(3 x 5), m/s2
inline constexpr double kJamDistance = 5.0 + highway::kVehicleLength;  // m, centre to centre
inline constexpr double kTimeGap = 1.5;                                // s
inline constexpr double kLaneChangeGain = 0.2;                         // m/s2
inline constexpr double kMaxBrakingImposed = 2.0;                      // m/s2
inline constexpr double kLaneChangeDelay = 1.0;                        // s
inline constexpr double kSpeedGain = 1 / 0.6;                          // 1/s
inline constexpr double kHeadingGain = 1 / 0.2;                        // 1/s
inline constexpr double kLateralGain = 1 / 0.6;                        // 1/s
inline constexpr double kMaxSlip = 0.71372437894476559;                // rad, atan(tan(pi/3) / 2)
inline constexpr double kFarAway = 1e100;                              // m, where nobody is

// Acceleration on a free road.
template <class R>
RACER_INLINE R free_road(R speed, R target_speed, R exponent) {
    const R target = clamp(target_speed, R(0.0), R(highway::kSpeedLimit));
    const R ratio = max(speed, R(0.0)) / abs(not_zero(target));
    return R(kComfortAcceleration) * (R(1.0) - precise::pow(ratio, exponent));
}

// The distance that a driver wants to a vehicle whose velocity along its heading is lower by `dv`.
template <class R>
RACER_INLINE R desired_gap(R speed, R dv) {
    return (R(kJamDistance) + speed * R(kTimeGap)) + (speed * dv) / R(kTwoSqrtComfort);
}

// Braking for a vehicle at `distance` ahead.
template <class R>
RACER_INLINE R interaction(R speed, R dv, R distance) {
    const R ratio = desired_gap(speed, dv) / not_zero(distance);
    return R(kComfortAcceleration) * (ratio * ratio);
}

// What braking for `front` costs `who`; 0 if there is nobody.
RACER_INLINE double interaction_with(const World& w, int who, int front) {
    if (front == kNobody) return 0.0;
    return interaction(w.speed[who], closing_speed(w, who, front), gap_along(w, who, front));
}

// The option `traffic_caution`: braking beyond the usual limit as far as a closing gap asks for.
template <class R>
RACER_INLINE R cautious_braking(R dv, R distance) {
    const R closing = max(dv, R(0.0));
    const R gap = max(abs(distance) - R(highway::kVehicleLength), R(0.5));
    return R(kMaxAcceleration) + min(closing * closing / (R(2.0) * gap), R(kCautiousBraking));
}

// The option `traffic_caution`: no lane change into a vehicle or beside one that changes, too.
inline bool room_to_change(const World& w, const Scratch& scratch, int who, int lane,
                           const Neighbours& there) {
    const double gap = highway::kVehicleLength + 1.0 + 0.5 * abs(w.speed[who]);
    if (there.front != kNobody && gap_along(w, who, there.front) < gap) return false;
    if (there.rear != kNobody && gap_along(w, there.rear, who) < gap) return false;
    for (const int way : {-1, 1}) {
        for (int k = scratch.place[who] + way; k >= 0 && k < w.count; k += way) {
            const int other = w.order[k];
            if (abs(gap_along(w, who, other)) >= gap) break;
            if (w.target_lane[other] == lane) return false;
        }
    }
    return true;
}

// MOBIL without politeness: worth it for me, and no hard braking for the one behind.
inline bool wants_lane(const World& w, const Scratch& scratch, int who, int lane) {
    const Neighbours there = neighbours(w, scratch, lane, who);
    const double exponent = w.exponent[who];
    if (there.rear != kNobody) {
        const int rear = there.rear;
        const double wanted = speed_wanted_behind(w, rear, who);
        const double imposed =
            free_road(w.speed[rear], wanted, exponent) - interaction_with(w, rear, who);
        if (imposed < -kMaxBrakingImposed) return false;
    }
    const double open = free_road(w.speed[who], w.target_speed[who], exponent);
    const double ahead = open - interaction_with(w, who, there.front);
    const double now = open - interaction_with(w, who, scratch.front[who]);
    if (ahead - now < kLaneChangeGain) return false;
    const bool looks_twice = w.config->traffic_caution || recovers(w, who);
    return !looks_twice || room_to_change(w, scratch, who, lane, there);
}

// Gives up a lane change if somebody just ahead changes into the same lane.
inline void reconsider(const World& w, const Scratch& scratch, int who, double fastest) {
    const double speed = w.speed[who];
    const double reach = kJamDistance + kTimeGap * abs(speed) +
                         abs(speed) * (abs(speed) + fastest) / kTwoSqrtComfort;
    const bool ego_plans = w.config->action != highway::ActionKind::kContinuous;
    for (int k = scratch.place[who] + 1; k < w.count; ++k) {
        const int other = w.order[k];
        const double distance = gap_along(w, who, other);
        if (distance > reach + 1.0) return;
        if (w.lane[other] == w.target_lane[who] || w.target_lane[other] != w.target_lane[who]) {
            continue;
        }
        if (!ego_plans && is_controlled(w, other)) continue;
        if (0.0 < distance && distance < desired_gap(speed, closing_speed(w, who, other))) {
            w.target_lane[who] = w.lane[who];
            return;
        }
    }
}

// Whether a vehicle stays on its lane, gives up a change of lane or begins one.
inline void decide(const World& w, const Scratch& scratch, int i, double fastest) {
    if (w.crashed[i] != 0) return;
    if (w.lane[i] != w.target_lane[i]) {
        reconsider(w, scratch, i, fastest);
        if (recovers(w, i)) give_up_if_blocked(w, scratch, i);
        return;
    }
    if (!(w.timer[i] > kLaneChangeDelay)) return;
    w.timer[i] = 0.0;
    const int lane = w.lane[i];
    for (const int candidate : {lane - 1, lane + 1}) {
        if (!has_lane(w, candidate) || !reachable(w, i, candidate)) continue;
        if (abs(w.speed[i]) < kMovingSpeed && !recovers(w, i)) continue;
        if (wants_lane(w, scratch, i, candidate)) w.target_lane[i] = candidate;
    }
}

// Who goes where: one after the other, each seeing what those before it decided.
RACER_STAGE void decide_all(const World& w, const Scratch& scratch, double fastest) {
    for (const Indices& part : traffic_of(w).parts) {
        for (int i = part.begin; i < part.end; ++i) decide(w, scratch, i, fastest);
    }
}

// The slip angle that steers to the middle of a lane `d` metres to the left.
template <class R>
RACER_INLINE R steer(R d, R speed, R heading) {
    const R divisor = not_zero(speed);
    const R sideways = (R(-kLateralGain) * d) / divisor;
    const R wanted =
        clamp(precise::asin(clamp(sideways, R(-1.0), R(1.0))), R(-kQuarterPi), R(kQuarterPi));
    const R rate = R(kHeadingGain) * precise::wrap_exact(wanted - heading);
    const R sine = clamp((R(highway::kVehicleLength / 2) / divisor) * rate, R(-1.0), R(1.0));
    // The wheel angle is atan(2 tan(slip)), at most 60 degrees.
    return clamp(precise::asin(sine), R(-kMaxSlip), R(kMaxSlip));
}

// A crashed vehicle brakes and goes straight.
RACER_INLINE void brake(const World& w, int i) {
    w.acceleration[i] = -w.speed[i];
    w.slip[i] = 0.0;
}

// Everybody's commands for this frame; those of an ego vehicle that is driven directly stay.
RACER_STAGE void command(const World& w, Scratch& scratch) {
    for (int k = 0; k < w.controlled.count; ++k) {
        scratch.own_acceleration[k] = w.acceleration[w.controlled.first + k];
        scratch.own_slip[k] = w.slip[w.controlled.first + k];
    }
    for (int i = 0; i < w.count; ++i) {
        const int front = scratch.front[i];
        const bool there = front != kNobody;
        scratch.front_s[i] = there ? s_of(w, front) : kFarAway;
        scratch.front_vx[i] = there ? velocity_x(w, front) : 0.0;
        scratch.front_vy[i] = there ? velocity_y(w, front) : 0.0;
        scratch.d[i] = d_of(w, i, w.target_lane[i]);
    }
    for (int i = 0; i < w.stride; i += kLanes) {
        const Real speed = load<Real>(w.speed + i);
        const Real cosine = load<Real>(w.cosine + i);
        const Real sine = load<Real>(w.sine + i);
        const Real dv = (speed * cosine - load<Real>(scratch.front_vx + i)) * cosine +
                        (speed * sine - load<Real>(scratch.front_vy + i)) * sine;
        const Real open =
            free_road(speed, load<Real>(w.target_speed + i), load<Real>(w.exponent + i));
        const Real distance = load<Real>(scratch.front_s + i) - load_s(w, i);
        const Real wanted = open - interaction(speed, dv, distance);
        store(scratch.free_term + i, open);
        Real braking(kMaxAcceleration);
        if (w.config->traffic_caution) braking = cautious_braking(dv, distance);
        store(w.acceleration + i, clamp(wanted, -braking, Real(kMaxAcceleration)));
        store(w.slip + i, steer(load<Real>(scratch.d + i), speed, load_heading(w, i)));
    }
    for (const Indices& part : traffic_of(w).parts) {
        for (int i = part.begin; i < part.end; ++i) {
            if (w.crashed[i] != 0) {
                brake(w, i);
            } else if (w.lane[i] != w.target_lane[i]) {
                const int front = neighbours(w, scratch, w.target_lane[i], i).front;
                const double there = scratch.free_term[i] - interaction_with(w, i, front);
                w.acceleration[i] =
                    change_acceleration(w, scratch, i, w.acceleration[i],
                                        clamp(there, -kMaxAcceleration, kMaxAcceleration));
            }
        }
    }
    if (egos_are_traffic(w)) return;
    for (int k = 0; k < w.controlled.count; ++k) {
        const int ego = w.controlled.first + k;
        if (w.crashed[ego] != 0) {
            brake(w, ego);
        } else if (w.config->action == highway::ActionKind::kMeta) {
            w.acceleration[ego] = kSpeedGain * (w.target_speed[ego] - w.speed[ego]);
        } else {
            w.acceleration[ego] = scratch.own_acceleration[k];
            w.slip[ego] = scratch.own_slip[k];
        }
    }
}

}  // namespace racer::RACER_ISA::traffic
