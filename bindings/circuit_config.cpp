#include <cstdio>
#include <limits>

#include "bindings.hpp"
#include "racer/rules.hpp"

namespace racer::bindings {
namespace {

struct Bounds {
    double low, high;
};
constexpr Bounds kWeight{-1e6, 1e6};
constexpr Bounds kCount{0, std::numeric_limits<int>::max()};
constexpr Bounds kShare{0, 1};
constexpr Bounds kFlag{0, 1};
constexpr double kHalfTurn = 3.141592653589793;

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.10g", value);
    return text;
}

template <class T, class Group>
auto member(const char* name, Group BatchConfig::* group, T Group::* field, Bounds bounds) {
    return std::pair{[group, field](const BatchConfig& config) { return config.*group.*field; },
                     [=](BatchConfig& config, T value) {
                         const auto number = static_cast<double>(value);
                         if (!(number >= bounds.low && number <= bounds.high)) {
                             throw py::value_error(std::string(name) + " must be " +
                                                   shown(bounds.low) + " to " + shown(bounds.high) +
                                                   ", got " + shown(number));
                         }
                         config.*group.*field = value;
                     }};
}

StartKind start_kind(const std::string& name) {
    if (name == "standing") return StartKind::kStanding;
    if (name == "random") return StartKind::kRandom;
    if (name == "mixed") return StartKind::kMixed;
    throw py::value_error("start must be 'standing', 'random' or 'mixed', got '" + name + "'");
}

std::string start_name(StartKind kind) {
    switch (kind) {
        case StartKind::kStanding:
            return "standing";
        case StartKind::kRandom:
            return "random";
        case StartKind::kMixed:
            return "mixed";
    }
    return "standing";
}

}  // namespace

void bind_circuit_config(py::module_& m) {
    py::class_<BatchConfig> config(m, "Config",
                                   "Reward weights, episode rules and start rules of a Batch.");
    config.def(py::init<>());
    const auto add = [&](const char* name, auto group, auto field, Bounds bounds, const char* doc) {
        auto [get, set] = member(name, group, field, bounds);
        config.def_property(name, get, set, doc);
    };
#define RACER_TERM(constant, field, name, weight, low, high, unit, meaning) \
    add(#field, &BatchConfig::weights, &RewardWeights::field, kWeight, meaning);
    RACER_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
    add("progress_length", &BatchConfig::weights, &RewardWeights::progress_length, {0, 1e6},
        "metres that `progress` is paid for; 0: a whole lap");
    const auto episode = &BatchConfig::episode;
    add("stillness_speed_threshold", episode, &EpisodeRules::stillness_speed_threshold, {0, 200},
        "m/s");
    add("max_steps", episode, &EpisodeRules::max_steps, kCount, "steps until truncation; 0: never");
    add("stillness_timeout_ticks", episode, &EpisodeRules::stillness_timeout_ticks, kCount,
        "ticks below the stillness speed until termination; 0: never");
    add("max_laps", episode, &EpisodeRules::max_laps, kCount, "laps until truncation; 0: never");
    add("terminate_off_track", episode, &EpisodeRules::terminate_off_track, kFlag,
        "end the episode when all four wheels are off");
    add("terminate_on_wall", episode, &EpisodeRules::terminate_on_wall, kFlag,
        "end the episode on wall contact");
    add("terminate_wheels_off", episode, &EpisodeRules::terminate_wheels_off, {0, 4},
        "end the episode with so many wheels beyond the edge; 0: never");
    const auto start = &BatchConfig::start;
    add("standing_fraction", start, &StartRules::standing_fraction, kShare, "of mixed starts");
    add("spawn_speed_low", start, &StartRules::speed_low, kShare,
        "share of the station's spawn speed");
    add("spawn_speed_high", start, &StartRules::speed_high, kShare,
        "share of the station's spawn speed");
    add("lateral_fraction", start, &StartRules::lateral_fraction, kShare,
        "share of the width that random starts use");
    add("heading_error", start, &StartRules::heading_error, {0, kHalfTurn},
        "largest of random starts [rad]");
    config.def_property(
        "start", [](const BatchConfig& c) { return start_name(c.start.kind); },
        [](BatchConfig& c, const std::string& name) { c.start.kind = start_kind(name); },
        "'standing', 'random' or 'mixed'");
    pickle_settings(config);
}

}  // namespace racer::bindings
