#include "racer/highway/config.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include "racer/highway/batch.hpp"
#include "racer/highway/dimensions.hpp"
#include "racer/text.hpp"

namespace racer::highway {
namespace {

void require(bool condition, const std::string& sentence) {
    if (!condition) throw std::invalid_argument(sentence);
}

void require_in(const char* name, double value, double low, double high) {
    require(value >= low && value <= high, std::string(name) + " must be " + number_text(low) +
                                               " to " + number_text(high) + ", got " +
                                               number_text(value));
}

void require_range(const char* name, const Range& range, double bound) {
    require(range.low >= -bound && range.high <= bound && range.low < range.high,
            std::string(name) + " must be [low, high] within +-" + number_text(bound) + ", got [" +
                number_text(range.low) + ", " + number_text(range.high) + "]");
}

Range default_range(Feature feature, int lanes) {
    switch (feature) {
        case Feature::kX:
            return {-5.0 * kMaxSpeed, 5.0 * kMaxSpeed};
        case Feature::kY:
            return {-kLaneWidth * lanes, kLaneWidth * lanes};
        case Feature::kVx:
        case Feature::kVy:
            return {-2.0 * kMaxSpeed, 2.0 * kMaxSpeed};
        default:
            return {};
    }
}

}  // namespace

Config checked(Config c) {
    require_in("lanes_count", c.lanes_count, 1, kMaxLanes);
    require_in("vehicles_count", c.vehicles_count, 0, kMaxVehicles);
    require_in("initial_lane_id", c.initial_lane_id, -1, c.lanes_count - 1);
    require_in("ego_spacing", c.ego_spacing, 0.01, 1e3);
    require_in("vehicles_density", c.vehicles_density, 0.001, 1e3);
    require_in("traffic_behind", c.traffic_behind, 0.0, 1.0);
    require_in("simulation_frequency", c.simulation_frequency, 1.0, 1e3);
    require_in("policy_frequency", c.policy_frequency, 0.01, c.simulation_frequency);
    require_in("duration", c.duration, 0.0, 1e5);
    require(c.longitudinal || c.lateral, "longitudinal and lateral cannot both be off");
    require_range("acceleration_range", c.acceleration_range, 1e3);
    require_range("steering_range", c.steering_range, 1.5);
    require_range("speed_range", c.speed_range, 200.0);
    require_range("reward_speed_range", c.reward_speed_range, 1e6);
    require_in("target_speeds' length", c.target_speed_count, 2, kMaxTargetSpeeds);
    for (int k = 0; k < c.target_speed_count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        require_in("target_speeds", c.target_speeds[at], -200.0, 200.0);
        require(k == 0 || c.target_speeds[at] > c.target_speeds[at - 1],
                "target_speeds must increase");
    }
    require_in("vehicles_count of the observation", c.observed_vehicles, 1, kMaxVehicles + 1);
    require_in("features' length", c.feature_count, 1, kMaxFeatures);
    for (int k = 0; k < c.feature_count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (c.default_ranges) {
            c.ranges[at] = default_range(c.features[at], c.lanes_count);
            c.has_range[at] = c.ranges[at].high > 0.0;
        } else if (c.has_range[at]) {
            require_range("features_range", c.ranges[at], 1e9);
        }
    }
    const std::initializer_list<std::pair<const char*, double>> weights = {
        {"collision_reward", c.collision_reward},
        {"right_lane_reward", c.right_lane_reward},
        {"high_speed_reward", c.high_speed_reward},
#define RACER_TERM(constant, name, meaning) {#name "_reward", c.name##_reward},
        RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
    };
    for (const auto& [name, weight] : weights) require_in(name, weight, -kMaxWeight, kMaxWeight);
    require(!c.normalize_reward || c.high_speed_reward + c.right_lane_reward != c.collision_reward,
            "normalize_reward needs rewards that differ from collision_reward");
    require_in("safety_time", c.safety_time, 1e-3, 1e3);
    require_in("safety_cone", c.safety_cone, 0.0, 1.5);
    return c;
}

}  // namespace racer::highway
