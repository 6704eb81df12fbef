#include <pybind11/stl.h>

#include <array>
#include <atomic>
#include <optional>

#include "bindings.hpp"
#include "racer/batch.hpp"

namespace racer::bindings {
namespace {

template <class T>
using Exact = py::array_t<T, py::array::c_style>;

py::dtype field_type(double*) { return py::dtype("f8"); }
py::dtype field_type(std::int32_t*) { return py::dtype("i4"); }
py::dtype field_type(std::int16_t*) { return py::dtype("i2"); }
py::dtype field_type(std::uint16_t*) { return py::dtype("u2"); }
py::dtype field_type(std::uint32_t*) { return py::dtype("u4"); }
py::dtype field_type(std::uint64_t*) { return py::dtype("u8"); }

py::dtype record_type() {
    py::list names;
    py::list formats;
    py::list offsets;
#define RACER_FIELD(type, name, unit, meaning)               \
    names.append(#name);                                     \
    formats.append(field_type(static_cast<type*>(nullptr))); \
    offsets.append(offsetof(CarRecord, name));
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return {names, formats, offsets, sizeof(CarRecord)};
}

py::dtype lap_event_type() {
    const auto numpy = py::module_::import("numpy");
    py::list names;
    py::list formats;
    py::list offsets;
    const auto add = [&](const char* name, const py::object& format, std::size_t offset) {
        names.append(name);
        formats.append(format);
        offsets.append(offset);
    };
    add("completed", py::str("u1"), offsetof(LapEvent, completed));
    add("valid", py::str("u1"), offsetof(LapEvent, valid));
    add("standing", py::str("u1"), offsetof(LapEvent, standing));
    add("reasons", py::str("u4"), offsetof(LapEvent, reasons));
    add("lap", py::str("i4"), offsetof(LapEvent, lap));
    add("finish_tick", py::str("i4"), offsetof(LapEvent, finish_tick));
    add("time", py::str("f8"), offsetof(LapEvent, time));
    add("sectors", py::str("(3,)f8"), offsetof(LapEvent, sectors));
    return {names, formats, offsets, sizeof(LapEvent)};
}

// A Batch with the arrays that its steps write, all allocated once, here.
class PyBatch {
  public:
    PyBatch(const py::list& tracks, int num_worlds, const py::object& world_tracks,
            int cars_per_world, const std::string& vehicle, const std::string& action,
            const std::string& observation, int ticks_per_action, const std::string& autoreset,
            int threads, std::uint64_t seed, const BatchConfig& config) {
        const Vehicle* car = find_vehicle(vehicle);
        if (car == nullptr) throw py::value_error("vehicle '" + vehicle + "' is not known");
        BatchOptions options;
        options.worlds = num_worlds;
        options.cars_per_world = cars_per_world;
        options.ticks_per_action = ticks_per_action;
        options.threads = threads;
        options.seed = seed;
        options.action = choose<ActionKind>(
            "action", action, {{"pedals", ActionKind::kPedals}, {"axis", ActionKind::kAxis}});
        options.observation = choose<ObservationKind>(
            "observation", observation,
            {{"lidar", ObservationKind::kLidar}, {"track", ObservationKind::kTrack}});
        options.autoreset = choose<Autoreset>("autoreset", autoreset,
                                              {{"same_step", Autoreset::kSameStep},
                                               {"next_step", Autoreset::kNextStep},
                                               {"disabled", Autoreset::kDisabled}});
        std::vector<std::shared_ptr<const Track>> shared;
        for (const auto& item : tracks) shared.push_back(item.cast<const TrackHandle&>().track);
        std::vector<std::int32_t> index(static_cast<std::size_t>(std::max(num_worlds, 0)), 0);
        if (!world_tracks.is_none()) index = world_tracks.cast<std::vector<std::int32_t>>();
        batch_ = std::make_unique<Batch>(*car, std::move(shared), index, options, config);

        StepContext& context = batch_->context();
        const py::ssize_t n = num_worlds;
        const py::ssize_t k = cars_per_world;
        observations = Exact<float>({n, k, py::ssize_t{context.observation_size}});
        final_observations = Exact<float>({n, k, py::ssize_t{context.observation_size}});
        rewards = Exact<float>({n, k});
        reward_terms = Exact<float>({n, k, py::ssize_t{kRewardTerms}});
        terminated = Exact<bool>(n);
        truncated = Exact<bool>(n);
        lap_events = py::array(lap_event_type(), {n, k});
        final_records = py::array(record_type(), {n, k});
        context.observations = observations.mutable_data();
        context.final_observations = final_observations.mutable_data();
        context.rewards = rewards.mutable_data();
        context.reward_terms = reward_terms.mutable_data();
        context.terminated = terminated.mutable_data();
        context.truncated = truncated.mutable_data();
        context.lap_events = static_cast<LapEvent*>(lap_events.mutable_data());
        context.final_records = static_cast<CarRecord*>(final_records.mutable_data());
        for (const auto* array : std::array<const py::array*, 8>{
                 &observations, &final_observations, &rewards, &reward_terms, &terminated,
                 &truncated, &lap_events, &final_records}) {
            std::memset(const_cast<void*>(array->data()), 0,
                        static_cast<std::size_t>(array->nbytes()));
        }
        batch_->reset({}, {});
    }

    void step(const Exact<float>& actions) {
        const StepContext& c = batch_->context();
        if (actions.ndim() != 3 || actions.shape(0) != c.worlds ||
            actions.shape(1) != c.cars_per_world || actions.shape(2) != c.action_size) {
            throw py::value_error("actions must have shape (" + std::to_string(c.worlds) + ", " +
                                  std::to_string(c.cars_per_world) + ", " +
                                  std::to_string(c.action_size) + "), got " +
                                  py::str(py::tuple(actions.attr("shape"))).cast<std::string>());
        }
        const Busy busy(*this);
        batch_->context().actions = actions.data();
        {
            const py::gil_scoped_release release;
            batch_->step();
        }
    }

    void reset(const std::optional<Exact<bool>>& mask,
               const std::optional<Exact<std::uint64_t>>& seeds) {
        const Busy busy(*this);
        std::span<const bool> chosen;
        std::span<const std::uint64_t> streams;
        if (mask) chosen = {mask->data(), per_world(*mask, "mask")};
        if (seeds) streams = {seeds->data(), per_world(*seeds, "seeds")};
        const py::gil_scoped_release release;
        batch_->reset(chosen, streams);
    }

    void place(int world, int car, double s, double n, double heading_error, double speed) {
        const Busy busy(*this);
        check_index("world", world, batch_->options().worlds);
        check_index("car", car, batch_->options().cars_per_world);
        for (const double value : {s, n, heading_error, speed}) {
            if (!(value - value == 0.0)) {
                throw py::value_error("s, n, heading_error and speed must be finite");
            }
        }
        const Track& track = batch_->track_of(world);
        const auto at = static_cast<std::size_t>(
            std::clamp(static_cast<int>(s / track.spacing), 0, track.station_count - 1));
        const Station& station = track.stations[at];
        if (n > station.wall_left || n < -station.wall_right) {
            throw py::value_error(
                "n = " + std::to_string(n) + " m lies beyond the wall; it must be " +
                std::to_string(-station.wall_right) + " to " + std::to_string(station.wall_left));
        }
        if (speed < 0.0 || speed > 150.0) {
            throw py::value_error("speed must be 0 to 150 m/s, got " + std::to_string(speed));
        }
        batch_->place(world, car, {s, n, heading_error, speed});
    }

    py::array snapshot(const std::optional<std::vector<int>>& indices) const {
        const Busy busy(*this);
        const std::vector<int> worlds = worlds_of(indices);
        const py::ssize_t k = batch_->options().cars_per_world;
        py::array records(record_type(), {static_cast<py::ssize_t>(worlds.size()), k});
        auto* out = static_cast<CarRecord*>(records.mutable_data());
        for (const int world : worlds) {
            batch_->snapshot(world, out);
            out += k;
        }
        return records;
    }

    void restore(const py::array& records, const std::optional<std::vector<int>>& indices) {
        const Busy busy(*this);
        const std::vector<int> worlds = worlds_of(indices);
        const py::ssize_t k = batch_->options().cars_per_world;
        if (!records.dtype().equal(record_type())) {
            throw py::value_error("records must have the dtype of snapshot(), got " +
                                  py::str(records.dtype()).cast<std::string>());
        }
        if (records.ndim() != 2 || records.shape(0) != static_cast<py::ssize_t>(worlds.size()) ||
            records.shape(1) != k) {
            throw py::value_error("records must have shape (" + std::to_string(worlds.size()) +
                                  ", " + std::to_string(k) + ")");
        }
        const py::array packed = py::module_::import("numpy").attr("ascontiguousarray")(records);
        const auto* in = static_cast<const CarRecord*>(packed.data());
        for (std::size_t i = 0; i < worlds.size() * static_cast<std::size_t>(k); ++i) {
            check_record(in[i], batch_->track_of(worlds[i / static_cast<std::size_t>(k)]));
        }
        for (const int world : worlds) {
            batch_->restore(world, in);
            in += k;
        }
        if (indices) {
            for (const int world : worlds) batch_->observe(world, world + 1);
        } else {
            batch_->observe(0, batch_->options().worlds);
        }
    }

    py::array_t<std::uint64_t> state_hash() const {
        const Busy busy(*this);
        py::array_t<std::uint64_t> hashes(batch_->options().worlds);
        for (int world = 0; world < batch_->options().worlds; ++world) {
            hashes.mutable_at(world) = batch_->state_hash(world);
        }
        return hashes;
    }

    void run_physics(int ticks) {
        const Busy busy(*this);
        const py::gil_scoped_release release;
        batch_->run_physics(ticks);
    }

    [[nodiscard]] const Batch& batch() const { return *batch_; }

    Exact<float> observations, final_observations, rewards, reward_terms;
    Exact<bool> terminated, truncated;
    py::array lap_events, final_records;

  private:
    // Marks the batch as in use; a second thread gets a RuntimeError instead of a race.
    class Busy {
      public:
        explicit Busy(const PyBatch& batch) : flag_(batch.busy_) {
            if (flag_.test_and_set(std::memory_order_acquire)) {
                throw std::runtime_error("this Batch is being used by another thread");
            }
        }
        ~Busy() { flag_.clear(std::memory_order_release); }
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

      private:
        std::atomic_flag& flag_;
    };

    template <class T>
    static T choose(const char* what, const std::string& name,
                    std::initializer_list<std::pair<const char*, T>> options) {
        std::string known;
        for (const auto& [key, value] : options) {
            if (name == key) return value;
            known += (known.empty() ? "'" : ", '") + std::string(key) + "'";
        }
        throw py::value_error(std::string(what) + " must be one of " + known + ", got '" + name +
                              "'");
    }

    std::size_t per_world(const py::array& array, const char* name) const {
        if (array.ndim() != 1 || array.shape(0) != batch_->options().worlds) {
            throw py::value_error(std::string(name) + " must have shape (" +
                                  std::to_string(batch_->options().worlds) + ",)");
        }
        return static_cast<std::size_t>(array.size());
    }

    static void check_index(const char* what, int index, int count) {
        if (index >= 0 && index < count) return;
        throw py::index_error(std::string(what) + " must be 0 to " + std::to_string(count - 1) +
                              ", got " + std::to_string(index));
    }

    // A record may come from a file: nothing in it may lead a step outside its arrays.
    static void check_record(const CarRecord& r, const Track& track) {
        const auto bad = [](const std::string& what) {
            throw py::value_error("snapshot field " + what);
        };
#define RACER_FIELD(type, name, unit, meaning)                                 \
    if (!(static_cast<double>(r.name) - static_cast<double>(r.name) == 0.0)) { \
        bad(#name " is not a finite number");                                  \
    }
        RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
        if (r.station < 0 || r.station >= track.station_count) {
            bad("station is " + std::to_string(r.station) + ", outside the track's " +
                std::to_string(track.station_count));
        }
        if (r.checkpoint < 0 || r.sector < 0 || r.sector >= kSectors || r.episode_ticks < 0 ||
            r.episode_steps < 0) {
            bad("checkpoint, sector, episode_ticks or episode_steps is out of range");
        }
        if (r.s < 0.0 || r.s >= track.length) bad("s lies outside the lap");
        const double unit = r.cos_yaw * r.cos_yaw + r.sin_yaw * r.sin_yaw;
        if (unit < 0.99 || unit > 1.01) bad("cos_yaw, sin_yaw is not a unit vector");
        for (const double v : {r.v_x, r.v_y}) {
            if (v < -1000.0 || v > 1000.0) bad("v_x or v_y is beyond 1000 m/s");
        }
    }

    std::vector<int> worlds_of(const std::optional<std::vector<int>>& indices) const {
        std::vector<int> worlds;
        if (indices) {
            for (const int world : *indices) check_index("index", world, batch_->options().worlds);
            return *indices;
        }
        for (int world = 0; world < batch_->options().worlds; ++world) worlds.push_back(world);
        return worlds;
    }

    std::unique_ptr<Batch> batch_;
    mutable std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};

// Live, read-only views of every car field, by name.
py::dict facts(const py::object& self) {
    const Batch& batch = self.cast<const PyBatch&>().batch();
    const CarArrays& cars = batch.context().cars;
    const std::vector<py::ssize_t> shape = {batch.options().worlds, batch.options().cars_per_world};
    py::dict views;
#define RACER_FIELD(type, name, unit, meaning) views[#name] = constant_view(cars.name, shape, self);
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return views;
}

// The last inputs (N, K, 3) as a copy.
py::array_t<std::int16_t> inputs(const PyBatch& self) {
    const Batch& batch = self.batch();
    const CarArrays& cars = batch.context().cars;
    py::array_t<std::int16_t> result({batch.options().worlds, batch.options().cars_per_world, 3});
    std::int16_t* out = result.mutable_data();
    for (int car = 0; car < batch.cars(); ++car) {
        *out++ = cars.input_steer[car];
        *out++ = cars.input_throttle[car];
        *out++ = cars.input_brake[car];
    }
    return result;
}

py::list fact_table() {
    py::list rows;
    const auto add = [&](const char* name, const char* unit, const char* meaning) {
        py::dict row;
        row["name"] = name;
        row["unit"] = unit;
        row["meaning"] = meaning;
        rows.append(row);
    };
#define RACER_FIELD(type, name, unit, meaning) add(#name, unit, meaning);
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return rows;
}

}  // namespace

void bind_batch(py::module_& m) {
    m.attr("CAR_STATE") = record_type();  // dtype of snapshot() records
    m.def("fact_table", &fact_table, "Every fact of a car: name, unit, meaning.");
    m.attr("LAP_REASONS") = [] {
        py::dict reasons;
        reasons["off_track"] = static_cast<int>(kLapOffTrack);
        reasons["wall"] = static_cast<int>(kLapWall);
        reasons["reversed"] = static_cast<int>(kLapReversed);
        reasons["fault"] = static_cast<int>(kLapFault);
        return reasons;
    }();

    py::class_<PyBatch>(m, "Batch",
                        "N worlds of K cars each, stepped at once.\n\n"
                        "Output arrays are live: the next call overwrites them; copy to keep.")
        .def(py::init<const py::list&, int, const py::object&, int, const std::string&,
                      const std::string&, const std::string&, int, const std::string&, int,
                      std::uint64_t, const BatchConfig&>(),
             py::arg("tracks"), py::arg("num_worlds"), py::kw_only(),
             py::arg("world_tracks") = py::none(), py::arg("cars_per_world") = 1,
             py::arg("vehicle") = "gt", py::arg("action") = "pedals",
             py::arg("observation") = "lidar", py::arg("ticks_per_action") = 1,
             py::arg("autoreset") = "same_step", py::arg("threads") = 1, py::arg("seed") = 0,
             py::arg("config") = BatchConfig())
        .def("step", &PyBatch::step, py::arg("actions").noconvert(),
             "One step of every world. `actions`: float32 (N, K, A), C-contiguous.")
        .def("reset", &PyBatch::reset, py::arg("mask").noconvert() = py::none(),
             py::arg("seeds").noconvert() = py::none(),
             "New episodes where mask (N,) bool is true; seeds (N,) uint64 restart their streams.")
        .def("place", &PyBatch::place, py::arg("world"), py::arg("car"), py::arg("s"),
             py::arg("n") = 0.0, py::arg("heading_error") = 0.0, py::arg("speed") = 0.0,
             "Puts a car at (s, n) [m] with a heading error [rad] and a speed [m/s] and restarts\n"
             "its lap clock; at rest at s = 0 this is a standing start.")
        .def("snapshot", &PyBatch::snapshot, py::arg("indices") = py::none(),
             "State of worlds as a structured array (n, K), every field by name.")
        .def("restore", &PyBatch::restore, py::arg("records"), py::arg("indices") = py::none(),
             "Puts worlds into snapshot states. Raises ValueError if a record makes no sense.")
        .def("state_hash", &PyBatch::state_hash, "Hash (N,) uint64 over every field of each world.")
        .def("run_physics", &PyBatch::run_physics, py::arg("ticks"),
             "Physics alone, for benchmarks: no track, no rules; positions lose their meaning.")
        .def_readonly("observations", &PyBatch::observations, "(N, K, D) float32")
        .def_readonly("final_observations", &PyBatch::final_observations,
                      "(N, K, D) float32: last observation of worlds that ended (same_step)")
        .def_readonly("final_records", &PyBatch::final_records,
                      "(N, K) records: last state of worlds that ended (same_step)")
        .def_readonly("rewards", &PyBatch::rewards, "(N, K) float32")
        .def_readonly("reward_terms", &PyBatch::reward_terms, "(N, K, T) float32")
        .def_readonly("terminated", &PyBatch::terminated, "(N,) bool")
        .def_readonly("truncated", &PyBatch::truncated, "(N,) bool")
        .def_readonly("lap_events", &PyBatch::lap_events, "(N, K) laps that ended in the last step")
        .def_property_readonly("facts", &facts, "Live, read-only views (N, K) of every car field.")
        .def_property_readonly("inputs", &inputs,
                               "(N, K, 3) int16: last steer, throttle, brake in 1/32767 (a copy)")
        .def_property_readonly("num_worlds",
                               [](const PyBatch& b) { return b.batch().options().worlds; })
        .def_property_readonly("cars_per_world",
                               [](const PyBatch& b) { return b.batch().options().cars_per_world; })
        .def_property_readonly(
            "ticks_per_action",
            [](const PyBatch& b) { return b.batch().options().ticks_per_action; })
        .def_property_readonly(
            "observation_size",
            [](const PyBatch& b) { return b.batch().context().observation_size; })
        .def_property_readonly("action_size",
                               [](const PyBatch& b) { return b.batch().context().action_size; })
        .def_property_readonly("nan_actions", [](const PyBatch& b) {
            std::uint64_t sum = 0;
            const CarArrays& cars = b.batch().context().cars;
            for (int car = 0; car < b.batch().cars(); ++car) sum += cars.nan_actions[car];
            return sum;
        });
}

}  // namespace racer::bindings
