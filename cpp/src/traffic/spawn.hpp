// Where an episode starts: HighwayEnv's spawn, with our own random numbers.
#pragma once

#include "racer/random.hpp"
#include "traffic/ego.hpp"
#include "traffic/world.hpp"

namespace racer::RACER_ISA::traffic {

// Fills a world with traffic, one vehicle ahead of the other; with `traffic_behind` the ego
// vehicle takes a later place in that chain.
inline void spawn(const StepContext& context, const World& w) {
    const Config& c = *w.config;
    const std::uint64_t key = split_seed(w.record->seed, w.record->episode);
    std::uint64_t draws = 0;
    const auto draw = [&](double low, double high) {
        return low + (high - low) * uniform(key, draws++);
    };
    const auto draw_lane = [&] {
        return static_cast<std::int32_t>(draw(0.0, static_cast<double>(c.lanes_count)));
    };
    const int ego_place = static_cast<int>(c.traffic_behind * (w.count - 1));
    double last_x = 0.0;
    for (int place = 0; place < w.count; ++place) {
        const bool ego = place == ego_place;
        const int i = ego ? 0 : place < ego_place ? place + 1 : place;
        std::int32_t lane = draw_lane();
        if (ego && c.initial_lane_id >= 0) lane = c.initial_lane_id;
        const double speed =
            ego ? 25.0 : draw(0.7 * highway::kSpeedLimit, 0.8 * highway::kSpeedLimit);
        const double spacing = ego ? c.ego_spacing : 1.0 / c.vehicles_density;
        const double offset = spacing * (12.0 + speed) * context.spawn_factor;
        const double x = (place == 0 ? 3.0 * offset : last_x) + offset * draw(0.9, 1.1);
        last_x = x;
        const double exponent = draw(3.5, 4.5);

        w.x[i] = x;
        w.y[i] = highway::lane_centre(lane);
        w.heading[i] = 0.0;
        w.speed[i] = speed;
        w.acceleration[i] = w.slip[i] = 0.0;
        w.target_speed[i] = speed;
        w.exponent[i] = ego ? 4.0 : exponent;
        const double phase = (x + w.y[i]) * kPi;
        w.timer[i] = ego ? 0.0 : phase - static_cast<double>(static_cast<std::int64_t>(phase));
        w.impact_x[i] = w.impact_y[i] = 0.0;
        w.impact_pending[i] = w.crashed[i] = 0;
        w.lane[i] = w.target_lane[i] = lane;
        w.order[place] = i;
    }
    if (c.action == highway::ActionKind::kContinuous) {
        w.target_speed[0] = 0.0;
    } else if (c.action == highway::ActionKind::kTraffic) {
        w.target_speed[0] = highway::kSpeedLimit;
    } else {
        w.target_speed[0] = nearest_target_speed(c, w.speed[0], 0);
    }
}

}  // namespace racer::RACER_ISA::traffic
