// Highway scenarios that tests and the determinism matrix share: traffic, and driving that depends
// on nothing but counters.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "racer/hash.hpp"
#include "racer/highway/batch.hpp"
#include "racer/random.hpp"

namespace racer::test {

// A highway batch with what a Python binding would own.
struct Highway {
    highway::Batch batch;
    std::vector<float> actions, observations, final_observations;
    std::vector<std::int64_t> meta;
    std::vector<double> rewards, terms, base;
    std::unique_ptr<bool[]> ends;
    std::vector<highway::Outcome> outcomes, final_outcomes;

    Highway(const highway::BatchOptions& options, const highway::Config& config)
        : batch(options, config) {
        highway::StepContext& c = batch.context();
        const auto worlds = static_cast<std::size_t>(options.worlds);
        const auto n = worlds * static_cast<std::size_t>(options.controlled.count);  // agents
        actions.resize(n * static_cast<std::size_t>(c.action_size));
        meta.resize(n);
        observations.resize(n * static_cast<std::size_t>(c.observation_size));
        final_observations.resize(observations.size());
        rewards.resize(n);
        terms.resize(n * highway::kTerms);
        base.resize(n * highway::kBaseTerms);
        ends = std::make_unique<bool[]>(2 * worlds);
        outcomes.resize(n);
        final_outcomes.resize(n);
        c.actions = actions.data();
        c.meta_actions = meta.data();
        c.observations = observations.data();
        c.final_observations = final_observations.data();
        c.rewards = rewards.data();
        c.reward_terms = terms.data();
        c.base_terms = base.data();
        c.terminated = ends.get();
        c.truncated = ends.get() + worlds;
        c.outcomes = outcomes.data();
        c.final_outcomes = final_outcomes.data();
        batch.reset({}, {});
    }

    // Actions of a step; `first` is the number of the first agent among all.
    void act(std::uint64_t step, int first = 0) {
        const std::size_t axes = actions.size() / meta.size();
        const bool one = batch.config().action == highway::ActionKind::kTraffic;
        for (std::size_t k = 0; k < meta.size(); ++k) {
            const std::uint64_t key =
                split_seed(static_cast<std::uint64_t>(first) + k, step / (one ? 1 : 2));
            meta[k] = one ? 0 : static_cast<std::int64_t>(5.0 * uniform(key, 0));
            actions[axes * k] = static_cast<float>(2.0 * uniform(key, 1) - 0.8);
            if (axes == 2) actions[2 * k + 1] = static_cast<float>(0.1 * uniform(key, 2) - 0.05);
        }
    }
};

struct HighwayScenario {
    std::string_view name;
    highway::ActionKind action;
    Autoreset autoreset;
    bool fixes;     // our options on, and whatever else HighwayEnv has off
    bool recovery;  // traffic so dense that it crashes, and then drives around the wrecks
};

inline constexpr std::array kHighwayScenarios = {
    HighwayScenario{"highway_continuous", highway::ActionKind::kContinuous, Autoreset::kSameStep,
                    false, false},
    HighwayScenario{"highway_meta", highway::ActionKind::kMeta, Autoreset::kNextStep, false, false},
    HighwayScenario{"highway_fixes", highway::ActionKind::kContinuous, Autoreset::kSameStep, true,
                    false},
    HighwayScenario{"highway_traffic", highway::ActionKind::kTraffic, Autoreset::kDisabled, true,
                    false},
    HighwayScenario{"highway_recovery", highway::ActionKind::kContinuous, Autoreset::kDisabled,
                    false, true},
};

inline highway::Config highway_config(const HighwayScenario& scenario) {
    highway::Config config;
    config.action = scenario.action;
    config.vehicles_count = 30;
    config.vehicles_density = 1.5;
    config.policy_frequency = 5.0;
    config.duration = 12.0;
    config.safety_reward = -1.0;
    if (scenario.fixes) {
        config.traffic_caution = config.see_behind = config.shuffled = true;
        config.traffic_behind = 0.5;
        config.stillness_reward = config.backward_reward = config.spin_reward = -1.0;
        config.off_road_reward = -0.5;
        config.forward_speed_reward = 0.2;
        config.features = {highway::Feature::kPresence, highway::Feature::kX, highway::Feature::kY,
                           highway::Feature::kCosHeading, highway::Feature::kSinHeading};
    }
    if (scenario.recovery) {
        config.traffic_recovery = true;
        config.vehicles_density = 4.0;
    }
    return config;
}

inline constexpr int kHashedHighways = 12;

// Runs a scenario and hashes everything that its worlds say: observations, rewards, ends and every
// state field. `batch_size` cuts the worlds into batches.
inline std::uint64_t run_highway(const HighwayScenario& scenario, int steps, int batch_size,
                                 int threads) {
    std::array<Hash, kHashedHighways> said;
    for (int first = 0; first < kHashedHighways; first += batch_size) {
        highway::BatchOptions options;
        options.worlds = std::min(batch_size, kHashedHighways - first);
        options.autoreset = scenario.autoreset;
        options.threads = threads;
        Highway road(options, highway_config(scenario));
        const highway::StepContext& c = road.batch.context();
        std::vector<std::uint64_t> seeds;
        for (int w = 0; w < options.worlds; ++w) {
            seeds.push_back(split_seed(42, static_cast<std::uint64_t>(first + w)));
        }
        road.batch.reset({}, seeds);
        const auto size = static_cast<std::size_t>(c.observation_size);
        for (int step = 0; step < steps; ++step) {
            road.act(static_cast<std::uint64_t>(step), first);
            road.batch.step();
            for (int w = 0; w < options.worlds; ++w) {
                Hash& hash = said[static_cast<std::size_t>(first + w)];
                const float* row = c.observations + static_cast<std::size_t>(w) * size;
                for (std::size_t k = 0; k < size; ++k) hash.add(row[k]);
                hash.add(c.rewards[w]);
                hash.add(static_cast<int>(c.terminated[w]) + 2 * static_cast<int>(c.truncated[w]));
                hash.add(road.batch.state_hash(w));
            }
        }
    }
    Hash all;
    for (const Hash& hash : said) all.add(hash.value());
    return all.value();
}

}  // namespace racer::test
