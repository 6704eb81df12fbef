#include "racer/batch.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "circuit/kernels.hpp"
#include "core/arena.hpp"
#include "core/dispatch.hpp"
#include "core/float_environment.hpp"
#include "core/thread_pool.hpp"
#include "racer/hash.hpp"
#include "racer/observation.hpp"
#include "racer/random.hpp"

namespace racer {

RACER_DEFINE_CHOICE(const Kernels& kernels(), Kernels, kKernels)

namespace {

int padded(int cars) { return (cars + kCarBlock - 1) / kCarBlock * kCarBlock; }

void take_cars(Arena& arena, CarArrays& cars, std::size_t count) {
#define RACER_FIELD(type, name, unit, meaning) cars.name = arena.take<type>(count);
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
}

void require(bool condition, const std::string& sentence) {
    if (!condition) throw std::invalid_argument(sentence);
}

}  // namespace

void check_options(const BatchOptions& options) {
    constexpr int kMaxCars = 1 << 22;
    require(options.worlds >= 1 && options.cars_per_world >= 1 &&
                options.worlds <= kMaxCars / options.cars_per_world,
            "worlds x cars_per_world must be 1 to 4194304, got " + std::to_string(options.worlds) +
                " x " + std::to_string(options.cars_per_world));
    require(options.controlled.first >= 0 && options.controlled.count >= 1 &&
                options.controlled.count <= options.cars_per_world - options.controlled.first,
            "controlled cars must be some of the " + std::to_string(options.cars_per_world) +
                " of a world, got " + std::to_string(options.controlled.count) + " from car " +
                std::to_string(options.controlled.first) + " on");
    require(options.ticks_per_action >= 1 && options.ticks_per_action <= kMaxTicksPerAction,
            "ticks_per_action must be 1 to " + std::to_string(kMaxTicksPerAction) + ", got " +
                std::to_string(options.ticks_per_action));
    require(options.threads >= 1 && options.threads <= 256,
            "threads must be 1 to 256, got " + std::to_string(options.threads));
}

Batch::Batch(const Vehicle& vehicle, std::vector<std::shared_ptr<const Track>> tracks,
             std::span<const std::int32_t> world_tracks, const BatchOptions& options,
             const BatchConfig& config)
    : options_(options),
      config_(config),
      vehicle_(vehicle),
      tracks_(std::move(tracks)),
      pool_(std::make_unique<ThreadPool>(std::clamp(options.threads, 1, 256))) {
    check_options(options);
    require(config.start.speed_low <= config.start.speed_high,
            "spawn_speed_low must not exceed spawn_speed_high");
    require(!tracks_.empty(), "a batch needs at least one track");
    require(world_tracks.size() == static_cast<std::size_t>(options.worlds),
            "world_tracks must have one entry per world (" + std::to_string(options.worlds) +
                "), got " + std::to_string(world_tracks.size()));

    const int k = options.cars_per_world;
    const int all = padded(cars());
    track_of_car_.assign(static_cast<std::size_t>(all), tracks_.front().get());
    for (const auto& track : tracks_) all_tracks_.push_back(track.get());
    next_tracks_.resize(static_cast<std::size_t>(options.worlds));
    for (int world = 0; world < options.worlds; ++world) {
        const std::int32_t dealt = world_tracks[static_cast<std::size_t>(world)];
        deal(world, dealt);
        std::fill_n(track_of_car_.begin() + static_cast<std::ptrdiff_t>(world) * k, k,
                    all_tracks_[static_cast<std::size_t>(dealt)]);
    }
    world_tracks_ = next_tracks_;

    Arena sized;
    take_cars(sized, context_.cars, static_cast<std::size_t>(all));
    storage_.resize(sized.bytes());
    Arena arena(storage_);
    take_cars(arena, context_.cars, static_cast<std::size_t>(all));

    context_.vehicle = &vehicle_;
    context_.tracks = track_of_car_.data();
    context_.all_tracks = all_tracks_.data();
    context_.world_tracks = world_tracks_.data();
    context_.next_tracks = next_tracks_.data();
    context_.config = &config_;
    context_.worlds = options.worlds;
    context_.cars_per_world = k;
    context_.controlled = options.controlled;
    context_.ticks_per_action = options.ticks_per_action;
    context_.action = options.action;
    context_.observation = options.observation;
    context_.autoreset = options.autoreset;
    context_.action_size = options.action == ActionKind::kAxis ? 2 : 3;
    context_.observation_size = observation_size(options.observation);

    const FloatEnvironment guard;
    for (int car = 0; car < all; ++car) {
        context_.cars.seed[car] = split_seed(options.seed, static_cast<std::uint64_t>(car / k));
        kernels().place(context_, car, Placement{});  // padding cars stand on the line, at rest
    }
}

Batch::~Batch() = default;

namespace {

// Worlds in chunks of whole car blocks, one contiguous run of chunks per thread.
struct ChunkedStep {
    const StepContext* context;
    int threads;
};

void step_chunk(void* argument, int index) {
    const auto& job = *static_cast<const ChunkedStep*>(argument);
    const int chunks = (job.context->worlds + kCarBlock - 1) / kCarBlock;
    const auto begin = [&](int i) {
        const auto chunk = static_cast<std::int64_t>(chunks) * i / job.threads;
        return std::min(static_cast<int>(chunk) * kCarBlock, job.context->worlds);
    };
    const FloatEnvironment guard;
    if (begin(index) < begin(index + 1)) {
        kernels().step(*job.context, begin(index), begin(index + 1));
    }
}

}  // namespace

void Batch::step() noexcept {
    ChunkedStep job{&context_, pool_->threads()};
    pool_->run(step_chunk, &job);
}

void Batch::deal(int world, std::int32_t track) {
    require(track >= 0 && track < static_cast<std::int32_t>(tracks_.size()),
            "world_tracks[" + std::to_string(world) + "] is " + std::to_string(track) +
                ", but there are " + std::to_string(tracks_.size()) + " tracks");
    next_tracks_[static_cast<std::size_t>(world)] = track;
}

void Batch::reset(std::span<const bool> mask, std::span<const std::uint64_t> seeds) noexcept {
    const FloatEnvironment guard;
    const int k = options_.cars_per_world;
    for (int world = 0; world < options_.worlds; ++world) {
        const auto w = static_cast<std::size_t>(world);
        if (!mask.empty() && !mask[w]) continue;
        if (!seeds.empty()) {
            for (int car = world * k; car < (world + 1) * k; ++car) {
                context_.cars.seed[car] = seeds[w];
                context_.cars.episode[car] = 0;
            }
        }
        kernels().reset(context_, world);
        kernels().observe(context_, world, world + 1);
        // What the last step said of the world is no longer true.
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(world) * k;
        std::fill_n(context_.rewards + first, k, 0.0F);
        std::fill_n(context_.reward_terms + first * kRewardTerms, k * kRewardTerms, 0.0F);
        std::fill_n(context_.lap_events + first, k, LapEvent{});
        context_.terminated[world] = context_.truncated[world] = false;
    }
}

void Batch::place(int world, int car, const Placement& at) noexcept {
    const FloatEnvironment guard;
    kernels().place(context_, world * options_.cars_per_world + car, at);
    kernels().observe(context_, world, world + 1);
}

void Batch::run_physics(int ticks) noexcept {
    const FloatEnvironment guard;
    kernels().physics(context_, ticks);
}

void Batch::snapshot(int world, CarRecord* records) const noexcept {
    const int k = options_.cars_per_world;
    for (int i = 0; i < k; ++i) records[i] = read_record(context_.cars, world * k + i);
}

void Batch::restore(int world, const CarRecord* records) noexcept {
    const int k = options_.cars_per_world;
    for (int i = 0; i < k; ++i) write_record(context_.cars, world * k + i, records[i]);
}

void Batch::observe(int first_world, int last_world) noexcept {
    const FloatEnvironment guard;
    kernels().observe(context_, first_world, last_world);
}

void Batch::observe_as(ObservationKind kind, float* rows) const noexcept {
    const FloatEnvironment plain;
    StepContext other = context_;
    other.observation = kind;
    other.observation_size = observation_size(kind);
    other.observations = rows;
    kernels().observe(other, 0, options_.worlds);
}

std::uint64_t Batch::state_hash(int world) const noexcept {
    Hash hash;
    const int k = options_.cars_per_world;
    for (int car = world * k; car < (world + 1) * k; ++car) {
#define RACER_FIELD(type, name, unit, meaning) hash.add(context_.cars.name[car]);
        RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    }
    return hash.value();
}

const Track& Batch::track_of(int world) const noexcept {
    return *track_of_car_[static_cast<std::size_t>(world) *
                          static_cast<std::size_t>(options_.cars_per_world)];
}

}  // namespace racer
