#include "bindings.hpp"
#include "racer/rules.hpp"

namespace racer::bindings {
namespace {

template <class T, class Group>
auto member(Group BatchConfig::* group, T Group::* field) {
    return std::pair{
        [group, field](const BatchConfig& config) { return config.*group.*field; },
        [group, field](BatchConfig& config, T value) { config.*group.*field = value; }};
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

void bind_config(py::module_& m) {
    py::class_<BatchConfig> config(m, "BatchConfig",
                                   "Reward weights, episode rules and start rules of a Batch.");
    config.def(py::init<>());
    const auto add = [&](const char* name, auto group, auto field, const char* doc) {
        auto [get, set] = member(group, field);
        config.def_property(name, get, set, doc);
    };
#define RACER_TERM(constant, field, name, weight, low, high, unit, meaning) \
    add(#field, &BatchConfig::weights, &RewardWeights::field, meaning);
    RACER_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
    const auto episode = &BatchConfig::episode;
    add("stillness_speed_threshold", episode, &EpisodeRules::stillness_speed_threshold, "m/s");
    add("max_steps", episode, &EpisodeRules::max_steps, "steps until truncation; 0: never");
    add("stillness_timeout_ticks", episode, &EpisodeRules::stillness_timeout_ticks,
        "ticks below the stillness speed until termination; 0: never");
    add("max_laps", episode, &EpisodeRules::max_laps, "laps until truncation; 0: never");
    add("terminate_off_track", episode, &EpisodeRules::terminate_off_track,
        "end the episode when all four wheels are off");
    add("terminate_on_wall", episode, &EpisodeRules::terminate_on_wall,
        "end the episode on wall contact");
    const auto start = &BatchConfig::start;
    add("standing_fraction", start, &StartRules::standing_fraction, "of mixed starts");
    add("spawn_speed_low", start, &StartRules::speed_low, "share of the station's spawn speed");
    add("spawn_speed_high", start, &StartRules::speed_high, "share of the station's spawn speed");
    add("lateral_fraction", start, &StartRules::lateral_fraction,
        "share of the width that random starts use");
    add("heading_error", start, &StartRules::heading_error, "largest of random starts [rad]");
    config.def_property(
        "start", [](const BatchConfig& c) { return start_name(c.start.kind); },
        [](BatchConfig& c, const std::string& name) { c.start.kind = start_kind(name); },
        "'standing', 'random' or 'mixed'");
}

}  // namespace racer::bindings
