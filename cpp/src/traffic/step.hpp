// A policy step of worlds: actions, frames, rewards, ends, new episodes, observations.
#pragma once

#include "traffic/collide.hpp"
#include "traffic/driver.hpp"
#include "traffic/ego.hpp"
#include "traffic/neighbours.hpp"
#include "traffic/observe.hpp"
#include "traffic/outcome.hpp"
#include "traffic/plane.hpp"
#include "traffic/road.hpp"
#include "traffic/score.hpp"
#include "traffic/spawn.hpp"

namespace racer::RACER_ISA::traffic {

inline double fastest_speed(const World& w) {
    double fastest = 0.0;
    for (int i = 0; i < w.count; ++i) fastest = max(fastest, abs(w.speed[i]));
    return fastest;
}

inline void advance_frame(const World& w, Scratch& scratch, double dt) {
    list_lanes(w, scratch);
    decide_all(w, scratch, fastest_speed(w));
    command(w, scratch);
    move(w, dt);
    find_lanes(w, scratch);
    sort_by_s(w);
    collide(w, scratch, dt, fastest_speed(w));
}

// The first of a world's controlled vehicles among those of the batch.
RACER_INLINE std::ptrdiff_t first_agent(const StepContext& context, int world) {
    return static_cast<std::ptrdiff_t>(world) * context.controlled.count;
}

inline void write_observations(const StepContext& context, const World& w, Scratch& scratch,
                               float* rows, int world) {
    const std::ptrdiff_t first = first_agent(context, world);
    for (int k = 0; k < w.controlled.count; ++k) {
        observe(w, scratch, k, rows + (first + k) * context.observation_size);
    }
}

inline void describe_all(const StepContext& context, const World& w, int world) {
    highway::Outcome* outcomes = context.outcomes + first_agent(context, world);
    for (int k = 0; k < w.controlled.count; ++k) describe(w, w.controlled.first + k, outcomes[k]);
}

inline void refresh_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    compute_directions(w);
    sort_by_s(w);
    describe_all(context, w, world);
    write_observations(context, w, scratch, context.observations, world);
}

inline void reset_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    w.record->time = 0.0;
    w.record->steps = 0;
    w.record->done = 0;
    spawn(context, w);
    ++w.record->episode;
    compute_directions(w);
    describe_all(context, w, world);
    write_observations(context, w, scratch, context.observations, world);
}

// The first ego vehicle that crashes, or leaves the road where that counts, ends the episode.
inline void end_world(const StepContext& context, const World& w, int world) {
    const highway::Outcome* outcomes = context.outcomes + first_agent(context, world);
    const Config& c = *context.config;
    bool terminated = false;
    for (int k = 0; k < w.controlled.count; ++k) {
        terminated |= outcomes[k].crashed != 0 || (c.offroad_terminal && outcomes[k].on_road == 0);
    }
    context.terminated[world] = terminated;
    context.truncated[world] = w.record->time >= c.duration;
    w.record->done = context.terminated[world] || context.truncated[world] ? 1 : 0;
}

// With Autoreset::kNextStep a step after the end starts an episode and earns nothing; its action is
// ignored, as Gymnasium's NEXT_STEP mode has it.
inline void begin_next_episode(const StepContext& context, Scratch& scratch, int world) {
    reset_world(context, scratch, world);
    const std::ptrdiff_t first = first_agent(context, world);
    const std::ptrdiff_t last = first + context.controlled.count;
    for (std::ptrdiff_t k = first; k < last; ++k) context.rewards[k] = 0.0;
    for (std::ptrdiff_t k = first * highway::kTerms; k < last * highway::kTerms; ++k) {
        context.reward_terms[k] = 0.0;
    }
    for (std::ptrdiff_t k = first * highway::kBaseTerms; k < last * highway::kBaseTerms; ++k) {
        context.base_terms[k] = 0.0;
    }
    context.terminated[world] = context.truncated[world] = false;
}

inline void step_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    if (w.record->done != 0 && context.autoreset == Autoreset::kNextStep) {
        begin_next_episode(context, scratch, world);
        return;
    }
    w.record->time += context.policy_seconds;
    w.record->steps += 1;
    const std::ptrdiff_t first = first_agent(context, world);
    for (int k = 0; k < w.controlled.count; ++k) {
        take_action(context, w, first + k, w.controlled.first + k);
    }
    for (int frame = 0; frame < context.frames; ++frame) {
        advance_frame(w, scratch, context.frame_seconds);
    }
    describe_all(context, w, world);
    for (int k = 0; k < w.controlled.count; ++k) {
        const std::ptrdiff_t agent = first + k;
        context.rewards[agent] = score_ego(w, w.controlled.first + k, context.outcomes[agent],
                                           context.base_terms + agent * highway::kBaseTerms,
                                           context.reward_terms + agent * highway::kTerms);
    }
    end_world(context, w, world);
    if (w.record->done != 0 && context.autoreset == Autoreset::kSameStep) {
        for (int k = 0; k < w.controlled.count; ++k) {
            context.final_outcomes[first + k] = context.outcomes[first + k];
        }
        write_observations(context, w, scratch, context.final_observations, world);
        reset_world(context, scratch, world);
    } else {
        write_observations(context, w, scratch, context.observations, world);
    }
}

}  // namespace racer::RACER_ISA::traffic
