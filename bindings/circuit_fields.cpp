// What the arrays of circuits hold: records, observations, terms of the reward.
#include "circuit.hpp"
#include "racer/car_fields.hpp"
#include "racer/observation.hpp"
#include "racer/rules.hpp"
#include "racer/text.hpp"
#include "worlds.hpp"

namespace racer::bindings {

ObservationKind observation_named(const std::string& name) {
    return choose<ObservationKind>("observation", name,
                                   {{"lidar", ObservationKind::kLidar},
                                    {"track", ObservationKind::kTrack},
                                    {"road", ObservationKind::kRoad}});
}

py::dtype car_type() {
    RecordType type;
#define RACER_FIELD(type_, name, unit, meaning) type.add<type_>(#name, offsetof(CarRecord, name));
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return type.build(sizeof(CarRecord));
}

py::dtype lap_event_type() {
    RecordType type;
    type.add<std::uint8_t>("completed", offsetof(LapEvent, completed));
    type.add<std::uint8_t>("valid", offsetof(LapEvent, valid));
    type.add<std::uint8_t>("standing", offsetof(LapEvent, standing));
    type.add<std::uint32_t>("reasons", offsetof(LapEvent, reasons));
    type.add<std::int32_t>("lap", offsetof(LapEvent, lap));
    type.add<std::int32_t>("finish_tick", offsetof(LapEvent, finish_tick));
    type.add<double>("time", offsetof(LapEvent, time));
    type.add("sectors", py::str("(3,)f8"), offsetof(LapEvent, sectors));
    return type.build(sizeof(LapEvent));
}

namespace {

py::list field_table() {
    py::list rows;
#define RACER_FIELD(type, name, unit, meaning) \
    rows.append(field_row(nullptr, #name, unit, meaning));
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return rows;
}

py::list observation_layout(const std::string& name) {
    py::list layout;
    int offset = 0;
    for (const ObservationField& field : observation_fields(observation_named(name))) {
        py::dict row;
        row["name"] = std::string(field.name);
        row["offset"] = offset;
        row["size"] = field.size;
        row["unit"] = std::string(field.unit);
        row["scale"] = field.scale;
        row["low"] = field.low;
        row["high"] = field.high;
        layout.append(row);
        offset += field.size;
    }
    return layout;
}

py::list reward_term_table() {
    py::list rows;
    for (const RewardTermInfo& term : kRewardTermTable) {
        py::dict row;
        row["name"] = term.name;
        row["field"] = term.field;
        row["weight"] = term.weight;
        row["low"] = term.low;
        row["high"] = term.high;
        row["unit"] = term.unit;
        row["meaning"] = term.meaning;
        rows.append(row);
    }
    return rows;
}

}  // namespace

void check_record(const CarRecord& r, const Track& track) {
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
    const auto within = [&](const char* name, double value, double low, double high) {
        if (value < low || value > high) {
            bad(std::string(name) + " is " + number_text(value) + ", outside " + number_text(low) +
                " to " + number_text(high));
        }
    };
    constexpr double kCounts = 1 << 30;
    within("checkpoint", r.checkpoint, 0, static_cast<double>(track.checkpoints.size()));
    within("sector", r.sector, 0, kSectors - 1);
    within("lap", r.lap, 0, kCounts);
    within("episode_ticks", r.episode_ticks, 0, kCounts);
    within("episode_steps", r.episode_steps, 0, kCounts);
    within("stillness_ticks", r.stillness_ticks, 0, kCounts);
    within("x", r.x - track.origin.x, -kFarthest, kFarthest);
    within("y", r.y - track.origin.y, -kFarthest, kFarthest);
    within("n", r.n, -kFarthest, kFarthest);
    within("yaw_rate", r.yaw_rate, -1000, 1000);
    within("steer", r.steer, -1.6, 1.6);
    within("grip_front", r.grip_front, 0, 1);
    within("grip_rear", r.grip_rear, 0, 1);
    within("wheels_off", r.wheels_off, 0, 4);
    if (r.fault != 0.0 && r.fault != 1.0) bad("fault must be 0 or 1");
    if (r.s < 0.0 || r.s >= track.length) bad("s lies outside the lap");
    const double unit = r.cos_yaw * r.cos_yaw + r.sin_yaw * r.sin_yaw;
    if (unit < 0.99 || unit > 1.01) bad("cos_yaw, sin_yaw is not a unit vector");
    for (const double v : {r.v_x, r.v_y}) {
        if (v < -1000.0 || v > 1000.0) bad("v_x or v_y is beyond 1000 m/s");
    }
}

void bind_circuit_fields(py::module_& m) {
    m.attr("CAR_STATE") = car_type();  // dtype of snapshot() records
    m.def("fields", &field_table, "Every field of a car: name, unit, meaning.");
    m.attr("LAP_REASONS") = [] {
        py::dict reasons;
        reasons["off_track"] = static_cast<int>(kLapOffTrack);
        reasons["wall"] = static_cast<int>(kLapWall);
        reasons["reversed"] = static_cast<int>(kLapReversed);
        reasons["fault"] = static_cast<int>(kLapFault);
        return reasons;
    }();
    m.attr("RAY_COUNT") = kRays;
    m.attr("RAY_RANGE") = static_cast<double>(kRayRange);
    py::list ahead;
    for (const int metres : kRoadAheadMetres) ahead.append(metres);
    m.attr("ROAD_AHEAD_METRES") = py::tuple(ahead);
    py::list edges;
    for (const int metres : kEdgeAheadMetres) edges.append(metres);
    m.attr("EDGE_AHEAD_METRES") = py::tuple(edges);

    m.attr("REWARD_TERMS") = [] {
        py::list names;
        for (const RewardTermInfo& term : kRewardTermTable) names.append(term.name);
        return py::tuple(names);
    }();
    m.def("observation_layout", &observation_layout, py::arg("observation"),
          "Fields of an observation in order: name, offset, size, unit, scale, low, high.\n\n"
          "An entry of the observation is clip(value * scale, low, high).");
    m.def("reward_term_table", &reward_term_table,
          "The reward terms in that order, a dict each: name (in files), field (of Config),\n"
          "weight (the default), low, high, unit, meaning.");
}

}  // namespace racer::bindings
