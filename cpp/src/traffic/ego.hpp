// What an ego vehicle, one that is controlled, makes of an action.
#pragma once

#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

// The target speed `by` places from the one nearest to a speed; targets are evenly spaced.
inline double nearest_target_speed(const Config& c, double speed, int by) {
    const int last = c.target_speed_count - 1;
    const double low = c.target_speeds[0];
    const double high = c.target_speeds[static_cast<std::size_t>(last)];
    const double share = clamp((speed - low) / (high - low) * last, -1e6, 1e6);
    const int nearest = static_cast<int>(clamp(precise::round_whole(share), 0.0, 1.0 * last));
    const int wanted = nearest + by;
    return c.target_speeds[static_cast<std::size_t>(wanted < 0      ? 0
                                                    : wanted > last ? last
                                                                    : wanted)];
}

enum class Meta : int { kLeft, kIdle, kRight, kFaster, kSlower };

// The meaning of an action's number: all five, or those along or across the road alone.
inline Meta meta_action(const Config& c, std::int64_t action) {
    constexpr Meta kAll[] = {Meta::kLeft, Meta::kIdle, Meta::kRight, Meta::kFaster, Meta::kSlower};
    constexpr Meta kAlong[] = {Meta::kSlower, Meta::kIdle, Meta::kFaster};
    const std::int64_t count = c.longitudinal && c.lateral ? 5 : 3;
    if (action < 0 || action >= count) return Meta::kIdle;
    return c.lateral ? kAll[action] : kAlong[action];
}

inline void plan(const World& w, int ego, Meta action) {
    const Config& c = *w.config;
    if (action == Meta::kFaster || action == Meta::kSlower) {
        const int by = action == Meta::kFaster ? 1 : -1;
        w.target_speed[ego] = nearest_target_speed(c, w.speed[ego], by);
    } else if (action == Meta::kLeft || action == Meta::kRight) {
        const int wanted = w.target_lane[ego] + (action == Meta::kLeft ? -1 : 1);
        const int lane = closest_lane_to(w, wanted);
        if (reachable(w, ego, lane)) w.target_lane[ego] = lane;
    }
}

// An axis in [-1, 1] over a range, in single precision as HighwayEnv computes it.
RACER_INLINE double spread(float axis, const highway::Range& range) {
    const auto width = static_cast<float>(range.high - range.low);
    return static_cast<float>(range.low) + (axis - -1.0F) * width / 2.0F;
}

inline void drive(const World& w, int ego, const float* action) {
    const Config& c = *w.config;
    const auto read = [&](float value) {
        if (!(value == value)) {
            ++w.record->nan_actions;
            return 0.0F;
        }
        const float bound = c.clip_action ? 1.0F : 1000.0F;
        return clamp(value, -bound, bound);
    };
    int axis = 0;
    w.acceleration[ego] = c.longitudinal ? spread(read(action[axis++]), c.acceleration_range) : 0.0;
    const double steering = c.lateral ? spread(read(action[axis]), c.steering_range) : 0.0;
    w.slip[ego] = precise::atan(0.5 * precise::tan(steering));
}

// `agent` counts all controlled vehicles of the batch, `ego` is its index in this world.
inline void take_action(const StepContext& context, const World& w, std::ptrdiff_t agent, int ego) {
    if (egos_are_traffic(w)) return;
    if (context.config->action == highway::ActionKind::kMeta) {
        plan(w, ego, meta_action(*context.config, context.meta_actions[agent]));
    } else {
        drive(w, ego, context.actions + agent * context.action_size);
    }
}

}  // namespace racer::RACER_ISA::traffic
