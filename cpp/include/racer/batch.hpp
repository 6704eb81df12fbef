// N worlds of K cars each, stepped at once: the only implementation of driving. A Gymnasium Env, a
// vector env, the viewer and a replay are views of a Batch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "racer/observation.hpp"
#include "racer/step_context.hpp"

namespace racer {

class ThreadPool;

// So short that no car ends two laps within one step, of which the second would hide the first.
inline constexpr int kMaxTicksPerAction = 120;

struct BatchOptions {
    int worlds = 1;
    int cars_per_world = 1;
    Controlled controlled;
    int ticks_per_action = 1;
    ActionKind action = ActionKind::kPedals;
    ObservationKind observation = ObservationKind::kLidar;
    Autoreset autoreset = Autoreset::kSameStep;
    int threads = 1;
    std::uint64_t seed = 0;
};

// Throws std::invalid_argument for options that make no sense.
void check_options(const BatchOptions& options);

class Batch {
  public:
    // The vehicle is copied. `tracks` are shared; `world_tracks` gives the index of each world's
    // track. Throws std::invalid_argument for options that make no sense.
    Batch(const Vehicle& vehicle, std::vector<std::shared_ptr<const Track>> tracks,
          std::span<const std::int32_t> world_tracks, const BatchOptions& options,
          const BatchConfig& config);

    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // Steps every world; reads context().actions. Allocates nothing.
    void step() noexcept;
    // Deals a world the track of that number, on which it drives from its next episode on.
    // Throws std::invalid_argument if there is none.
    void deal(int world, std::int32_t track);
    // Starts new episodes where mask is true (everywhere if it is empty). `seeds`, if not empty,
    // has one entry per world and restarts the random stream of each masked world.
    void reset(std::span<const bool> mask, std::span<const std::uint64_t> seeds) noexcept;
    // Puts one car somewhere and restarts its lap clock; world and car must be in range.
    void place(int world, int car, const Placement& at) noexcept;
    // Physics alone, without track or rules (for benchmarks): the cars' positions become
    // meaningless.
    void run_physics(int ticks) noexcept;

    // The state of the cars of a world as `cars_per_world` records, and back.
    void snapshot(int world, CarRecord* records) const noexcept;
    void restore(int world, const CarRecord* records) noexcept;
    // Recomputes the observations of worlds after place() or restore().
    void observe(int first_world, int last_world) noexcept;
    // The observations of all cars as they are, of any kind, into rows of observation_size(kind).
    void observe_as(ObservationKind kind, float* rows) const noexcept;
    // A hash over every state field of a world's cars, in order.
    [[nodiscard]] std::uint64_t state_hash(int world) const noexcept;

    [[nodiscard]] StepContext& context() noexcept { return context_; }
    [[nodiscard]] const StepContext& context() const noexcept { return context_; }
    [[nodiscard]] const BatchOptions& options() const noexcept { return options_; }
    [[nodiscard]] const Track& track_of(int world) const noexcept;
    [[nodiscard]] int track_count() const noexcept { return static_cast<int>(tracks_.size()); }
    [[nodiscard]] int cars() const noexcept { return options_.worlds * options_.cars_per_world; }

  private:
    BatchOptions options_;
    BatchConfig config_;
    Vehicle vehicle_;
    std::vector<std::shared_ptr<const Track>> tracks_;
    std::vector<const Track*> all_tracks_;
    std::vector<std::int32_t> world_tracks_;
    std::vector<std::int32_t> next_tracks_;
    std::vector<const Track*> track_of_car_;
    std::vector<std::byte> storage_;  // all car fields, each aligned to a cache line
    StepContext context_;
    std::unique_ptr<ThreadPool> pool_;
};

}  // namespace racer
