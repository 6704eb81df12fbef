// A policy step of worlds: actions, frames, rewards, ends, new episodes, observations.
#pragma once

#include "traffic/collide.hpp"
#include "traffic/driver.hpp"
#include "traffic/ego.hpp"
#include "traffic/observe.hpp"
#include "traffic/score.hpp"
#include "traffic/spawn.hpp"
#include "traffic/world.hpp"

namespace racer::RACER_ISA::traffic {

inline double fastest_speed(const World& w) {
    double fastest = 0.0;
    for (int i = 0; i < w.count; ++i) fastest = max(fastest, abs(w.speed[i]));
    return fastest;
}

inline void advance_frame(const World& w, Scratch& scratch, double dt) {
    list_lanes(w, scratch);
    decide(w, scratch, fastest_speed(w));
    command(w, scratch);
    move(w, dt);
    locate(w, scratch);
    sort_by_x(w);
    collide(w, scratch, dt, fastest_speed(w));
}

inline float* observation_of(const StepContext& context, float* rows, int world) {
    return rows + static_cast<std::ptrdiff_t>(world) * context.observation_size;
}

inline void write_observation(const StepContext& context, Scratch& scratch, int world) {
    observe(view_world(context, world), scratch,
            observation_of(context, context.observations, world));
}

inline void refresh_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    compute_directions(w);
    sort_by_x(w);
    describe(w, context.outcomes[world]);
    write_observation(context, scratch, world);
}

inline void reset_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    w.record->time = 0.0;
    w.record->steps = 0;
    w.record->done = 0;
    spawn(context, w);
    ++w.record->episode;
    compute_directions(w);
    describe(w, context.outcomes[world]);
    write_observation(context, scratch, world);
}

inline void end_world(const StepContext& context, const World& w, int world) {
    const highway::Outcome& out = context.outcomes[world];
    const Config& c = *context.config;
    context.terminated[world] = out.crashed != 0 || (c.offroad_terminal && out.on_road == 0);
    context.truncated[world] = w.record->time >= c.duration;
    w.record->done = context.terminated[world] || context.truncated[world] ? 1 : 0;
}

inline void step_world(const StepContext& context, Scratch& scratch, int world) {
    const World w = view_world(context, world);
    double* terms = context.reward_terms + static_cast<std::ptrdiff_t>(world) * highway::kTerms;
    double* parts = context.base_terms + static_cast<std::ptrdiff_t>(world) * highway::kBaseTerms;
    if (w.record->done != 0 && context.autoreset == Autoreset::kNextStep) {
        // The action of this step is ignored, as Gymnasium's NEXT_STEP mode has it.
        reset_world(context, scratch, world);
        for (int k = 0; k < highway::kTerms; ++k) terms[k] = 0.0;
        for (int k = 0; k < highway::kBaseTerms; ++k) parts[k] = 0.0;
        context.rewards[world] = 0.0;
        context.terminated[world] = context.truncated[world] = false;
        return;
    }
    w.record->time += context.policy_seconds;
    w.record->steps += 1;
    take_action(context, w, world);
    for (int frame = 0; frame < context.frames; ++frame) {
        advance_frame(w, scratch, context.frame_seconds);
    }
    describe(w, context.outcomes[world]);
    context.rewards[world] = score_ego(w, context.outcomes[world], parts, terms);
    end_world(context, w, world);
    if (w.record->done != 0 && context.autoreset == Autoreset::kSameStep) {
        context.final_outcomes[world] = context.outcomes[world];
        observe(w, scratch, observation_of(context, context.final_observations, world));
        reset_world(context, scratch, world);
    } else {
        write_observation(context, scratch, world);
    }
}

}  // namespace racer::RACER_ISA::traffic
