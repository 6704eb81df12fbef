// The arrays that a batch of circuits writes, and its actions.
#pragma once

#include <memory>
#include <vector>

#include "racer/batch.hpp"
#include "racer/observation.hpp"

namespace racer::test {

// What a Python binding would own.
struct Outputs {
    std::vector<float> actions, observations, final_observations, rewards, terms;
    std::vector<LapEvent> laps;
    std::vector<CarRecord> records;
    std::unique_ptr<bool[]> ends;

    explicit Outputs(Batch& batch)
        : actions(static_cast<std::size_t>(batch.cars()) * 3, 0.3F),
          observations(static_cast<std::size_t>(batch.cars()) * kTrackSize),
          final_observations(observations.size()),
          rewards(static_cast<std::size_t>(batch.cars())),
          terms(static_cast<std::size_t>(batch.cars()) * kRewardTerms),
          laps(static_cast<std::size_t>(batch.cars())),
          records(static_cast<std::size_t>(batch.cars())),
          ends(std::make_unique<bool[]>(2 * static_cast<std::size_t>(batch.cars()))) {
        StepContext& c = batch.context();
        c.actions = actions.data();
        c.observations = observations.data();
        c.final_observations = final_observations.data();
        c.rewards = rewards.data();
        c.reward_terms = terms.data();
        c.lap_events = laps.data();
        c.final_records = records.data();
        c.terminated = ends.get();
        c.truncated = ends.get() + batch.cars();
    }
};

}  // namespace racer::test
