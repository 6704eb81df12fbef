#include <pybind11/stl.h>

#include <array>
#include <atomic>
#include <cstring>
#include <optional>

#include "bindings.hpp"
#include "racer/highway/batch.hpp"
#include "racer/highway/road.hpp"

namespace racer::bindings {
namespace {

using highway::Config;
using highway::Outcome;
using highway::VehicleRecord;
using highway::WorldRecord;

template <class T>
using Exact = py::array_t<T, py::array::c_style>;

struct RecordType {
    py::list names, formats, offsets;

    template <class T>
    void add(const char* name, std::size_t offset) {
        names.append(name);
        formats.append(py::dtype::of<T>());
        offsets.append(offset);
    }
    [[nodiscard]] py::dtype build(std::size_t size) const {
        return {names, formats, offsets, static_cast<py::ssize_t>(size)};
    }
};

py::dtype vehicle_type() {
    RecordType type;
#define RACER_FIELD(type_, name, unit, meaning) \
    type.add<type_>(#name, offsetof(VehicleRecord, name));
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return type.build(sizeof(VehicleRecord));
}
py::dtype world_type() {
    RecordType type;
#define RACER_FIELD(type_, name, unit, meaning) type.add<type_>(#name, offsetof(WorldRecord, name));
    RACER_HIGHWAY_WORLD_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return type.build(sizeof(WorldRecord));
}
py::dtype outcome_type() {
    RecordType type;
#define RACER_FIELD(type_, name, unit, meaning) type.add<type_>(#name, offsetof(Outcome, name));
    RACER_HIGHWAY_OUTCOME_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return type.build(sizeof(Outcome));
}

py::list field_table() {
    py::list rows;
    const auto add = [&](const char* of, const char* name, const char* unit, const char* meaning) {
        py::dict row;
        row["of"] = of;
        row["name"] = name;
        row["unit"] = unit;
        row["meaning"] = meaning;
        rows.append(row);
    };
#define RACER_FIELD(type, name, unit, meaning) add("vehicle", #name, unit, meaning);
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
#define RACER_FIELD(type, name, unit, meaning) add("world", #name, unit, meaning);
    RACER_HIGHWAY_WORLD_FIELDS(RACER_FIELD)
#undef RACER_FIELD
#define RACER_FIELD(type, name, unit, meaning) add("outcome", #name, unit, meaning);
    RACER_HIGHWAY_OUTCOME_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return rows;
}

// A highway batch with the arrays that its steps write, all allocated once, here.
class PyHighwayBatch {
  public:
    PyHighwayBatch(int num_worlds, const Config& config, const std::string& autoreset, int threads,
                   std::uint64_t seed) {
        highway::BatchOptions options;
        options.worlds = num_worlds;
        options.threads = threads;
        options.seed = seed;
        options.autoreset = autoreset_named(autoreset);
        batch_ = std::make_unique<highway::Batch>(options, config);

        highway::StepContext& c = batch_->context();
        const py::ssize_t n = num_worlds;
        const std::vector<py::ssize_t> rows = {n, batch_->config().observed_vehicles,
                                               batch_->config().feature_count};
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
        for (const auto* array : std::array<const py::array*, 9>{
                 &observations, &final_observations, &rewards, &reward_terms, &base_terms,
                 &terminated, &truncated, &outcomes, &final_outcomes}) {
            std::memset(const_cast<void*>(array->data()), 0,
                        static_cast<std::size_t>(array->nbytes()));
        }
        batch_->reset({}, {});
    }

    void step(const py::array& actions) {
        const bool meta = batch_->config().action == highway::ActionKind::kMeta;
        const py::ssize_t axes = batch_->context().action_size;
        const bool shaped =
            meta ? actions.ndim() == 1 : actions.ndim() == 2 && actions.shape(1) == axes;
        const bool typed = meta ? py::isinstance<Exact<std::int64_t>>(actions)
                                : py::isinstance<Exact<float>>(actions);
        if (!typed) {
            throw py::type_error(std::string("actions must be a C-contiguous array of ") +
                                 (meta ? "int64" : "float32"));
        }
        if (!shaped || actions.shape(0) != batch_->options().worlds) {
            const std::string worlds = std::to_string(batch_->options().worlds);
            throw py::value_error("actions must have shape (" + worlds +
                                  (meta ? ",)" : ", " + std::to_string(axes) + ")") + ", got " +
                                  py::str(py::tuple(actions.attr("shape"))).cast<std::string>());
        }
        const Busy busy(*this);
        if (meta) {
            const auto* values = static_cast<const std::int64_t*>(actions.data());
            check_meta(values);
            batch_->context().meta_actions = values;
        } else {
            batch_->context().actions = static_cast<const float*>(actions.data());
        }
        const py::gil_scoped_release release;
        batch_->step();
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

    py::tuple snapshot(const std::optional<std::vector<int>>& indices) const {
        const Busy busy(*this);
        const std::vector<int> worlds = worlds_of(indices);
        const auto n = static_cast<py::ssize_t>(worlds.size());
        const py::ssize_t k = batch_->context().vehicles_per_world;
        py::array vehicles(vehicle_type(), std::vector<py::ssize_t>{n, k});
        py::array records(world_type(), std::vector<py::ssize_t>{n});
        std::memset(vehicles.mutable_data(), 0, static_cast<std::size_t>(vehicles.nbytes()));
        auto* out = static_cast<VehicleRecord*>(vehicles.mutable_data());
        auto* record = static_cast<WorldRecord*>(records.mutable_data());
        for (const int world : worlds) {
            batch_->snapshot(world, out, record++);
            out += k;
        }
        return py::make_tuple(vehicles, records);
    }

    void restore(const py::array& vehicles, const py::array& records,
                 const std::optional<std::vector<int>>& indices) {
        const Busy busy(*this);
        const std::vector<int> worlds = worlds_of(indices);
        const auto n = static_cast<py::ssize_t>(worlds.size());
        const py::ssize_t k = batch_->context().vehicles_per_world;
        if (!vehicles.dtype().equal(vehicle_type()) || !records.dtype().equal(world_type())) {
            throw py::value_error("records must have the types HIGHWAY_VEHICLE and HIGHWAY_WORLD");
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
        for (const int world : worlds) {
            batch_->restore(world, in, *record++);
            in += k;
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

    [[nodiscard]] const highway::Batch& batch() const { return *batch_; }

    Exact<float> observations, final_observations;
    Exact<double> rewards, reward_terms, base_terms;
    Exact<bool> terminated, truncated;
    py::array outcomes, final_outcomes;

  private:
    // Marks the batch as in use; a second thread gets a RuntimeError instead of a race.
    class Busy {
      public:
        explicit Busy(const PyHighwayBatch& batch) : flag_(batch.busy_) {
            if (flag_.test_and_set(std::memory_order_acquire)) {
                throw std::runtime_error("this HighwayBatch is being used by another thread");
            }
        }
        ~Busy() { flag_.clear(std::memory_order_release); }
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

      private:
        std::atomic_flag& flag_;
    };

    static Autoreset autoreset_named(const std::string& name) {
        if (name == "same_step") return Autoreset::kSameStep;
        if (name == "next_step") return Autoreset::kNextStep;
        if (name == "disabled") return Autoreset::kDisabled;
        throw py::value_error("autoreset must be 'same_step', 'next_step' or 'disabled', got '" +
                              name + "'");
    }

    void check_meta(const std::int64_t* values) const {
        const Config& c = batch_->config();
        const std::int64_t count = c.longitudinal && c.lateral ? 5 : 3;
        for (int world = 0; world < batch_->options().worlds; ++world) {
            if (values[world] >= 0 && values[world] < count) continue;
            throw py::value_error("actions must be 0 to " + std::to_string(count - 1) + ", got " +
                                  std::to_string(values[world]));
        }
    }

    std::size_t per_world(const py::array& array, const char* name) const {
        if (array.ndim() != 1 || array.shape(0) != batch_->options().worlds) {
            throw py::value_error(std::string(name) + " must have shape (" +
                                  std::to_string(batch_->options().worlds) + ",)");
        }
        return static_cast<std::size_t>(array.size());
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
        const int lanes = batch_->config().lanes_count;
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

    std::vector<int> worlds_of(const std::optional<std::vector<int>>& indices) const {
        std::vector<int> worlds;
        const int count = batch_->options().worlds;
        if (indices) {
            for (const int world : *indices) {
                if (world >= 0 && world < count) continue;
                throw py::index_error("index must be 0 to " + std::to_string(count - 1) + ", got " +
                                      std::to_string(world));
            }
            return *indices;
        }
        for (int world = 0; world < count; ++world) worlds.push_back(world);
        return worlds;
    }

    std::unique_ptr<highway::Batch> batch_;
    mutable std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
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

template <std::size_t N>
py::tuple names_of(const std::array<std::string_view, N>& names) {
    py::list list;
    for (const std::string_view name : names) list.append(std::string(name));
    return py::tuple(list);
}

}  // namespace

void bind_highway(py::module_& m) {
    bind_highway_config(m);
    m.attr("HIGHWAY_VEHICLE") = vehicle_type();
    m.attr("HIGHWAY_WORLD") = world_type();
    m.attr("HIGHWAY_OUTCOME") = outcome_type();
    m.attr("HIGHWAY_REWARD_TERMS") = names_of(highway::kTermNames);
    m.attr("HIGHWAY_BASE_TERMS") = names_of(highway::kBaseTermNames);
    m.attr("HIGHWAY_FEATURES") = names_of(highway::kFeatureNames);
    m.attr("HIGHWAY_LANE_WIDTH") = highway::kLaneWidth;
    m.attr("HIGHWAY_VEHICLE_SIZE") =
        py::make_tuple(highway::kVehicleLength, highway::kVehicleWidth);
    m.def("highway_fields", &field_table, "Every field of records: of, name, unit, meaning.");

    py::class_<PyHighwayBatch>(m, "HighwayBatch",
                               "N highway worlds, stepped at once.\n\n"
                               "Output arrays are live: the next call overwrites them; copy to "
                               "keep.")
        .def(py::init<int, const Config&, const std::string&, int, std::uint64_t>(),
             py::arg("num_worlds"), py::arg("config") = Config(), py::kw_only(),
             py::arg("autoreset") = "same_step", py::arg("threads") = 1, py::arg("seed") = 0)
        .def("step", &PyHighwayBatch::step, py::arg("actions"),
             "One policy step of every world. `actions`: float32 (N, A) or int64 (N,).")
        .def("reset", &PyHighwayBatch::reset, py::arg("mask").noconvert() = py::none(),
             py::arg("seeds").noconvert() = py::none(),
             "New episodes where mask (N,) bool is true; seeds (N,) uint64 restart their streams.")
        .def("snapshot", &PyHighwayBatch::snapshot, py::arg("indices") = py::none(),
             "State of worlds: vehicles (n, K) and worlds (n,), structured, every field by name.")
        .def("restore", &PyHighwayBatch::restore, py::arg("vehicles"), py::arg("worlds"),
             py::arg("indices") = py::none(),
             "Puts worlds into states, a snapshot's or others. Raises ValueError for nonsense.")
        .def("state_hash", &PyHighwayBatch::state_hash,
             "Hash (N,) uint64 over every field of each world.")
        .def_readonly("observations", &PyHighwayBatch::observations, "(N, V, F) float32")
        .def_readonly("final_observations", &PyHighwayBatch::final_observations,
                      "(N, V, F) float32: last observation of worlds that ended (same_step)")
        .def_readonly("rewards", &PyHighwayBatch::rewards, "(N,) float64")
        .def_readonly("reward_terms", &PyHighwayBatch::reward_terms,
                      "(N, T) float64: what the reward is the sum of")
        .def_readonly("base_terms", &PyHighwayBatch::base_terms,
                      "(N, 4) float64: HighwayEnv's terms before their weights")
        .def_readonly("terminated", &PyHighwayBatch::terminated, "(N,) bool")
        .def_readonly("truncated", &PyHighwayBatch::truncated, "(N,) bool")
        .def_readonly("outcomes", &PyHighwayBatch::outcomes,
                      "(N,) records: the ego vehicle as it is now")
        .def_readonly("final_outcomes", &PyHighwayBatch::final_outcomes,
                      "(N,) records: the last outcome of worlds that ended (same_step)")
        .def_property_readonly("facts", &facts, "Live, read-only views (N, K) of vehicles' fields.")
        .def_property_readonly("num_worlds",
                               [](const PyHighwayBatch& b) { return b.batch().options().worlds; })
        .def_property_readonly(
            "vehicles_per_world",
            [](const PyHighwayBatch& b) { return b.batch().context().vehicles_per_world; })
        .def_property_readonly(
            "action_size", [](const PyHighwayBatch& b) { return b.batch().context().action_size; })
        .def_property_readonly("nan_actions", [](const PyHighwayBatch& b) {
            std::uint64_t sum = 0;
            const highway::StepContext& c = b.batch().context();
            for (int world = 0; world < c.world_count; ++world) sum += c.worlds[world].nan_actions;
            return sum;
        });
}

}  // namespace racer::bindings
