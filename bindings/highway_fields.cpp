// What the arrays of the highway hold: records, observations, terms of the reward.
#include <array>

#include "highway.hpp"
#include "racer/highway/config.hpp"
#include "racer/highway/dimensions.hpp"
#include "racer/highway/fields.hpp"
#include "worlds.hpp"

namespace racer::bindings {

using highway::Outcome;
using highway::VehicleRecord;
using highway::WorldRecord;

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

namespace {

py::list field_table() {
    py::list rows;
#define RACER_FIELD(type, name, unit, meaning) \
    rows.append(field_row("vehicle", #name, unit, meaning));
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
#define RACER_FIELD(type, name, unit, meaning) \
    rows.append(field_row("world", #name, unit, meaning));
    RACER_HIGHWAY_WORLD_FIELDS(RACER_FIELD)
#undef RACER_FIELD
#define RACER_FIELD(type, name, unit, meaning) \
    rows.append(field_row("outcome", #name, unit, meaning));
    RACER_HIGHWAY_OUTCOME_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return rows;
}

template <std::size_t N>
py::tuple names_of(const std::array<std::string_view, N>& names) {
    py::list list;
    for (const std::string_view name : names) list.append(std::string(name));
    return py::tuple(list);
}

py::list reward_term_table() {
    py::list rows;
    const highway::Config defaults;
    const auto add = [&](const char* name, const char* field, double weight, const char* meaning) {
        py::dict row;
        row["name"] = name;
        row["field"] = field;
        row["weight"] = weight;
        row["low"] = -highway::kMaxWeight;
        row["high"] = highway::kMaxWeight;
        row["meaning"] = meaning;
        rows.append(row);
    };
#define RACER_TERM(constant, name, meaning) \
    add(#name, #name "_reward", defaults.name##_reward, meaning);
    RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
    return rows;
}

}  // namespace

void bind_highway_fields(py::module_& m) {
    m.attr("VEHICLE") = vehicle_type();
    m.attr("WORLD") = world_type();
    m.attr("OUTCOME") = outcome_type();
    m.attr("REWARD_TERMS") = names_of(highway::kTermNames);
    m.attr("BASE_TERMS") = names_of(highway::kBaseTermNames);
    m.attr("FEATURES") = names_of(highway::kFeatureNames);
    m.attr("RULES_VERSION") = highway::kRulesVersion;
    m.attr("LANE_WIDTH") = highway::kLaneWidth;
    m.attr("VEHICLE_SIZE") = py::make_tuple(highway::kVehicleLength, highway::kVehicleWidth);
    m.def("reward_term_table", &reward_term_table,
          "The terms of the reward beside HighwayEnv's own, in the order of the arrays, a dict "
          "each:\n"
          "name, field (of Config), weight (the default), low, high, meaning.");
    m.def("fields", &field_table, "Every field of records: of, name, unit, meaning.");
}

}  // namespace racer::bindings
