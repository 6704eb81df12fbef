// The option `traffic_recovery`: traffic that stands behind an obstacle drives around it.
//
// By HighwayEnv's rules it never does (its issue 259): nobody slower than 1 m/s decides to change
// lane, and whoever changes brakes for the vehicles of both lanes, so for the obstacle, too.
#pragma once

#include "traffic/neighbours.hpp"
#include "traffic/plane.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kMovingSpeed = 1.0;     // m/s, below it a vehicle stands
inline constexpr double kCreepSpeed = 3.0;      // m/s, around an obstacle
inline constexpr double kCreepGain = 1.0;       // 1/s
inline constexpr double kCreepClearance = 1.0;  // m, to what is in the way

RACER_INLINE bool stands(const World& w, int i) { return abs(w.speed[i]) < kMovingSpeed; }

// Whether a vehicle may do what only standing ones may.
RACER_INLINE bool recovers(const World& w, int who) {
    return w.config->traffic_recovery && stands(w, who);
}

// The speed that the one behind is taken to want. HighwayEnv counts 0 for an ego vehicle that is
// driven directly, which forbids every change in front of it, at any distance.
RACER_INLINE double speed_wanted_behind(const World& w, int rear, int who) {
    const bool driven =
        is_controlled(w, rear) && w.config->action == highway::ActionKind::kContinuous;
    return driven && recovers(w, who) ? highway::kSpeedLimit : w.target_speed[rear];
}

// A change that came to a stand is given up if the lane it goes to is blocked nearer by.
inline void give_up_if_blocked(const World& w, const Scratch& scratch, int who) {
    const int here = scratch.front[who];
    const int there = neighbours(w, scratch, w.target_lane[who], who).front;
    if (there == kNobody || !stands(w, there)) return;
    if (here == kNobody || s_of(w, here) > s_of(w, there)) w.target_lane[who] = w.lane[who];
}

// Acceleration of a vehicle that changes lane: `here` and `there` are what the vehicles ahead on
// both lanes allow. A standing one on the lane that is left holds nobody back who gets past it.
inline double change_acceleration(const World& w, const Scratch& scratch, int who, double here,
                                  double there) {
    const double careful = min(here, there);
    const int front = scratch.front[who];
    if (!w.config->traffic_recovery || front == kNobody) return careful;
    if (!stands(w, front) || w.speed[who] > kCreepSpeed ||
        !way_is_clear(w, who, front, kCreepClearance)) {
        return careful;
    }
    return max(careful, min(there, kCreepGain * (kCreepSpeed - w.speed[who])));
}

}  // namespace racer::RACER_ISA::traffic
