#include <cmath>

#include "circuit.hpp"
#include "racer/batch.hpp"
#include "racer/observation.hpp"
#include "racer/text.hpp"
#include "worlds.hpp"

namespace racer::bindings {
namespace {

// How many times its own friction or mass a car may have that is not the frozen one.
void check_factor(const char* name, double value) {
    if (!(value >= 0.5 && value <= 1.5)) {
        throw py::value_error(std::string(name) + " must be 0.5 to 1.5, got " + number_text(value));
    }
}

// A Batch with the arrays that its steps write, all allocated once, here.
class PyBatch {
  public:
    PyBatch(const py::list& tracks, int num_worlds, const py::object& world_tracks,
            int cars_per_world, const std::string& vehicle, const std::string& action,
            const std::string& observation, int ticks_per_action, const std::string& autoreset,
            int threads, std::uint64_t seed, const BatchConfig& config, double grip, double mass)
        : worlds("Batch", engine(tracks, num_worlds, world_tracks, cars_per_world, vehicle, action,
                                 observation, ticks_per_action, autoreset, threads, seed, config,
                                 grip, mass)) {
        StepContext& context = worlds.engine().context();
        const py::ssize_t n = num_worlds;
        const py::ssize_t k = cars_per_world;
        observations = Exact<float>({n, k, py::ssize_t{context.observation_size}});
        final_observations = Exact<float>({n, k, py::ssize_t{context.observation_size}});
        rewards = Exact<float>({n, k});
        reward_terms = Exact<float>({n, k, py::ssize_t{kRewardTerms}});
        terminated = Exact<bool>(n);
        truncated = Exact<bool>(n);
        lap_events = py::array(lap_event_type(), {n, k});
        final_records = py::array(car_type(), {n, k});
        context.observations = observations.mutable_data();
        context.final_observations = final_observations.mutable_data();
        context.rewards = rewards.mutable_data();
        context.reward_terms = reward_terms.mutable_data();
        context.terminated = terminated.mutable_data();
        context.truncated = truncated.mutable_data();
        context.lap_events = static_cast<LapEvent*>(lap_events.mutable_data());
        context.final_records = static_cast<CarRecord*>(final_records.mutable_data());
        clear({&observations, &final_observations, &rewards, &reward_terms, &terminated, &truncated,
               &lap_events, &final_records});
        worlds.engine().reset({}, {});
        arguments = py::make_tuple(tracks, num_worlds, cars_per_world, vehicle, action, observation,
                                   ticks_per_action, autoreset, threads, seed, config, grip, mass);
    }

    // All that makes it what it is: arguments, circuits, states of the cars, outputs of the last
    // step.
    [[nodiscard]] py::tuple state() const {
        return py::make_tuple(arguments, numbers(&StepContext::world_tracks),
                              numbers(&StepContext::next_tracks), snapshot(py::none()),
                              copies({&observations, &final_observations, &rewards, &reward_terms,
                                      &terminated, &truncated, &lap_events, &final_records}));
    }
    // Whole numbers (N,) of the context, a copy.
    template <class Numbers>
    [[nodiscard]] py::array_t<std::int32_t> numbers(Numbers StepContext::* of) const {
        const Batch& engine = batch();
        return py::array_t<std::int32_t>(engine.options().worlds, engine.context().*of);
    }
    static std::unique_ptr<PyBatch> from_state(const py::tuple& state) {
        const auto a = state[0].cast<py::tuple>();
        auto made = std::make_unique<PyBatch>(
            a[0].cast<py::list>(), a[1].cast<int>(), state[1], a[2].cast<int>(),
            a[3].cast<std::string>(), a[4].cast<std::string>(), a[5].cast<std::string>(),
            a[6].cast<int>(), a[7].cast<std::string>(), a[8].cast<int>(),
            a[9].cast<std::uint64_t>(), a[10].cast<const BatchConfig&>(), a[11].cast<double>(),
            a[12].cast<double>());
        made->restore(state[3].cast<py::array>(), py::none());
        made->deal(state[2], py::none());
        fill({&made->observations, &made->final_observations, &made->rewards, &made->reward_terms,
              &made->terminated, &made->truncated, &made->lap_events, &made->final_records},
             state[4].cast<py::tuple>());
        return made;
    }

    void step(const Exact<float>& actions) {
        StepContext& c = worlds.engine().context();
        check_shape("actions", actions, {c.worlds, c.cars_per_world, c.action_size});
        const Worlds<Batch>::Busy busy(worlds);
        c.actions = actions.data();
        worlds.step();
    }

    // Drives recorded inputs (T, 3) with the only car, and says what a lap's proof needs.
    py::dict drive(const Exact<std::int16_t>& inputs, bool records, int hash_every) {
        StepContext& c = worlds.engine().context();
        if (c.worlds * c.cars_per_world != 1 || c.ticks_per_action != 1 || c.action_size != 3 ||
            c.autoreset != Autoreset::kDisabled) {
            throw py::value_error(
                "drive() takes a batch of one car with action='pedals', ticks_per_action=1 and "
                "autoreset='disabled'");
        }
        if (hash_every < 1) throw py::value_error("hash_every must be at least 1");
        if (inputs.ndim() != 2 || inputs.shape(1) != 3) {
            throw py::value_error("inputs must have shape (T, 3)");
        }
        const Worlds<Batch>::Busy busy(worlds);
        const py::ssize_t ticks = inputs.shape(0);
        Exact<std::uint64_t> hashes((ticks + hash_every - 1) / hash_every);
        py::array states(car_type(), std::vector<py::ssize_t>{records ? ticks : 0});
        auto* hash = hashes.mutable_data();
        auto* state = static_cast<CarRecord*>(states.mutable_data());
        const std::int16_t* input = inputs.data();
        std::vector<LapEvent> events;
        std::vector<std::int64_t> ends, starts;
        std::int64_t running_since = -1;  // before these ticks, or not at all
        {
            const py::gil_scoped_release release;
            Batch& engine = worlds.engine();
            const CarArrays& cars = c.cars;
            float action[3];
            c.actions = action;
            for (py::ssize_t tick = 0; tick < ticks; ++tick) {
                for (float& pedal : action) pedal = static_cast<float>(*input++) / 32767.0F;
                const bool running = cars.lap_running[0] != 0;
                engine.step();
                if (c.lap_events[0].completed != 0) {
                    events.push_back(c.lap_events[0]);
                    ends.push_back(tick);
                    starts.push_back(running_since);
                    running_since = tick;
                } else if (!running && cars.lap_running[0] != 0) {
                    running_since = tick;
                }
                if ((tick + 1) % hash_every == 0 || tick + 1 == ticks) {
                    *hash++ = engine.state_hash(0);
                }
                if (records) engine.snapshot(0, state++);
            }
            c.actions = nullptr;
        }
        const auto count = static_cast<py::ssize_t>(events.size());
        py::array laps(lap_event_type(), std::vector<py::ssize_t>{count});
        std::copy(events.begin(), events.end(), static_cast<LapEvent*>(laps.mutable_data()));
        py::dict answer;
        answer["hashes"] = hashes;
        answer["events"] = laps;
        answer["ends"] = Exact<std::int64_t>(count, ends.data());
        answer["starts"] = Exact<std::int64_t>(count, starts.data());
        answer["running_since"] = running_since;
        answer["records"] = states;
        return answer;
    }

    void place(int world, int car, double s, double n, double heading_error, double speed) {
        const Worlds<Batch>::Busy busy(worlds);
        check_index("world", world, worlds.engine().options().worlds);
        check_index("car", car, worlds.engine().options().cars_per_world);
        for (const double value : {s, n, heading_error, speed}) {
            if (!(value - value == 0.0)) {
                throw py::value_error("s, n, heading_error and speed must be finite");
            }
        }
        if (s < -kFarthest || s > kFarthest) {
            throw py::value_error("s must be -1e7 to 1e7 m, got " + number_text(s));
        }
        const Track& track = worlds.engine().track_of(world);
        s -= std::floor(s / track.length) * track.length;
        const auto at = static_cast<std::size_t>(
            std::clamp(static_cast<int>(s / track.spacing), 0, track.station_count - 1));
        const Station& station = track.stations[at];
        if (n > station.wall_left || n < -station.wall_right) {
            throw py::value_error("n = " + number_text(n) + " m lies beyond the wall; it must be " +
                                  number_text(-station.wall_right) + " to " +
                                  number_text(station.wall_left));
        }
        if (speed < 0.0 || speed > 150.0) {
            throw py::value_error("speed must be 0 to 150 m/s, got " + number_text(speed));
        }
        worlds.engine().place(world, car, {s, n, heading_error, speed});
    }

    // Deals worlds other circuits, on which they drive from their next episodes on.
    void deal(const py::object& tracks, const WorldIndices& indices) {
        const Worlds<Batch>::Busy busy(worlds);
        const std::vector<int> chosen = worlds.chosen(indices);
        const std::vector<int> dealt = whole_numbers("tracks", tracks);
        if (dealt.size() != chosen.size()) {
            throw py::value_error("tracks must have one entry per world (" +
                                  std::to_string(chosen.size()) + "), got " +
                                  std::to_string(dealt.size()));
        }
        Batch& engine = worlds.engine();
        for (const int track : dealt) check_index("a track", track, engine.track_count());
        for (std::size_t i = 0; i < dealt.size(); ++i) engine.deal(chosen[i], dealt[i]);
    }

    py::array snapshot(const WorldIndices& indices) const {
        const Worlds<Batch>::Busy busy(worlds);
        const std::vector<int> chosen = worlds.chosen(indices);
        const py::ssize_t k = worlds.engine().options().cars_per_world;
        py::array records(car_type(), {static_cast<py::ssize_t>(chosen.size()), k});
        auto* out = static_cast<CarRecord*>(records.mutable_data());
        for (const int world : chosen) {
            worlds.engine().snapshot(world, out);
            out += k;
        }
        return records;
    }

    void restore(const py::array& records, const WorldIndices& indices) {
        const Worlds<Batch>::Busy busy(worlds);
        const std::vector<int> chosen = worlds.chosen(indices);
        const py::ssize_t k = worlds.engine().options().cars_per_world;
        if (!records.dtype().equal(car_type())) {
            throw py::value_error("records must have the dtype of snapshot(), got " +
                                  py::str(records.dtype()).cast<std::string>());
        }
        if (records.ndim() != 2 || records.shape(0) != static_cast<py::ssize_t>(chosen.size()) ||
            records.shape(1) != k) {
            throw py::value_error("records must have shape (" + std::to_string(chosen.size()) +
                                  ", " + std::to_string(k) + ")");
        }
        const py::array packed = py::module_::import("numpy").attr("ascontiguousarray")(records);
        const auto* in = static_cast<const CarRecord*>(packed.data());
        for (std::size_t i = 0; i < chosen.size() * static_cast<std::size_t>(k); ++i) {
            check_record(in[i], worlds.engine().track_of(chosen[i / static_cast<std::size_t>(k)]));
        }
        for (const int world : chosen) {
            worlds.engine().restore(world, in);
            in += k;
        }
        if (indices.is_none()) {
            worlds.engine().observe(0, worlds.engine().options().worlds);
        } else {
            for (const int world : chosen) worlds.engine().observe(world, world + 1);
        }
    }

    py::array_t<float> observe(const std::string& observation) const {
        const ObservationKind kind = observation_named(observation);
        const Worlds<Batch>::Busy busy(worlds);
        const BatchOptions& options = worlds.engine().options();
        py::array_t<float> rows({options.worlds, options.cars_per_world, observation_size(kind)});
        worlds.engine().observe_as(kind, rows.mutable_data());
        return rows;
    }

    void run_physics(int ticks) {
        constexpr int kMostTicks = 1'000'000;  // nothing can interrupt them
        if (ticks < 0 || ticks > kMostTicks) {
            throw py::value_error("ticks must be 0 to 1000000, got " + std::to_string(ticks));
        }
        const Worlds<Batch>::Busy busy(worlds);
        const py::gil_scoped_release release;
        worlds.engine().run_physics(ticks);
    }

    [[nodiscard]] const Batch& batch() const { return worlds.engine(); }
    [[nodiscard]] std::uint64_t nan_actions() const {
        std::uint64_t sum = 0;
        const CarArrays& cars = batch().context().cars;
        for (int car = 0; car < batch().cars(); ++car) sum += cars.nan_actions[car];
        return sum;
    }

    Worlds<Batch> worlds;
    Exact<float> observations, final_observations, rewards, reward_terms;
    Exact<bool> terminated, truncated;
    py::array lap_events, final_records;
    py::tuple arguments;  // of the constructor, in its order

  private:
    static std::unique_ptr<Batch> engine(const py::list& tracks, int num_worlds,
                                         const py::object& world_tracks, int cars_per_world,
                                         const std::string& vehicle, const std::string& action,
                                         const std::string& observation, int ticks_per_action,
                                         const std::string& autoreset, int threads,
                                         std::uint64_t seed, const BatchConfig& config, double grip,
                                         double mass) {
        const Vehicle* car = find_vehicle(vehicle);
        if (car == nullptr) throw py::value_error("vehicle '" + vehicle + "' is not known");
        check_factor("grip", grip);
        check_factor("mass", mass);
        BatchOptions options;
        options.worlds = num_worlds;
        options.cars_per_world = cars_per_world;
        options.ticks_per_action = ticks_per_action;
        options.threads = threads;
        options.seed = seed;
        options.action = choose<ActionKind>(
            "action", action, {{"pedals", ActionKind::kPedals}, {"axis", ActionKind::kAxis}});
        options.observation = observation_named(observation);
        options.autoreset = autoreset_named(autoreset);
        check_options(options);
        const double floats =
            2.0 * observation_size(options.observation) + static_cast<double>(kRewardTerms) + 1.0;
        require_memory(
            std::to_string(num_worlds) + " x " + std::to_string(cars_per_world) + " cars",
            static_cast<double>(num_worlds) * cars_per_world *
                (2.0 * sizeof(CarRecord) + sizeof(LapEvent) + sizeof(void*) +
                 floats * sizeof(float)));
        std::vector<std::shared_ptr<const Track>> shared;
        for (const auto& item : tracks) {
            if (!py::isinstance<TrackHandle>(item)) {
                throw py::type_error("tracks must be a list of Track, got " +
                                     py::str(py::type::of(item)).cast<std::string>());
            }
            shared.push_back(item.cast<const TrackHandle&>().track);
        }
        std::vector<std::int32_t> index;
        if (world_tracks.is_none()) {
            index.assign(static_cast<std::size_t>(std::max(num_worlds, 0)), 0);
        } else {
            index = whole_numbers("world_tracks", world_tracks);
        }
        return std::make_unique<Batch>(changed(*car, grip, mass), std::move(shared), index, options,
                                       config);
    }
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
    const Worlds<Batch>::Busy busy(self.worlds);
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

}  // namespace

void bind_circuit_batch(py::module_& m) {
    py::class_<PyBatch> type(
        m, "Batch", (std::string("N worlds of K cars each, stepped at once.\n\n") + kLive).c_str());
    bind_worlds(type);
    type.def(py::init<const py::list&, int, const py::object&, int, const std::string&,
                      const std::string&, const std::string&, int, const std::string&, int,
                      std::uint64_t, const BatchConfig&, double, double>(),
             py::arg("tracks"), py::arg("num_worlds"), py::kw_only(),
             py::arg("world_tracks") = py::none(), py::arg("cars_per_world") = 1,
             py::arg("vehicle") = "gt", py::arg("action") = "pedals",
             py::arg("observation") = "lidar", py::arg("ticks_per_action") = 1,
             py::arg("autoreset") = "same_step", py::arg("threads") = 1, py::arg("seed") = 0,
             py::arg("config") = BatchConfig(), py::arg("grip") = 1.0, py::arg("mass") = 1.0,
             "grip and mass multiply the friction and the mass (with the yaw inertia) of the\n"
             "vehicle; unless both are 1, it is not the one of the physics fingerprint.")
        .def("step", &PyBatch::step, py::arg("actions").noconvert(),
             "One step of every world. `actions`: float32 (N, K, A), C-contiguous.")
        .def("observe", &PyBatch::observe, py::arg("observation"),
             "The observations (N, K, D) float32 of any kind, of the cars as they are.")
        .def(
            "drive", &PyBatch::drive, py::arg("inputs").noconvert(), py::arg("records") = false,
            py::arg("hash_every") = 60,
            "Drives recorded inputs, int16 (T, 3) in 1/32767, with the only car of a batch that\n"
            "takes pedals every tick. Returns hashes (after every so many ticks and the last),\n"
            "events of the laps that ended, the ticks in which they did (ends) and in which their\n"
            "clocks started (starts; -1: before the first), running_since for the running lap,\n"
            "and with records=True the state after each tick.")
        .def("place", &PyBatch::place, py::arg("world"), py::arg("car"), py::arg("s"),
             py::arg("n") = 0.0, py::arg("heading_error") = 0.0, py::arg("speed") = 0.0,
             "Puts a car at (s, n) [m] with a heading error [rad] and a speed [m/s] and restarts\n"
             "its lap clock; at rest at s = 0 this is a standing start.")
        .def("deal", &PyBatch::deal, py::arg("tracks"), py::arg("indices") = py::none(),
             "Deals worlds other circuits, by their numbers in the list of tracks: they drive on\n"
             "them from their next episodes on.")
        .def_property_readonly(
            "world_tracks", [](const PyBatch& b) { return b.numbers(&StepContext::world_tracks); },
            "(N,) int32: the number of each world's circuit (a copy)")
        .def_property_readonly(
            "next_tracks", [](const PyBatch& b) { return b.numbers(&StepContext::next_tracks); },
            "(N,) int32: the circuit of each world's next episode (a copy)")
        .def("snapshot", &PyBatch::snapshot, py::arg("indices") = py::none(),
             "State of worlds as a structured array (n, K), every field by name.")
        .def("restore", &PyBatch::restore, py::arg("records"), py::arg("indices") = py::none(),
             "Puts worlds into snapshot states. Raises ValueError if a record makes no sense.")
        .def(py::pickle([](const PyBatch& self) { return self.state(); }, &PyBatch::from_state))
        .def("run_physics", &PyBatch::run_physics, py::arg("ticks"),
             "Physics alone, for benchmarks: no track, no rules; positions lose their meaning.")
        .def_readonly("observations", &PyBatch::observations, "(N, K, D) float32")
        .def_readonly("final_observations", &PyBatch::final_observations,
                      "(N, K, D) float32: last observation of worlds that ended (same_step)")
        .def_readonly("final_records", &PyBatch::final_records,
                      "(N, K) records: last state of worlds that ended (same_step)")
        .def_readonly("rewards", &PyBatch::rewards, "(N, K) float32")
        .def_readonly("reward_terms", &PyBatch::reward_terms, "(N, K, T) float32")
        .def_readonly("lap_events", &PyBatch::lap_events, "(N, K) laps that ended in the last step")
        .def_property_readonly("facts", &facts, "Read-only views (N, K) of every car field.")
        .def_property_readonly("inputs", &inputs,
                               "(N, K, 3) int16: last steer, throttle, brake in 1/32767 (a copy)")
        .def_property_readonly("cars_per_world",
                               [](const PyBatch& b) { return b.batch().options().cars_per_world; })
        .def_property_readonly(
            "ticks_per_action",
            [](const PyBatch& b) { return b.batch().options().ticks_per_action; })
        .def_property_readonly("observation_size", [](const PyBatch& b) {
            return b.batch().context().observation_size;
        });
}

}  // namespace racer::bindings
