#include "bindings.hpp"

namespace racer::bindings {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

std::span<const double> column(const Doubles& array, const char* name) {
    if (array.ndim() != 1) {
        throw py::value_error(std::string(name) + " must have one dimension, got " +
                              std::to_string(array.ndim()));
    }
    return {array.data(), static_cast<std::size_t>(array.size())};
}

TrackHandle make_track(const Doubles& x, const Doubles& y, const Doubles& width_right,
                       const Doubles& width_left, const std::string& name, double runoff,
                       double start_offset, bool reverse) {
    TrackOptions options;
    options.name = name;
    options.runoff = runoff;
    options.start_offset = start_offset;
    options.reverse = reverse;
    const CentreLine line{column(x, "x"), column(y, "y"), column(width_right, "width_right"),
                          column(width_left, "width_left")};
    const py::gil_scoped_release release;
    TrackHandle handle{std::make_shared<const Track>(build_track(line, options)), {}, options};
    for (std::size_t i = 0; i < line.x.size(); ++i) {
        for (const auto* values : {&line.x, &line.y, &line.width_right, &line.width_left}) {
            handle.line.push_back((*values)[i]);
        }
    }
    return handle;
}

const Track& of(const py::object& self) { return *self.cast<const TrackHandle&>().track; }

py::object stations(const py::object& self) {
    const Track& t = of(self);
    py::list names;
    py::list formats;
    py::list offsets;
    const auto add = [&](const char* name, std::size_t offset) {
        names.append(name);
        formats.append("f8");
        offsets.append(offset);
    };
    add("x", offsetof(Station, x));
    add("y", offsetof(Station, y));
    add("tangent_x", offsetof(Station, tangent_x));
    add("tangent_y", offsetof(Station, tangent_y));
    add("curvature", offsetof(Station, curvature));
    add("width_left", offsetof(Station, width_left));
    add("width_right", offsetof(Station, width_right));
    add("wall_left", offsetof(Station, wall_left));
    add("wall_right", offsetof(Station, wall_right));
    add("spawn_speed", offsetof(Station, spawn_speed));
    const py::dtype type(names, formats, offsets, sizeof(Station));
    py::array array(type, {static_cast<py::ssize_t>(t.station_count)},
                    {static_cast<py::ssize_t>(sizeof(Station))}, t.stations.data(), self);
    array.attr("flags").attr("writeable") = false;
    return array;
}

py::object polyline(const py::object& self, const std::vector<Point>& points) {
    return constant_view(&points.data()->x, {static_cast<py::ssize_t>(points.size()), 2}, self);
}

py::tuple locate_points(const TrackHandle& self, const Doubles& x, const Doubles& y) {
    const auto xs = column(x, "x");
    const auto ys = column(y, "y");
    if (xs.size() != ys.size()) throw py::value_error("x and y must have the same length");
    py::array_t<double> s(x.size());
    py::array_t<double> n(x.size());
    double* s_out = s.mutable_data();
    double* n_out = n.mutable_data();
    {
        const py::gil_scoped_release release;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            const LanePosition at = locate(*self.track, xs[i], ys[i]);
            s_out[i] = at.s;
            n_out[i] = at.n;
        }
    }
    return py::make_tuple(s, n);
}

}  // namespace

void bind_circuit_track(py::module_& m) {
    py::class_<TrackHandle>(m, "Track",
                            "A circuit, immutable: closed centre line, widths, walls, checkpoints.")
        .def(py::init(&make_track), py::arg("x"), py::arg("y"), py::arg("width_right"),
             py::arg("width_left"), py::kw_only(), py::arg("name") = "unnamed",
             py::arg("runoff") = 2.5, py::arg("start_offset") = 0.0, py::arg("reverse") = false,
             "Fits a closed spline through centre-line points x, y (M,) [m] with widths (M,) [m]\n"
             "from the centre line to the edges. Raises ValueError that names what is wrong.")
        .def_property_readonly("name", [](const TrackHandle& t) { return t.track->name; })
        .def_property_readonly(
            "length", [](const TrackHandle& t) { return t.track->length; },
            "Length of the centre line [m].")
        .def_property_readonly(
            "spacing", [](const TrackHandle& t) { return t.track->spacing; },
            "Distance between stations [m].")
        .def_property_readonly("station_count",
                               [](const TrackHandle& t) { return t.track->station_count; })
        .def_property_readonly(
            "fingerprint", [](const TrackHandle& t) { return to_hex(t.track->fingerprint); },
            "16 hex digits over all that physics, rules and rays can see.")
        .def_property_readonly("stations", &stations,
                               "Structured array (station_count,) of the resampled centre line.")
        .def_property_readonly(
            "left", [](const py::object& self) { return polyline(self, of(self).left); },
            "Left boundary (P, 2) [m], closed, first point not repeated.")
        .def_property_readonly(
            "right", [](const py::object& self) { return polyline(self, of(self).right); },
            "Right boundary (P, 2) [m], closed, first point not repeated.")
        .def_property_readonly(
            "checkpoints",
            [](const py::object& self) {
                const auto& c = of(self).checkpoints;
                return constant_view(c.data(), {static_cast<py::ssize_t>(c.size())}, self);
            },
            "Distances s [m] (C,) that a lap must pass in order.")
        .def_property_readonly(
            "sector_ends",
            [](const py::object& self) {
                return constant_view(&of(self).sector_end[0], {kSectors}, self);
            },
            "Distances s [m] (3,) at which the sectors end.")
        .def_property_readonly(
            "centre_line",
            [](const py::object& self) {
                const auto& line = self.cast<const TrackHandle&>().line;
                return constant_view(line.data(), {static_cast<py::ssize_t>(line.size() / 4), 4},
                                     self);
            },
            "What the track was built from: x, y, width_right, width_left (M, 4) [m].")
        .def_property_readonly(
            "options",
            [](const TrackHandle& t) {
                py::dict options;
                options["runoff"] = t.options.runoff;
                options["start_offset"] = t.options.start_offset;
                options["reverse"] = t.options.reverse;
                return options;
            },
            "The settings it was built with; Track(*centre_line.T, name=..., **options) is it "
            "again.")
        .def("locate", &locate_points, py::arg("x"), py::arg("y"),
             "Nearest place on the centre line, over the whole lap: (s, n), each (M,) [m].")
        .def("__repr__",
             [](const TrackHandle& t) {
                 return "<Track '" + t.track->name + "', " +
                        std::to_string(static_cast<int>(t.track->length + 0.5)) + " m>";
             })
        // Immutable: a copy is the same track. Sent to another process, it is built again there.
        .def("__copy__",
             [](const py::object& self) {
                 (void)of(self);
                 return self;
             })
        .def(
            "__deepcopy__",
            [](const py::object& self, const py::dict&) {
                (void)of(self);
                return self;
            },
            py::arg("memo"))
        .def(py::pickle(
            [](const TrackHandle& t) {
                std::vector<Doubles> columns;
                for (std::size_t column = 0; column < 4; ++column) {
                    Doubles values(static_cast<py::ssize_t>(t.line.size() / 4));
                    for (std::size_t i = column, row = 0; i < t.line.size(); i += 4, ++row) {
                        values.mutable_at(static_cast<py::ssize_t>(row)) = t.line[i];
                    }
                    columns.push_back(values);
                }
                return py::make_tuple(columns[0], columns[1], columns[2], columns[3], t.track->name,
                                      t.options.runoff, t.options.start_offset, t.options.reverse,
                                      to_hex(t.track->fingerprint));
            },
            [](const py::tuple& state) {
                TrackHandle made = make_track(state[0].cast<Doubles>(), state[1].cast<Doubles>(),
                                              state[2].cast<Doubles>(), state[3].cast<Doubles>(),
                                              state[4].cast<std::string>(), state[5].cast<double>(),
                                              state[6].cast<double>(), state[7].cast<bool>());
                if (state.size() > 8 &&
                    state[8].cast<std::string>() != to_hex(made.track->fingerprint)) {
                    throw py::value_error("the track '" + made.track->name +
                                          "' has another shape in this version of Racer");
                }
                return made;
            }));
}

}  // namespace racer::bindings
