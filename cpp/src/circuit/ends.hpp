// When the episode of a world is over.
#pragma once

#include "core/lanes.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

// Whether the episode of a world is over: the first of its controlled cars that comes to an end, or
// that has driven its laps, ends it.
RACER_INLINE void end_world(const StepContext& context, int world) {
    const CarArrays& c = context.cars;
    const EpisodeRules& rules = context.config->episode;
    const int first = world * context.cars_per_world;
    bool terminated = false;  // by a fault of any car: a frozen car is no opponent
    for (int car = first; car < first + context.cars_per_world; ++car) {
        terminated |= c.fault[car] != 0.0;
    }
    bool truncated = false;
    const int first_ego = first + context.controlled.first;
    for (int ego = first_ego; ego < first_ego + context.controlled.count; ++ego) {
        terminated |= rules.stillness_timeout_ticks > 0 &&
                      c.stillness_ticks[ego] >= rules.stillness_timeout_ticks;
        terminated |= rules.terminate_off_track && c.off_track_ticks[ego] > 0;
        terminated |= rules.terminate_wheels_off > 0 &&
                      c.wheels_off[ego] >= static_cast<double>(rules.terminate_wheels_off);
        terminated |= rules.terminate_on_wall && c.wall_contact[ego] != 0.0;
        const LapEvent& lap = context.lap_events[ego];
        truncated |= rules.max_laps > 0 && lap.completed != 0 && lap.lap >= rules.max_laps;
        truncated |= rules.max_steps > 0 && c.episode_steps[ego] >= rules.max_steps;
    }
    context.terminated[world] = terminated;
    context.truncated[world] = !terminated && truncated;
}

}  // namespace racer::RACER_ISA
