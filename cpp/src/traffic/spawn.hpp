// Where an episode starts: HighwayEnv's spawn, with our own random numbers.
#pragma once

#include "racer/random.hpp"
#include "traffic/ego.hpp"
#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

// Fills a world with traffic, one vehicle ahead of the other. Each ego vehicle begins its share of
// that chain; with `traffic_behind` it takes a later place in it.
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
    const int egos = w.controlled.count;
    const int traffic = w.count - egos;
    int place = 0;
    double last_s = 0.0;
    const auto place_next = [&](int i, bool ego) {
        std::int32_t lane = draw_lane();
        if (ego && c.initial_lane_id >= 0) lane = c.initial_lane_id;
        const double speed =
            ego ? 25.0 : draw(0.7 * highway::kSpeedLimit, 0.8 * highway::kSpeedLimit);
        const double spacing = ego ? c.ego_spacing : 1.0 / c.vehicles_density;
        const double offset = spacing * (12.0 + speed) * context.spawn_factor;
        const double s = (place == 0 ? 3.0 * offset : last_s) + offset * draw(0.9, 1.1);
        last_s = s;
        const double exponent = draw(3.5, 4.5);

        put(w, i, s, lane);
        w.speed[i] = speed;
        w.acceleration[i] = w.slip[i] = 0.0;
        w.target_speed[i] = speed;
        w.exponent[i] = ego ? 4.0 : exponent;
        const double phase = (s + lane_middle(lane)) * kPi;
        w.timer[i] = ego ? 0.0 : phase - static_cast<double>(static_cast<std::int64_t>(phase));
        w.impact_x[i] = w.impact_y[i] = 0.0;
        w.impact_pending[i] = w.crashed[i] = 0;
        w.order[place++] = i;
    };
    int rank = egos;
    for (int agent = 0; agent < egos; ++agent) {
        const int others = traffic / egos + (agent < traffic % egos ? 1 : 0);
        const int ego_place = static_cast<int>(c.traffic_behind * others);
        for (int k = 0; k <= others; ++k) {
            const bool ego = k == ego_place;
            place_next(vehicle_of_rank(w, ego ? agent : rank++), ego);
        }
    }
    for (int i = w.controlled.first; i < w.controlled.first + egos; ++i) {
        if (c.action == highway::ActionKind::kContinuous) {
            w.target_speed[i] = 0.0;
        } else if (egos_are_traffic(w)) {
            w.target_speed[i] = highway::kSpeedLimit;
        } else {
            w.target_speed[i] = nearest_target_speed(c, w.speed[i], 0);
        }
    }
}

}  // namespace racer::RACER_ISA::traffic
