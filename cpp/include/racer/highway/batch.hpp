// N highway worlds stepped at once: the only implementation of traffic, as racer::Batch is of
// circuits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "racer/highway/step_context.hpp"

namespace racer {
class ThreadPool;
}

namespace racer::highway {

struct Scratch;

struct BatchOptions {
    int worlds = 1;
    Controlled controlled;
    Autoreset autoreset = Autoreset::kSameStep;
    int threads = 1;
    std::uint64_t seed = 0;
};

class Batch {
  public:
    // Throws std::invalid_argument for a configuration or options that make no sense.
    Batch(const BatchOptions& options, const Config& config);

    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // One policy step of every world; reads the context's actions. Allocates nothing.
    void step() noexcept;
    // New episodes where mask is true (everywhere if it is empty). `seeds`, if not empty, has one
    // entry per world and restarts the random stream of each masked world.
    void reset(std::span<const bool> mask, std::span<const std::uint64_t> seeds) noexcept;

    // The state of a world: its vehicles by index, and its own record; and back.
    void snapshot(int world, VehicleRecord* vehicles, WorldRecord* record) const noexcept;
    void restore(int world, const VehicleRecord* vehicles, const WorldRecord& record) noexcept;
    // A hash over every state field of a world.
    [[nodiscard]] std::uint64_t state_hash(int world) const noexcept;

    [[nodiscard]] StepContext& context() noexcept { return context_; }
    [[nodiscard]] const StepContext& context() const noexcept { return context_; }
    [[nodiscard]] const BatchOptions& options() const noexcept { return options_; }
    [[nodiscard]] const Config& config() const noexcept { return config_; }

  private:
    void step_chunk(int index) noexcept;

    BatchOptions options_;
    Config config_;
    std::vector<std::byte> storage_;          // all vehicle fields, each aligned to a cache line
    std::vector<std::byte> scratch_storage_;  // of every thread
    std::vector<WorldRecord> records_;
    std::vector<Scratch> scratch_;  // one per thread
    StepContext context_;
    std::unique_ptr<ThreadPool> pool_;
};

// Fills in what follows from other settings, and refuses settings that make no sense.
[[nodiscard]] Config checked(Config config);

}  // namespace racer::highway
