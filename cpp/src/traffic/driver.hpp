// How traffic drives: the Intelligent Driver Model along the lane (Treiber, Hennecke and Helbing,
// "Congested traffic states in empirical observations and microscopic simulations", 2000), MOBIL
// across lanes (Kesting, Treiber and Helbing, "General lane-changing model MOBIL", 2007), and a
// cascade of proportional controllers at the wheel, all with HighwayEnv's constants.
#pragma once

#include "traffic/recover.hpp"
#include "traffic/world.hpp"

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

RACER_INLINE double closing_speed(const World& w, int who, int front) {
    return (velocity_x(w, who) - velocity_x(w, front)) * w.cosine[who] +
           (velocity_y(w, who) - velocity_y(w, front)) * w.sine[who];
}

// What braking for `front` costs `who`; 0 if there is nobody.
RACER_INLINE double interaction_with(const World& w, int who, int front) {
    if (front == kNobody) return 0.0;
    return interaction(w.speed[who], closing_speed(w, who, front), w.x[front] - w.x[who]);
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
    if (there.front != kNobody && w.x[there.front] - w.x[who] < gap) return false;
    if (there.rear != kNobody && w.x[who] - w.x[there.rear] < gap) return false;
    for (const int way : {-1, 1}) {
        for (int k = scratch.rank[who] + way; k >= 0 && k < w.count; k += way) {
            const int other = w.order[k];
            if (abs(w.x[other] - w.x[who]) >= gap) break;
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
    for (int k = scratch.rank[who] + 1; k < w.count; ++k) {
        const int other = w.order[k];
        const double distance = w.x[other] - w.x[who];
        if (distance > reach + 1.0) return;
        if (w.lane[other] == w.target_lane[who] || w.target_lane[other] != w.target_lane[who]) {
            continue;
        }
        if (other == 0 && !ego_plans) continue;
        if (0.0 < distance && distance < desired_gap(speed, closing_speed(w, who, other))) {
            w.target_lane[who] = w.lane[who];
            return;
        }
    }
}

// The first vehicle that follows the rules of the traffic; the ego vehicle may be one of them.
RACER_INLINE int first_of_traffic(const World& w) {
    return w.config->action == highway::ActionKind::kTraffic ? 0 : 1;
}

// Who goes where: one after the other, each seeing what those before it decided.
inline void decide(const World& w, const Scratch& scratch, double fastest) {
    for (int i = first_of_traffic(w); i < w.count; ++i) {
        if (w.crashed[i] != 0) continue;
        if (w.lane[i] != w.target_lane[i]) {
            reconsider(w, scratch, i, fastest);
            if (recovers(w, i)) give_up_if_blocked(w, scratch, i);
            continue;
        }
        if (!(w.timer[i] > kLaneChangeDelay)) continue;
        w.timer[i] = 0.0;
        const int lane = w.lane[i];
        for (const int candidate : {lane - 1, lane + 1}) {
            if (candidate < 0 || candidate >= w.config->lanes_count) continue;
            const double lateral = w.y[i] - highway::lane_centre(candidate);
            if (!highway::reachable(w.x[i], lateral)) continue;
            if (abs(w.speed[i]) < kMovingSpeed && !recovers(w, i)) continue;
            if (wants_lane(w, scratch, i, candidate)) w.target_lane[i] = candidate;
        }
    }
}

// The slip angle that steers to the middle of a lane `lateral` metres to the left.
template <class R>
RACER_INLINE R steer(R lateral, R speed, R heading) {
    const R divisor = not_zero(speed);
    const R sideways = (R(-kLateralGain) * lateral) / divisor;
    const R wanted =
        clamp(precise::asin(clamp(sideways, R(-1.0), R(1.0))), R(-kQuarterPi), R(kQuarterPi));
    const R rate = R(kHeadingGain) * precise::wrap_exact(wanted - heading);
    const R sine = clamp((R(highway::kVehicleLength / 2) / divisor) * rate, R(-1.0), R(1.0));
    // The wheel angle is atan(2 tan(slip)), at most 60 degrees.
    return clamp(precise::asin(sine), R(-kMaxSlip), R(kMaxSlip));
}

// Everybody's commands for this frame. A crashed vehicle brakes and goes straight.
inline void command(const World& w, Scratch& scratch) {
    const double ego_acceleration = w.acceleration[0];
    const double ego_slip = w.slip[0];
    for (int i = 0; i < w.count; ++i) {
        const int front = scratch.front[i];
        const bool there = front != kNobody;
        scratch.front_x[i] = there ? w.x[front] : kFarAway;
        scratch.front_vx[i] = there ? velocity_x(w, front) : 0.0;
        scratch.front_vy[i] = there ? velocity_y(w, front) : 0.0;
        scratch.closest[i] = w.y[i] - highway::lane_centre(w.target_lane[i]);
    }
    for (int i = 0; i < w.stride; i += kLanes) {
        const Real speed = load<Real>(w.speed + i);
        const Real cosine = load<Real>(w.cosine + i);
        const Real sine = load<Real>(w.sine + i);
        const Real dv = (speed * cosine - load<Real>(scratch.front_vx + i)) * cosine +
                        (speed * sine - load<Real>(scratch.front_vy + i)) * sine;
        const Real open =
            free_road(speed, load<Real>(w.target_speed + i), load<Real>(w.exponent + i));
        const Real distance = load<Real>(scratch.front_x + i) - load<Real>(w.x + i);
        const Real wanted = open - interaction(speed, dv, distance);
        store(scratch.free_term + i, open);
        Real braking(kMaxAcceleration);
        if (w.config->traffic_caution) braking = cautious_braking(dv, distance);
        store(w.acceleration + i, clamp(wanted, -braking, Real(kMaxAcceleration)));
        store(w.slip + i, steer(load<Real>(scratch.closest + i), speed, load<Real>(w.heading + i)));
    }
    for (int i = first_of_traffic(w); i < w.count; ++i) {
        if (w.crashed[i] != 0) {
            w.acceleration[i] = -w.speed[i];
            w.slip[i] = 0.0;
        } else if (w.lane[i] != w.target_lane[i]) {
            const int front = neighbours(w, scratch, w.target_lane[i], i).front;
            const double there = scratch.free_term[i] - interaction_with(w, i, front);
            w.acceleration[i] =
                change_acceleration(w, scratch, i, w.acceleration[i],
                                    clamp(there, -kMaxAcceleration, kMaxAcceleration));
        }
    }
    if (first_of_traffic(w) == 0) return;
    if (w.crashed[0] != 0) {
        w.acceleration[0] = -w.speed[0];
        w.slip[0] = 0.0;
    } else if (w.config->action == highway::ActionKind::kMeta) {
        w.acceleration[0] = kSpeedGain * (w.target_speed[0] - w.speed[0]);
    } else {
        w.acceleration[0] = ego_acceleration;
        w.slip[0] = ego_slip;
    }
}

// The kinematic bicycle, one frame.
inline void move(const World& w, double dt) {
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

}  // namespace racer::RACER_ISA::traffic
