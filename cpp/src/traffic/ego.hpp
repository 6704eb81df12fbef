// What the ego vehicle makes of an action.
#pragma once

#include "traffic/world.hpp"

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

inline void plan(const World& w, Meta action) {
    const Config& c = *w.config;
    if (action == Meta::kFaster || action == Meta::kSlower) {
        const int by = action == Meta::kFaster ? 1 : -1;
        w.target_speed[0] = nearest_target_speed(c, w.speed[0], by);
    } else if (action == Meta::kLeft || action == Meta::kRight) {
        int lane = w.target_lane[0] + (action == Meta::kLeft ? -1 : 1);
        lane = lane < 0 ? 0 : lane >= c.lanes_count ? c.lanes_count - 1 : lane;
        if (highway::reachable(w.x[0], w.y[0] - highway::lane_centre(lane))) {
            w.target_lane[0] = lane;
        }
    }
}

// An axis in [-1, 1] over a range, in single precision as HighwayEnv computes it.
RACER_INLINE double spread(float axis, const highway::Range& range) {
    const auto width = static_cast<float>(range.high - range.low);
    return static_cast<float>(range.low) + (axis - -1.0F) * width / 2.0F;
}

inline void drive(const World& w, const float* action) {
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
    w.acceleration[0] = c.longitudinal ? spread(read(action[axis++]), c.acceleration_range) : 0.0;
    const double steering = c.lateral ? spread(read(action[axis]), c.steering_range) : 0.0;
    w.slip[0] = precise::atan(0.5 * precise::tan(steering));
}

inline void take_action(const StepContext& context, const World& w, int world) {
    if (context.config->action == highway::ActionKind::kTraffic) return;
    if (context.config->action == highway::ActionKind::kMeta) {
        plan(w, meta_action(*context.config, context.meta_actions[world]));
    } else {
        drive(w, context.actions + static_cast<std::ptrdiff_t>(world) * context.action_size);
    }
}

}  // namespace racer::RACER_ISA::traffic
