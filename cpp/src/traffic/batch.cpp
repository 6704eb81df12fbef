#include "racer/highway/batch.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/arena.hpp"
#include "core/dispatch.hpp"
#include "core/float_environment.hpp"
#include "core/thread_pool.hpp"
#include "racer/hash.hpp"
#include "racer/highway/dimensions.hpp"
#include "racer/random.hpp"
#include "traffic/kernels.hpp"
#include "traffic/precise.hpp"

namespace racer::highway {

RACER_DEFINE_CHOICE(const Kernels& kernels(), Kernels, kKernels)

namespace {

void take_vehicles(Arena& arena, VehicleArrays& vehicles, std::size_t rows) {
#define RACER_FIELD(type, name, unit, meaning) vehicles.name = arena.take<type>(rows);
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    vehicles.cosine = arena.take<double>(rows);
    vehicles.sine = arena.take<double>(rows);
    vehicles.limit_low = arena.take<double>(rows);
    vehicles.limit_high = arena.take<double>(rows);
    vehicles.order = arena.take<std::int32_t>(rows);
}

void take_scratch(Arena& arena, Scratch& scratch, std::size_t lanes, std::size_t stride) {
    scratch.lists = arena.take<std::int32_t>(lanes * stride);
    scratch.counts = arena.take<std::int32_t>(lanes);
    scratch.front = arena.take<std::int32_t>(stride);
    scratch.place = arena.take<std::int32_t>(stride);
    scratch.front_s = arena.take<double>(stride);
    scratch.front_vx = arena.take<double>(stride);
    scratch.front_vy = arena.take<double>(stride);
    scratch.free_term = arena.take<double>(stride);
    scratch.closest = arena.take<double>(stride);
    scratch.d = arena.take<double>(stride);
    scratch.own_acceleration = arena.take<double>(stride);
    scratch.own_slip = arena.take<double>(stride);
    scratch.distance = arena.take<double>(stride);
    scratch.pair_capacity = static_cast<int>(4 * stride);
    scratch.pairs = arena.take<std::int32_t>(8 * stride);
}

void require(bool condition, const std::string& sentence) {
    if (!condition) throw std::invalid_argument(sentence);
}

// How many whole frames a policy step has, by HighwayEnv's floor division: 15 Hz hold 74 times 0.2,
// not 75, because the number 0.2 is a little more than a fifth.
int frames_of_step(const Config& c) {
    const double rest = std::fmod(c.simulation_frequency, c.policy_frequency);  // exact
    return static_cast<int>((c.simulation_frequency - rest) / c.policy_frequency + 0.5);
}

}  // namespace

Batch::Batch(const BatchOptions& options, const Config& config)
    : options_(options),
      config_(checked(config)),
      pool_(std::make_unique<ThreadPool>(std::clamp(options.threads, 1, 256))) {
    const Controlled controlled = options.controlled;
    require(controlled.count >= 1 && controlled.count <= kMaxVehicles,
            "controlled vehicles must be 1 to " + std::to_string(kMaxVehicles) + ", got " +
                std::to_string(controlled.count));
    require(controlled.first >= 0 && controlled.first <= config_.vehicles_count,
            "the first controlled vehicle must be 0 to " + std::to_string(config_.vehicles_count) +
                ", got " + std::to_string(controlled.first));
    const int count = config_.vehicles_count + controlled.count;
    const int stride = (count + kVehicleBlock - 1) / kVehicleBlock * kVehicleBlock;
    constexpr int kMaxRows = 1 << 24;
    require(options.worlds >= 1 && options.worlds <= kMaxRows / stride,
            "worlds must be 1 to " + std::to_string(kMaxRows / stride) + " with " +
                std::to_string(count) + " vehicles each, got " + std::to_string(options.worlds));
    require(options.threads >= 1 && options.threads <= 256,
            "threads must be 1 to 256, got " + std::to_string(options.threads));

    const auto rows = static_cast<std::size_t>(options.worlds) * static_cast<std::size_t>(stride);
    Arena sized;
    take_vehicles(sized, context_.vehicles, rows);
    storage_.resize(sized.bytes());
    Arena arena(storage_);
    take_vehicles(arena, context_.vehicles, rows);

    const auto lanes = static_cast<std::size_t>(config_.lanes_count);
    const auto threads = static_cast<std::size_t>(options.threads);
    scratch_.resize(threads);
    Arena measured;
    for (Scratch& s : scratch_) take_scratch(measured, s, lanes, static_cast<std::size_t>(stride));
    scratch_storage_.resize(measured.bytes());
    Arena shared(scratch_storage_);
    for (Scratch& s : scratch_) take_scratch(shared, s, lanes, static_cast<std::size_t>(stride));

    records_.resize(static_cast<std::size_t>(options.worlds));
    context_.config = &config_;
    context_.worlds = records_.data();
    context_.world_count = options.worlds;
    context_.vehicles_per_world = count;
    context_.controlled = controlled;
    context_.stride = stride;
    context_.frames = frames_of_step(config_);
    context_.frame_seconds = 1.0 / config_.simulation_frequency;
    context_.policy_seconds = 1.0 / config_.policy_frequency;
    context_.spawn_factor = RACER_ISA::precise::exp(-5.0 / 40.0 * config_.lanes_count);
    context_.autoreset = options.autoreset;
    context_.action_size = config_.longitudinal && config_.lateral ? 2 : 1;
    context_.observation_size = config_.observed_vehicles * config_.feature_count;

    for (int world = 0; world < options.worlds; ++world) {
        records_[static_cast<std::size_t>(world)].seed =
            split_seed(options.seed, static_cast<std::uint64_t>(world));
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(world) * stride;
        for (int i = 0; i < count; ++i) {  // the padding's limits stay 0: it does not move
            const bool ego = is_controlled(controlled, i);
            context_.vehicles.limit_low[row + i] = ego ? config_.speed_range.low : -kMaxSpeed;
            context_.vehicles.limit_high[row + i] = ego ? config_.speed_range.high : kMaxSpeed;
            context_.vehicles.order[row + i] = i;
        }
    }
}

Batch::~Batch() = default;

void Batch::step_chunk(int index) noexcept {
    const int threads = pool_->threads();
    const auto begin = [&](int i) {
        return static_cast<int>(static_cast<std::int64_t>(options_.worlds) * i / threads);
    };
    const FloatEnvironment guard;
    if (begin(index) < begin(index + 1)) {
        kernels().step(context_, scratch_[static_cast<std::size_t>(index)], begin(index),
                       begin(index + 1));
    }
}

void Batch::step() noexcept {
    pool_->run([](void* self, int index) { static_cast<Batch*>(self)->step_chunk(index); }, this);
}

void Batch::reset(std::span<const bool> mask, std::span<const std::uint64_t> seeds) noexcept {
    const FloatEnvironment guard;
    for (int world = 0; world < options_.worlds; ++world) {
        const auto w = static_cast<std::size_t>(world);
        if (!mask.empty() && !mask[w]) continue;
        if (!seeds.empty()) {
            records_[w].seed = seeds[w];
            records_[w].episode = 0;
        }
        kernels().reset(context_, scratch_.front(), world);
    }
}

void Batch::snapshot(int world, VehicleRecord* vehicles, WorldRecord* record) const noexcept {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(world) * context_.stride;
    for (int i = 0; i < context_.vehicles_per_world; ++i) {
#define RACER_FIELD(type, name, unit, meaning) vehicles[i].name = context_.vehicles.name[row + i];
        RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    }
    *record = records_[static_cast<std::size_t>(world)];
}

void Batch::restore(int world, const VehicleRecord* vehicles, const WorldRecord& record) noexcept {
    const FloatEnvironment guard;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(world) * context_.stride;
    for (int i = 0; i < context_.vehicles_per_world; ++i) {
#define RACER_FIELD(type, name, unit, meaning) context_.vehicles.name[row + i] = vehicles[i].name;
        RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    }
    records_[static_cast<std::size_t>(world)] = record;
    kernels().refresh(context_, scratch_.front(), world);
}

std::uint64_t Batch::state_hash(int world) const noexcept {
    Hash hash;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(world) * context_.stride;
    for (std::ptrdiff_t i = row; i < row + context_.vehicles_per_world; ++i) {
#define RACER_FIELD(type, name, unit, meaning) hash.add(context_.vehicles.name[i]);
        RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    }
    const WorldRecord& record = records_[static_cast<std::size_t>(world)];
#define RACER_FIELD(type, name, unit, meaning) hash.add(record.name);
    RACER_HIGHWAY_WORLD_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return hash.value();
}

}  // namespace racer::highway
