// When the episode of a world is over.
#pragma once

#include "core/lanes.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

// Whether the episode of a world is over: its first car is the ego.
RACER_INLINE void end_world(const StepContext& context, int world) {
    const CarArrays& c = context.cars;
    const EpisodeRules& rules = context.config->episode;
    const int ego = world * context.cars_per_world;
    const bool stuck = rules.stillness_timeout_ticks > 0 &&
                       c.stillness_ticks[ego] >= rules.stillness_timeout_ticks;
    bool fault = false;  // of any car: a frozen car is no opponent
    for (int car = ego; car < ego + context.cars_per_world; ++car) fault |= c.fault[car] != 0.0;
    const bool terminated = stuck || fault ||
                            (rules.terminate_off_track && c.off_track_ticks[ego] > 0) ||
                            (rules.terminate_on_wall && c.wall_contact[ego] != 0.0);
    const LapEvent& lap = context.lap_events[ego];
    const bool laps_done = rules.max_laps > 0 && lap.completed != 0 && lap.lap >= rules.max_laps;
    const bool time_up = rules.max_steps > 0 && c.episode_steps[ego] >= rules.max_steps;
    context.terminated[world] = terminated;
    context.truncated[world] = !terminated && (laps_done || time_up);
}

}  // namespace racer::RACER_ISA
