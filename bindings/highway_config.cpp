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
            c.ranges[k] = {finite("features_range", range.first),
                           finite("features_range", range.second)};
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
    for (const double speed : speeds) finite("target_speeds", speed);
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

// Binds fields one after the other; numbers must be finite.
struct Fields {
    py::class_<Config>& type;

    template <class T>
    Fields& add(const char* name, T Config::* field, const char* doc) {
        if constexpr (std::is_same_v<T, double>) {
            type.def_property(
                name, [field](const Config& c) { return c.*field; },
                [name, field](Config& c, double value) { c.*field = finite(name, value); }, doc);
        } else {
            type.def_readwrite(name, field, doc);
        }
        return *this;
    }
    template <class Get, class Set>
    Fields& add(const char* name, Get get, Set set, const char* doc) {
        type.def_property(name, get, set, doc);
        return *this;
    }
};

}  // namespace

void bind_highway_config(py::module_& m) {
    py::class_<Config> config(m, "Config",
                              "Rules of a highway world; names and defaults are HighwayEnv's.");
    config.def(py::init<>());
    const auto range = [&](const char* name, Range Config::* field, const char* doc) {
        config.def_property(
            name, [field](const Config& c) { return Pair{(c.*field).low, (c.*field).high}; },
            [name, field](Config& c, const Pair& value) {
                c.*field = {finite(name, value.first), finite(name, value.second)};
            },
            doc);
    };
    Fields{config}
        .add("lanes_count", &Config::lanes_count, "lanes")
        .add("vehicles_count", &Config::vehicles_count, "vehicles besides the ego")
        .add("initial_lane_id", &Config::initial_lane_id, "-1: at random")
        .add("ego_spacing", &Config::ego_spacing, "spacing before the ego vehicle")
        .add("vehicles_density", &Config::vehicles_density, "1 / spacing of traffic")
        .add("traffic_collisions", &Config::traffic_collisions,
             "collisions among traffic; the ego vehicle always collides")
        .add("traffic_behind", &Config::traffic_behind,
             "share of the traffic that starts behind the ego vehicle")
        .add("traffic_caution", &Config::traffic_caution,
             "traffic looks twice before it changes lane")
        .add("traffic_recovery", &Config::traffic_recovery,
             "traffic drives around what it stands behind")
        .add("simulation_frequency", &Config::simulation_frequency, "frames per second")
        .add("policy_frequency", &Config::policy_frequency, "policy steps per second")
        .add("duration", &Config::duration, "s until truncation")
        .add("offroad_terminal", &Config::offroad_terminal, "end off the road")
        .add("action", &action_name, &set_action, "ContinuousAction, DiscreteMetaAction or Traffic")
        .add("longitudinal", &Config::longitudinal, "the action has an axis along")
        .add("lateral", &Config::lateral, "the action has an axis across")
        .add("clip_action", &Config::clip_action, "clip continuous actions to [-1, 1]")
        .add("target_speeds", &target_speeds, &set_target_speeds, "m/s, evenly spaced")
        .add("observed_vehicles", &Config::observed_vehicles, "rows, the ego's included")
        .add("features", &features, &set_features, "columns of the observation")
        .add("features_range", &features_range, &set_features_range,
             "(low, high) by feature, or None for the defaults; set it after features")
        .add("absolute", &Config::absolute, "coordinates of the road, not of the ego")
        .add("normalize", &Config::normalize, "map the ranges to [-1, 1]")
        .add("clip_observation", &Config::clip_observation, "clip to [-1, 1]")
        .add("see_behind", &Config::see_behind, "see further than 10 m behind")
        .add("shuffled", &Config::shuffled, "rows in random order, not by distance")
        .add("collision_reward", &Config::collision_reward, "after a collision")
        .add("right_lane_reward", &Config::right_lane_reward, "on the rightmost lane")
        .add("high_speed_reward", &Config::high_speed_reward, "at full speed")
        .add("normalize_reward", &Config::normalize_reward, "map the reward to [0, 1]")
#define RACER_TERM(constant, name, meaning) .add(#name "_reward", &Config::name##_reward, meaning)
            RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
        .add("safety_of_path", &Config::safety_of_path,
             "danger counts who is on the ego's path, all around it")
        .add("safety_time", &Config::safety_time, "s to a collision that count as danger")
        .add("safety_cone", &Config::safety_cone, "rad, half the cone ahead that counts");
    range("acceleration_range", &Config::acceleration_range, "m/s^2");
    range("steering_range", &Config::steering_range, "rad");
    range("speed_range", &Config::speed_range, "m/s, of the ego vehicle");
    range("reward_speed_range", &Config::reward_speed_range, "m/s, for high_speed_reward");
    pickle_settings(config);
}

}  // namespace racer::bindings
