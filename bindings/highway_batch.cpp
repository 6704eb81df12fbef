#include "highway.hpp"
#include "racer/highway/batch.hpp"
#include "worlds.hpp"

namespace racer::bindings {
namespace {

using highway::Config;
using highway::Outcome;
using highway::VehicleRecord;
using highway::WorldRecord;

// A highway batch with the arrays that its steps write, all allocated once, here.
class PyHighwayBatch {
  public:
    PyHighwayBatch(int num_worlds, const Config& config, const std::string& autoreset, int threads,
                   std::uint64_t seed)
        : worlds("HighwayBatch", engine(num_worlds, config, autoreset, threads, seed)) {
        highway::StepContext& c = worlds.engine().context();
        const py::ssize_t n = num_worlds;
        const std::vector<py::ssize_t> rows = {n, worlds.engine().config().observed_vehicles,
                                               worlds.engine().config().feature_count};
        observations = Exact<float>(rows);
        final_observations = Exact<float>(rows);
        rewards = Exact<double>(n);
        reward_terms = Exact<double>({n, py::ssize_t{highway::kTerms}});
        base_terms = Exact<double>({n, py::ssize_t{highway::kBaseTerms}});
        terminated = Exact<bool>(n);
        truncated = Exact<bool>(n);
        outcomes = py::array(outcome_type(), std::vector<py::ssize_t>{n});
        final_outcomes = py::array(outcome_type(), std::vector<py::ssize_t>{n});
        c.observations = observations.mutable_data();
        c.final_observations = final_observations.mutable_data();
        c.rewards = rewards.mutable_data();
        c.reward_terms = reward_terms.mutable_data();
        c.base_terms = base_terms.mutable_data();
        c.terminated = terminated.mutable_data();
        c.truncated = truncated.mutable_data();
        c.outcomes = static_cast<Outcome*>(outcomes.mutable_data());
        c.final_outcomes = static_cast<Outcome*>(final_outcomes.mutable_data());
        clear({&observations, &final_observations, &rewards, &reward_terms, &base_terms,
               &terminated, &truncated, &outcomes, &final_outcomes});
        worlds.engine().reset({}, {});
        arguments = py::make_tuple(num_worlds, config, autoreset, threads, seed);
    }

    // All that makes it what it is: arguments, states of the vehicles, outputs of the last step.
    [[nodiscard]] py::tuple state() const {
        return py::make_tuple(
            arguments, snapshot(py::none()),
            copies({&observations, &final_observations, &rewards, &reward_terms, &base_terms,
                    &terminated, &truncated, &outcomes, &final_outcomes}));
    }
    static std::unique_ptr<PyHighwayBatch> from_state(const py::tuple& state) {
        const auto a = state[0].cast<py::tuple>();
        auto made = std::make_unique<PyHighwayBatch>(a[0].cast<int>(), a[1].cast<const Config&>(),
                                                     a[2].cast<std::string>(), a[3].cast<int>(),
                                                     a[4].cast<std::uint64_t>());
        const auto records = state[1].cast<py::tuple>();
        made->restore(records[0].cast<py::array>(), records[1].cast<py::array>(), py::none());
        fill({&made->observations, &made->final_observations, &made->rewards, &made->reward_terms,
              &made->base_terms, &made->terminated, &made->truncated, &made->outcomes,
              &made->final_outcomes},
             state[2].cast<py::tuple>());
        return made;
    }

    void step(const py::array& actions) {
        const bool meta = worlds.engine().config().action != highway::ActionKind::kContinuous;
        const py::ssize_t axes = worlds.engine().context().action_size;
        const bool typed = meta ? py::isinstance<Exact<std::int64_t>>(actions)
                                : py::isinstance<Exact<float>>(actions);
        if (!typed) {
            throw py::type_error(std::string("actions must be a C-contiguous array of ") +
                                 (meta ? "int64" : "float32"));
        }
        if (meta) {
            check_shape("actions", actions, {worlds.count()});
        } else {
            check_shape("actions", actions, {worlds.count(), axes});
        }
        const Worlds<highway::Batch>::Busy busy(worlds);
        if (meta) {
            const auto* values = static_cast<const std::int64_t*>(actions.data());
            check_meta(values);
            worlds.engine().context().meta_actions = values;
        } else {
            worlds.engine().context().actions = static_cast<const float*>(actions.data());
        }
        worlds.step();
    }

    py::tuple snapshot(const WorldIndices& indices) const {
        const Worlds<highway::Batch>::Busy busy(worlds);
        const std::vector<int> chosen = worlds.chosen(indices);
        const auto n = static_cast<py::ssize_t>(chosen.size());
        const py::ssize_t k = worlds.engine().context().vehicles_per_world;
        py::array vehicles(vehicle_type(), std::vector<py::ssize_t>{n, k});
        py::array records(world_type(), std::vector<py::ssize_t>{n});
        std::memset(vehicles.mutable_data(), 0, static_cast<std::size_t>(vehicles.nbytes()));
        auto* out = static_cast<VehicleRecord*>(vehicles.mutable_data());
        auto* record = static_cast<WorldRecord*>(records.mutable_data());
        for (const int world : chosen) {
            worlds.engine().snapshot(world, out, record++);
            out += k;
        }
        return py::make_tuple(vehicles, records);
    }

    void restore(const py::array& vehicles, const py::array& records, const WorldIndices& indices) {
        const Worlds<highway::Batch>::Busy busy(worlds);
        const std::vector<int> chosen = worlds.chosen(indices);
        const auto n = static_cast<py::ssize_t>(chosen.size());
        const py::ssize_t k = worlds.engine().context().vehicles_per_world;
        if (!vehicles.dtype().equal(vehicle_type()) || !records.dtype().equal(world_type())) {
            throw py::value_error("records must have the types highway.VEHICLE and highway.WORLD");
        }
        if (vehicles.ndim() != 2 || vehicles.shape(0) != n || vehicles.shape(1) != k ||
            records.ndim() != 1 || records.shape(0) != n) {
            throw py::value_error("records must have shapes (" + std::to_string(n) + ", " +
                                  std::to_string(k) + ") and (" + std::to_string(n) + ",)");
        }
        const auto numpy = py::module_::import("numpy");
        const py::array packed = numpy.attr("ascontiguousarray")(vehicles);
        const py::array packed_records = numpy.attr("ascontiguousarray")(records);
        const auto* in = static_cast<const VehicleRecord*>(packed.data());
        const auto* record = static_cast<const WorldRecord*>(packed_records.data());
        for (py::ssize_t i = 0; i < n * k; ++i) check_vehicle(in[i]);
        for (py::ssize_t i = 0; i < n; ++i) check_world(record[i]);
        for (const int world : chosen) {
            worlds.engine().restore(world, in, *record++);
            in += k;
        }
    }

    [[nodiscard]] const highway::Batch& batch() const { return worlds.engine(); }
    [[nodiscard]] std::uint64_t nan_actions() const {
        std::uint64_t sum = 0;
        const highway::StepContext& c = batch().context();
        for (int world = 0; world < c.world_count; ++world) sum += c.worlds[world].nan_actions;
        return sum;
    }

    Worlds<highway::Batch> worlds;
    Exact<float> observations, final_observations;
    Exact<double> rewards, reward_terms, base_terms;
    Exact<bool> terminated, truncated;
    py::array outcomes, final_outcomes;
    py::tuple arguments;  // of the constructor, in its order

  private:
    static std::unique_ptr<highway::Batch> engine(int num_worlds, const Config& config,
                                                  const std::string& autoreset, int threads,
                                                  std::uint64_t seed) {
        highway::BatchOptions options;
        options.worlds = num_worlds;
        options.threads = threads;
        options.seed = seed;
        options.autoreset = autoreset_named(autoreset);
        if (num_worlds > 0 && config.vehicles_count >= 0) {
            constexpr double kDerived = 4.0 * sizeof(double) + sizeof(std::int32_t);
            require_memory(
                std::to_string(num_worlds) + " worlds of " + std::to_string(config.vehicles_count) +
                    " vehicles",
                static_cast<double>(num_worlds) *
                    ((config.vehicles_count + 1.0) * (sizeof(VehicleRecord) + kDerived) +
                     2.0 * config.observed_vehicles * config.feature_count * sizeof(float) +
                     sizeof(WorldRecord) + 2.0 * sizeof(Outcome)));
        }
        return std::make_unique<highway::Batch>(options, config);
    }

    void check_meta(const std::int64_t* values) const {
        const Config& c = worlds.engine().config();
        const bool traffic = c.action == highway::ActionKind::kTraffic;
        const std::int64_t count = traffic ? 1 : c.longitudinal && c.lateral ? 5 : 3;
        for (int world = 0; world < worlds.count(); ++world) {
            if (values[world] >= 0 && values[world] < count) continue;
            throw py::value_error("actions must be 0 to " + std::to_string(count - 1) + ", got " +
                                  std::to_string(values[world]));
        }
    }

    // A record may come from a file: nothing in it may lead a step astray.
    void check_vehicle(const VehicleRecord& r) const {
        const auto require = [](bool good, const char* what) {
            if (!good) throw py::value_error(std::string("record field ") + what);
        };
#define RACER_FIELD(type, name, unit, meaning)                                       \
    require(static_cast<double>(r.name) - static_cast<double>(r.name) == 0.0,        \
            #name " is not a finite number");                                        \
    require(static_cast<double>(r.name) < 1e7 && static_cast<double>(r.name) > -1e7, \
            #name " is beyond any road");
        RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
        const int lanes = worlds.engine().config().lanes_count;
        require(r.lane >= 0 && r.lane < lanes, "lane is not one of the road's");
        require(r.target_lane >= 0 && r.target_lane < lanes,
                "target_lane is not one of the road's");
        require(r.exponent > 0.0 && r.exponent <= 16.0, "exponent must be above 0, at most 16");
        require(r.speed > -1e3 && r.speed < 1e3, "speed is beyond 1000 m/s");
        require(r.heading > -1e6 && r.heading < 1e6, "heading is beyond a million rad");
        require(r.slip > -1.5707 && r.slip < 1.5707, "slip is not below a quarter turn");
        require((r.crashed | 1) == 1 && (r.impact_pending | 1) == 1, "crashed must be 0 or 1");
    }
    static void check_world(const WorldRecord& r) {
        if (r.time >= 0.0 && r.time < 1e9 && r.steps >= 0 && (r.done | 1) == 1) return;
        throw py::value_error("record field time, steps or done is out of range");
    }
};

// Live, read-only views of every vehicle's fields, by name.
py::dict facts(const py::object& self) {
    const highway::StepContext& c = self.cast<const PyHighwayBatch&>().batch().context();
    const auto view = [&](const auto* data) {
        using T = std::remove_cvref_t<decltype(*data)>;
        const auto stride =
            static_cast<py::ssize_t>(static_cast<std::size_t>(c.stride) * sizeof(T));
        py::array_t<T> array({py::ssize_t{c.world_count}, py::ssize_t{c.vehicles_per_world}},
                             {stride, py::ssize_t{sizeof(T)}}, data, self);
        array.attr("flags").attr("writeable") = false;
        return array;
    };
    py::dict views;
#define RACER_FIELD(type, name, unit, meaning) views[#name] = view(c.vehicles.name);
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return views;
}

py::array_t<std::int32_t> world_done(const py::object& self) {
    const highway::StepContext& c = self.cast<const PyHighwayBatch&>().batch().context();
    py::array_t<std::int32_t> array({py::ssize_t{c.world_count}}, {sizeof(WorldRecord)},
                                    &c.worlds->done, self);
    array.attr("flags").attr("writeable") = false;
    return array;
}

}  // namespace

void bind_highway_batch(py::module_& m) {
    py::class_<PyHighwayBatch> type(
        m, "Batch", (std::string("N highway worlds, stepped at once.\n\n") + kLive).c_str());
    bind_worlds(type);
    type.def(py::init<int, const Config&, const std::string&, int, std::uint64_t>(),
             py::arg("num_worlds"), py::arg("config") = Config(), py::kw_only(),
             py::arg("autoreset") = "same_step", py::arg("threads") = 1, py::arg("seed") = 0)
        .def("step", &PyHighwayBatch::step, py::arg("actions"),
             "One policy step of every world. `actions`: float32 (N, A) or int64 (N,).")
        .def("snapshot", &PyHighwayBatch::snapshot, py::arg("indices") = py::none(),
             "State of worlds: vehicles (n, K) and worlds (n,), structured, every field by name.")
        .def("restore", &PyHighwayBatch::restore, py::arg("vehicles"), py::arg("worlds"),
             py::arg("indices") = py::none(),
             "Puts worlds into states, a snapshot's or others. Raises ValueError for nonsense.")
        .def(py::pickle([](const PyHighwayBatch& self) { return self.state(); },
                        &PyHighwayBatch::from_state))
        .def_readonly("observations", &PyHighwayBatch::observations, "(N, V, F) float32")
        .def_readonly("final_observations", &PyHighwayBatch::final_observations,
                      "(N, V, F) float32: last observation of worlds that ended (same_step)")
        .def_readonly("rewards", &PyHighwayBatch::rewards, "(N,) float64")
        .def_readonly("reward_terms", &PyHighwayBatch::reward_terms,
                      "(N, T) float64: what the reward is the sum of")
        .def_readonly("base_terms", &PyHighwayBatch::base_terms,
                      "(N, 4) float64: HighwayEnv's terms before their weights")
        .def_readonly("outcomes", &PyHighwayBatch::outcomes,
                      "(N,) records: the ego vehicle as it is now")
        .def_readonly("final_outcomes", &PyHighwayBatch::final_outcomes,
                      "(N,) records: the last outcome of worlds that ended (same_step)")
        .def_property_readonly("facts", &facts, "Read-only views (N, K) of vehicles' fields.")
        .def_property_readonly(
            "vehicles_per_world",
            [](const PyHighwayBatch& b) { return b.batch().context().vehicles_per_world; })
        .def_property_readonly("world_done", &world_done,
                               "Read-only view (N,): 1 where the episode is over.");
}

}  // namespace racer::bindings
