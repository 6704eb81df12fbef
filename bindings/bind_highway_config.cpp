#include <map>

#include "racer/highway/config.hpp"
#include "worlds.hpp"

namespace racer::bindings {
namespace {

using highway::ActionKind;
using highway::Config;
using highway::Feature;
using highway::Range;

using Pair = std::pair<double, double>;

Feature feature_named(const std::string& name) {
    std::string known;
    for (std::size_t k = 0; k < highway::kFeatureNames.size(); ++k) {
        if (highway::kFeatureNames[k] == name) return static_cast<Feature>(k);
        known += (k == 0 ? "'" : ", '") + std::string(highway::kFeatureNames[k]) + "'";
    }
    throw py::value_error("features must be among " + known + ", got '" + name + "'");
}

std::vector<std::string> features(const Config& c) {
    std::vector<std::string> names;
    for (int k = 0; k < c.feature_count; ++k) {
        const auto feature = c.features[static_cast<std::size_t>(k)];
        names.emplace_back(highway::kFeatureNames[static_cast<std::size_t>(feature)]);
    }
    return names;
}

void set_features(Config& c, const std::vector<std::string>& names) {
    if (names.empty() || names.size() > highway::kMaxFeatures) {
        throw py::value_error("features must be 1 to " + std::to_string(highway::kMaxFeatures) +
                              " names, got " + std::to_string(names.size()));
    }
    c.feature_count = static_cast<int>(names.size());
    for (std::size_t k = 0; k < names.size(); ++k) c.features[k] = feature_named(names[k]);
}

std::optional<std::map<std::string, Pair>> features_range(const Config& c) {
    if (c.default_ranges) return std::nullopt;
    std::map<std::string, Pair> ranges;
    const std::vector<std::string> names = features(c);
    for (std::size_t k = 0; k < names.size(); ++k) {
        if (c.has_range[k]) ranges[names[k]] = {c.ranges[k].low, c.ranges[k].high};
    }
    return ranges;
}

void set_features_range(Config& c, const std::optional<std::map<std::string, Pair>>& ranges) {
    c.default_ranges = !ranges.has_value();
    c.has_range = {};
    if (!ranges) return;
    for (const auto& [name, range] : *ranges) {
        const Feature feature = feature_named(name);
        for (std::size_t k = 0; k < static_cast<std::size_t>(c.feature_count); ++k) {
            if (c.features[k] != feature) continue;
            c.has_range[k] = true;
            c.ranges[k] = {range.first, range.second};
        }
    }
}

std::vector<double> target_speeds(const Config& c) {
    return {c.target_speeds.begin(), c.target_speeds.begin() + c.target_speed_count};
}

void set_target_speeds(Config& c, const std::vector<double>& speeds) {
    if (speeds.size() > highway::kMaxTargetSpeeds) {
        throw py::value_error("target_speeds must be at most " +
                              std::to_string(highway::kMaxTargetSpeeds) + " numbers, got " +
                              std::to_string(speeds.size()));
    }
    c.target_speed_count = static_cast<int>(speeds.size());
    std::copy(speeds.begin(), speeds.end(), c.target_speeds.begin());
}

constexpr std::initializer_list<std::pair<const char*, ActionKind>> kActions = {
    {"ContinuousAction", ActionKind::kContinuous},
    {"DiscreteMetaAction", ActionKind::kMeta},
    {"Traffic", ActionKind::kTraffic}};

std::string action_name(const Config& c) {
    for (const auto& [name, kind] : kActions) {
        if (kind == c.action) return name;
    }
    return "";
}

void set_action(Config& c, const std::string& name) {
    c.action = choose<ActionKind>("action", name, kActions);
}

}  // namespace

void bind_highway_config(py::module_& m) {
    py::class_<Config> config(m, "HighwayConfig",
                              "Rules of a highway world; names and defaults are HighwayEnv's.");
    config.def(py::init<>());
    const auto range = [&](const char* name, Range Config::* field, const char* doc) {
        config.def_property(
            name, [field](const Config& c) { return Pair{(c.*field).low, (c.*field).high}; },
            [field](Config& c, const Pair& value) { c.*field = {value.first, value.second}; }, doc);
    };
    config.def_readwrite("lanes_count", &Config::lanes_count, "lanes")
        .def_readwrite("vehicles_count", &Config::vehicles_count, "vehicles besides the ego")
        .def_readwrite("initial_lane_id", &Config::initial_lane_id, "-1: at random")
        .def_readwrite("ego_spacing", &Config::ego_spacing, "spacing before the ego vehicle")
        .def_readwrite("vehicles_density", &Config::vehicles_density, "1 / spacing of traffic")
        .def_readwrite("traffic_collisions", &Config::traffic_collisions,
                       "collisions among traffic; the ego vehicle always collides")
        .def_readwrite("traffic_behind", &Config::traffic_behind,
                       "share of the traffic that starts behind the ego vehicle")
        .def_readwrite("traffic_caution", &Config::traffic_caution,
                       "traffic looks twice before it changes lane")
        .def_readwrite("traffic_recovery", &Config::traffic_recovery,
                       "traffic drives around what it stands behind")
        .def_readwrite("simulation_frequency", &Config::simulation_frequency, "frames per second")
        .def_readwrite("policy_frequency", &Config::policy_frequency, "policy steps per second")
        .def_readwrite("duration", &Config::duration, "s until truncation")
        .def_readwrite("offroad_terminal", &Config::offroad_terminal, "end off the road")
        .def_property("action", &action_name, &set_action,
                      "ContinuousAction, DiscreteMetaAction or Traffic")
        .def_readwrite("longitudinal", &Config::longitudinal, "the action has an axis along")
        .def_readwrite("lateral", &Config::lateral, "the action has an axis across")
        .def_readwrite("clip_action", &Config::clip_action, "clip continuous actions to [-1, 1]")
        .def_property("target_speeds", &target_speeds, &set_target_speeds, "m/s, evenly spaced")
        .def_readwrite("observed_vehicles", &Config::observed_vehicles, "rows, the ego's included")
        .def_property("features", &features, &set_features, "columns of the observation")
        .def_property("features_range", &features_range, &set_features_range,
                      "(low, high) by feature, or None for the defaults; set it after features")
        .def_readwrite("absolute", &Config::absolute, "coordinates of the road, not of the ego")
        .def_readwrite("normalize", &Config::normalize, "map the ranges to [-1, 1]")
        .def_readwrite("clip_observation", &Config::clip_observation, "clip to [-1, 1]")
        .def_readwrite("see_behind", &Config::see_behind, "see further than 10 m behind")
        .def_readwrite("shuffled", &Config::shuffled, "rows in random order, not by distance")
        .def_readwrite("collision_reward", &Config::collision_reward, "after a collision")
        .def_readwrite("right_lane_reward", &Config::right_lane_reward, "on the rightmost lane")
        .def_readwrite("high_speed_reward", &Config::high_speed_reward, "at full speed")
        .def_readwrite("normalize_reward", &Config::normalize_reward, "map the reward to [0, 1]")
        .def_readwrite("forward_speed_reward", &Config::forward_speed_reward, "at 40 m/s")
        .def_readwrite("safety_reward", &Config::safety_reward, "at a time to collision of 0")
        .def_readwrite("off_road_reward", &Config::off_road_reward, "off the road")
        .def_readwrite("stillness_reward", &Config::stillness_reward, "below 2 m/s")
        .def_readwrite("backward_reward", &Config::backward_reward, "moving against the road")
        .def_readwrite("spin_reward", &Config::spin_reward, "heading against the road")
        .def_readwrite("off_centre_reward", &Config::off_centre_reward,
                       "half a lane from the middle of the lane")
        .def_readwrite("safety_of_path", &Config::safety_of_path,
                       "danger counts who is on the ego's path, all around it")
        .def_readwrite("safety_time", &Config::safety_time, "s to a collision that count as danger")
        .def_readwrite("safety_cone", &Config::safety_cone, "rad, half the cone ahead that counts");
    range("acceleration_range", &Config::acceleration_range, "m/s^2");
    range("steering_range", &Config::steering_range, "rad");
    range("speed_range", &Config::speed_range, "m/s, of the ego vehicle");
    range("reward_speed_range", &Config::reward_speed_range, "m/s, for high_speed_reward");
}

}  // namespace racer::bindings
