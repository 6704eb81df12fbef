// What the bindings of every kind of batch share: a batch of N worlds held for Python, its guard
// against two threads, and the checks of what Python hands in.
#pragma once

#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "bindings.hpp"
#include "racer/autoreset.hpp"

namespace racer::bindings {

// What every batch says of itself.
inline constexpr const char* kLive =
    "Arrays are live: the next call overwrites them; copy to keep. Sizes and settings are "
    "constant.";

template <class T>
using Exact = py::array_t<T, py::array::c_style>;
using WorldIndices = py::object;  // whole numbers, or None for all worlds

// The dtype of a record, built field by field.
struct RecordType {
    py::list names, formats, offsets;

    void add(const char* name, const py::object& format, std::size_t offset) {
        names.append(name);
        formats.append(format);
        offsets.append(offset);
    }
    template <class T>
    void add(const char* name, std::size_t offset) {
        add(name, py::dtype::of<T>(), offset);
    }
    [[nodiscard]] py::dtype build(std::size_t size) const {
        return {names, formats, offsets, static_cast<py::ssize_t>(size)};
    }
};

// One row of a table of fields; `of` names the record, if there are several.
inline py::dict field_row(const char* of, const char* name, const char* unit, const char* meaning) {
    py::dict row;
    if (of != nullptr) row["of"] = of;
    row["name"] = name;
    row["unit"] = unit;
    row["meaning"] = meaning;
    return row;
}

template <class T>
T choose(const char* what, const std::string& name,
         std::initializer_list<std::pair<const char*, T>> options) {
    std::string known;
    for (const auto& [key, value] : options) {
        if (name == key) return value;
        known += (known.empty() ? "'" : ", '") + std::string(key) + "'";
    }
    throw py::value_error(std::string(what) + " must be one of " + known + ", got '" + name + "'");
}

inline Autoreset autoreset_named(const std::string& name) {
    return choose<Autoreset>("autoreset", name,
                             {{"same_step", Autoreset::kSameStep},
                              {"next_step", Autoreset::kNextStep},
                              {"disabled", Autoreset::kDisabled}});
}

inline void clear(std::initializer_list<py::array*> arrays) {
    for (py::array* array : arrays) {
        std::memset(array->mutable_data(), 0, static_cast<std::size_t>(array->nbytes()));
    }
}

// Copies of arrays, for pickling, and back into arrays of the same shape and type.
inline py::tuple copies(std::initializer_list<const py::array*> arrays) {
    py::list values;
    for (const py::array* array : arrays) values.append(array->attr("copy")());
    return py::tuple(values);
}
inline void fill(std::initializer_list<py::array*> arrays, const py::tuple& values) {
    if (values.size() != arrays.size()) throw py::value_error("this state has other arrays");
    std::size_t at = 0;
    for (py::array* array : arrays) {
        const auto given = py::array::ensure(values[at++], py::array::c_style);
        const bool same = given && given.dtype().equal(array->dtype()) &&
                          given.attr("shape").equal(array->attr("shape"));
        if (!same) throw py::value_error("this state has arrays of other shapes or types");
        std::memcpy(array->mutable_data(), given.data(), static_cast<std::size_t>(array->nbytes()));
    }
}

inline void check_index(const char* what, int index, int count) {
    if (index >= 0 && index < count) return;
    throw py::index_error(std::string(what) + " must be 0 to " + std::to_string(count - 1) +
                          ", got " + std::to_string(index));
}

// Whole numbers from a list or an array. Booleans are refused: a mask is not a list of indices.
inline std::vector<int> whole_numbers(const char* what, const py::object& sequence) {
    const py::array given = py::array::ensure(sequence);
    const char kind = given ? given.dtype().kind() : 'O';
    if (!given || given.ndim() != 1 || (kind != 'i' && kind != 'u' && given.size() != 0)) {
        PyErr_Clear();
        throw py::type_error(
            std::string(what) + " must be a list of whole numbers" +
            (kind == 'b' ? ", not a mask (numpy.flatnonzero makes one of it)" : ""));
    }
    const auto numbers = py::array_t<std::int64_t, py::array::forcecast>::ensure(given);
    std::vector<int> result;
    for (py::ssize_t i = 0; i < numbers.size(); ++i) {
        constexpr std::int64_t kMost = std::numeric_limits<int>::max();
        result.push_back(static_cast<int>(std::clamp(numbers.at(i), -kMost, kMost)));
    }
    return result;
}

inline void check_shape(const char* what, const py::array& array,
                        std::initializer_list<py::ssize_t> shape) {
    bool right = array.ndim() == static_cast<py::ssize_t>(shape.size());
    py::list wanted;
    py::ssize_t axis = 0;
    for (const py::ssize_t size : shape) {
        right = right && array.shape(axis++) == size;
        wanted.append(size);
    }
    if (right) return;
    throw py::value_error(std::string(what) + " must have shape " +
                          py::str(py::tuple(wanted)).cast<std::string>() + ", got " +
                          py::str(py::tuple(array.attr("shape"))).cast<std::string>());
}

// A racer::Batch or a highway::Batch.
template <class Engine>
class Worlds {
  public:
    Worlds(const char* name, std::unique_ptr<Engine> engine)
        : name_(name), engine_(std::move(engine)) {}

    [[nodiscard]] Engine& engine() { return *engine_; }
    [[nodiscard]] const Engine& engine() const { return *engine_; }
    [[nodiscard]] int count() const { return engine_->options().worlds; }

    // Marks the batch as in use; a second thread gets a RuntimeError instead of a race.
    class Busy {
      public:
        explicit Busy(const Worlds& worlds) : flag_(worlds.busy_) {
            if (flag_.test_and_set(std::memory_order_acquire)) {
                throw std::runtime_error(std::string("this ") + worlds.name_ +
                                         " is being used by another thread");
            }
        }
        ~Busy() { flag_.clear(std::memory_order_release); }
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

      private:
        std::atomic_flag& flag_;
    };

    // The caller holds the batch and has set the actions.
    void step() {
        const py::gil_scoped_release release;
        engine_->step();
    }

    void reset(const std::optional<Exact<bool>>& mask,
               const std::optional<Exact<std::uint64_t>>& seeds) {
        const Busy busy(*this);
        std::span<const bool> chosen;
        std::span<const std::uint64_t> streams;
        if (mask) {
            check_shape("mask", *mask, {count()});
            chosen = {mask->data(), static_cast<std::size_t>(mask->size())};
        }
        if (seeds) {
            check_shape("seeds", *seeds, {count()});
            streams = {seeds->data(), static_cast<std::size_t>(seeds->size())};
        }
        const py::gil_scoped_release release;
        engine_->reset(chosen, streams);
    }

    [[nodiscard]] py::array_t<std::uint64_t> state_hash() const {
        const Busy busy(*this);
        py::array_t<std::uint64_t> hashes(count());
        for (int world = 0; world < count(); ++world) {
            hashes.mutable_at(world) = engine_->state_hash(world);
        }
        return hashes;
    }

    // The worlds that the caller names, or all of them.
    [[nodiscard]] std::vector<int> chosen(const WorldIndices& indices) const {
        std::vector<int> worlds;
        if (indices.is_none()) {
            for (int world = 0; world < count(); ++world) worlds.push_back(world);
        } else {
            worlds = whole_numbers("indices", indices);
            for (const int world : worlds) check_index("index", world, count());
        }
        return worlds;
    }

  private:
    const char* name_;
    std::unique_ptr<Engine> engine_;
    mutable std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};

// Methods and attributes that every kind of batch has. `Handle` holds its Worlds as `worlds` and
// has `terminated`, `truncated` and `nan_actions()`.
template <class Handle>
void bind_worlds(py::class_<Handle>& type) {
    type.def(
            "reset",
            [](Handle& self, const std::optional<Exact<bool>>& mask,
               const std::optional<Exact<std::uint64_t>>& seeds) {
                self.worlds.reset(mask, seeds);
            },
            py::arg("mask").noconvert() = py::none(), py::arg("seeds").noconvert() = py::none(),
            "New episodes where mask (N,) bool is true; seeds (N,) uint64 restart their streams.")
        .def(
            "state_hash", [](const Handle& self) { return self.worlds.state_hash(); },
            "Hash (N,) uint64 over every field of each world.")
        .def_readonly("terminated", &Handle::terminated, "(N,) bool")
        .def_readonly("truncated", &Handle::truncated, "(N,) bool")
        .def_property_readonly("num_worlds", [](const Handle& self) { return self.worlds.count(); })
        .def_property_readonly(
            "action_size",
            [](const Handle& self) { return self.worlds.engine().context().action_size; })
        .def_property_readonly("nan_actions", [](const Handle& self) {
            const typename decltype(Handle::worlds)::Busy busy(self.worlds);
            return self.nan_actions();
        });
}

}  // namespace racer::bindings
