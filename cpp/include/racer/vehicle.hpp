// The vehicles: constants with unit, meaning and source. Changing a value changes the physics, and
// with it every recorded lap and trained policy: raise the physics version when you do.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "racer/time.hpp"

namespace racer {

inline constexpr double kGravity = 9.81;  // m/s2

// Axle values are for the whole axle. Axes as in ISO 8855: x forward, y left, z up.
struct Vehicle {
    double mass = 0.0;
    double yaw_inertia = 0.0;
    double cg_to_front = 0.0;
    double cg_to_rear = 0.0;
    double height = 0.0;
    double half_width = 0.0;
    double half_length = 0.0;

    double friction_front = 0.0;
    double friction_rear = 0.0;
    double load_sensitivity = 0.0;
    double stiffness_front = 0.0;
    double shape_front = 0.0;
    double curvature_front = 0.0;
    double stiffness_rear = 0.0;
    double shape_rear = 0.0;
    double curvature_rear = 0.0;
    double grip_use = 0.0;
    double priority_front = 0.0;
    double priority_rear = 0.0;
    double slip_speed = 0.0;
    double load_floor = 0.0;

    double air_density = 0.0;
    double drag_area = 0.0;
    double downforce_area = 0.0;
    double downforce_front = 0.0;

    double power = 0.0;
    double drive_force = 0.0;
    double brake_force = 0.0;
    double brake_front = 0.0;
    double rolling_resistance = 0.0;
    double backward_brake = 0.0;

    double max_steer = 0.0;
    double steer_rate = 0.0;
    double transfer_lag = 0.0;
    double blend_low = 0.0;
    double blend_high = 0.0;
    double blend_lag = 0.0;
    double grass_grip = 0.0;
    double grass_drag = 0.0;

    std::string_view name;

    // Derived by make_vehicle(), so that no tick divides by a constant.
    double inverse_mass = 0.0;
    double inverse_inertia = 0.0;
    double inverse_wheelbase = 0.0;
    double load_front = 0.0;            // N, static
    double load_rear = 0.0;             // N, static
    double transfer = 0.0;              // kg, load moved to the rear axle per m/s2
    double lift_front = 0.0;            // N per (m/s)2
    double lift_rear = 0.0;             // N per (m/s)2
    double drag = 0.0;                  // N per (m/s)2
    double capacity_front[2] = {};      // 1, 1/N: capacity = load (c[0] - c[1] load)
    double capacity_rear[2] = {};       // 1, 1/N
    double drive_speed = 0.0;           // m/s, where power takes over from the largest drive force
    double inverse_slip_speed = 0.0;    // s/m
    double inverse_transfer_lag = 0.0;  // 1/s
    double inverse_blend_lag = 0.0;     // 1/s
    double inverse_blend_range = 0.0;   // s2/m2, of the squares of the two blend speeds
    double top_speed = 0.0;             // m/s
};

struct VehicleField {
    std::string_view name;
    double Vehicle::* member;
    std::string_view unit;
    std::string_view meaning;
};

inline constexpr std::array kVehicleFields = {
    VehicleField{"mass", &Vehicle::mass, "kg", "mass with driver and fluids"},
    VehicleField{"yaw_inertia", &Vehicle::yaw_inertia, "kg m2", "yaw moment of inertia"},
    VehicleField{"cg_to_front", &Vehicle::cg_to_front, "m", "centre of gravity to front axle"},
    VehicleField{"cg_to_rear", &Vehicle::cg_to_rear, "m", "centre of gravity to rear axle"},
    VehicleField{"height", &Vehicle::height, "m", "height of the centre of gravity"},
    VehicleField{"half_width", &Vehicle::half_width, "m", "centre line to the outer tyre wall"},
    VehicleField{"half_length", &Vehicle::half_length, "m", "half of the body's length (walls)"},

    VehicleField{"friction_front", &Vehicle::friction_front, "1",
                 "front friction coefficient at an axle load of m g / 2"},
    VehicleField{"friction_rear", &Vehicle::friction_rear, "1",
                 "rear friction coefficient at an axle load of m g / 2"},
    VehicleField{"load_sensitivity", &Vehicle::load_sensitivity, "1",
                 "share of friction lost per m g / 2 of axle load"},
    VehicleField{"stiffness_front", &Vehicle::stiffness_front, "1/rad", "Magic Formula B, front"},
    VehicleField{"shape_front", &Vehicle::shape_front, "1", "Magic Formula C, front"},
    VehicleField{"curvature_front", &Vehicle::curvature_front, "1", "Magic Formula E, front"},
    VehicleField{"stiffness_rear", &Vehicle::stiffness_rear, "1/rad", "Magic Formula B, rear"},
    VehicleField{"shape_rear", &Vehicle::shape_rear, "1", "Magic Formula C, rear"},
    VehicleField{"curvature_rear", &Vehicle::curvature_rear, "1", "Magic Formula E, rear"},
    VehicleField{"grip_use", &Vehicle::grip_use, "1",
                 "share of the friction ellipse that pedals may use (slip control)"},
    VehicleField{"priority_front", &Vehicle::priority_front, "1",
                 "lateral priority of the front axle's slip control"},
    VehicleField{"priority_rear", &Vehicle::priority_rear, "1",
                 "lateral priority of the rear axle's slip control"},
    VehicleField{"slip_speed", &Vehicle::slip_speed, "m/s",
                 "smallest speed in the denominator of the slip angle"},
    VehicleField{"load_floor", &Vehicle::load_floor, "N", "smallest axle load"},

    VehicleField{"air_density", &Vehicle::air_density, "kg/m3", "air density"},
    VehicleField{"drag_area", &Vehicle::drag_area, "m2", "drag coefficient times frontal area"},
    VehicleField{"downforce_area", &Vehicle::downforce_area, "m2",
                 "downforce coefficient times frontal area"},
    VehicleField{"downforce_front", &Vehicle::downforce_front, "1",
                 "share of the downforce on the front axle"},

    VehicleField{"power", &Vehicle::power, "W", "power at the wheels"},
    VehicleField{"drive_force", &Vehicle::drive_force, "N", "largest drive force (rear axle)"},
    VehicleField{"brake_force", &Vehicle::brake_force, "N", "brake force at full pedal"},
    VehicleField{"brake_front", &Vehicle::brake_front, "1", "front share of the brake force"},
    VehicleField{"rolling_resistance", &Vehicle::rolling_resistance, "N", "rolling resistance"},
    VehicleField{"backward_brake", &Vehicle::backward_brake, "1",
                 "least brake pedal while sliding backwards (there is no reverse gear)"},

    VehicleField{"max_steer", &Vehicle::max_steer, "rad", "largest road-wheel angle"},
    VehicleField{"steer_rate", &Vehicle::steer_rate, "rad/s", "largest road-wheel rate"},
    VehicleField{"transfer_lag", &Vehicle::transfer_lag, "s",
                 "time constant of the longitudinal load transfer"},
    VehicleField{"blend_low", &Vehicle::blend_low, "m/s", "kinematic bicycle below this speed"},
    VehicleField{"blend_high", &Vehicle::blend_high, "m/s", "tyre forces alone above this speed"},
    VehicleField{"blend_lag", &Vehicle::blend_lag, "s",
                 "time constant with which the kinematic bicycle takes hold"},
    VehicleField{"grass_grip", &Vehicle::grass_grip, "1", "grip off the track, tarmac = 1"},
    VehicleField{"grass_drag", &Vehicle::grass_drag, "N", "rolling drag with all wheels off"},
};

struct VehicleValue {
    std::string_view name;
    double value = 0.0;
    std::string_view source;
};

using VehicleRows = std::array<VehicleValue, kVehicleFields.size()>;

// A GT3-like car. "class" means the published range of the GT3 class; "chosen" means set by us for
// the class figures and the stability given in docs and tests (test_dynamics.cpp).
inline constexpr VehicleRows kGtRows = {{
    {"mass", 1350.0, "class: 1285 kg dry, about 1411 kg with driver and fluids"},
    {"yaw_inertia", 2200.0, "class: radius of gyration about 1.28 m"},
    {"cg_to_front", 1.45, "class: wheelbase 2.5-2.8 m, 46-48 % of the weight in front"},
    {"cg_to_rear", 1.25, "as cg_to_front"},
    {"height", 0.38, "class: 0.35-0.45 m; chosen low for stability on the brakes"},
    {"half_width", 0.9, "class: 1.9-2.05 m over the wings, less the tyre's bulge"},
    {"half_length", 2.3, "class: 4.5-4.8 m overall"},

    {"friction_front", 1.65, "slick tyre, 1.5-1.8; chosen for the lateral figures of the class"},
    {"friction_rear", 1.65 * 1.20, "chosen: wider rear tyres; at 1.12 trail braking spins the car"},
    {"load_sensitivity", 0.06, "chosen; Pacejka, Tyre and Vehicle Dynamics, ch. 4"},
    {"stiffness_front", 10.0, "chosen: peak at 8.8 degrees, 0.84 deg/g of understeer"},
    {"shape_front", 1.4, "Pacejka: about 1.3 for lateral force; chosen"},
    {"curvature_front", -1.0, "chosen: 81 % of the grip left in a full slide"},
    {"stiffness_rear", 13.5, "chosen: peak at 6.8 degrees"},
    {"shape_rear", 1.4, "as shape_front"},
    {"curvature_rear", -0.8, "chosen, as curvature_front"},
    {"grip_use", 0.97, "chosen: slip control stops short of the limit"},
    {"priority_front", 0.5, "chosen; larger values cost stability on the brakes"},
    {"priority_rear", 0.85, "chosen: traction control keeps the rear in line"},
    {"slip_speed", 2.0, "chosen: blend_low"},
    {"load_floor", 300.0, "chosen: never reached in driving, keeps a wheel on the road"},

    {"air_density", 1.2, "20 degrees C at sea level"},
    {"drag_area", 1.22, "class: top speed 280-290 km/h"},
    {"downforce_area", 3.1, "chosen: 73 % of the car's weight at 260 km/h"},
    {"downforce_front", 0.40, "chosen: stability at speed"},

    {"power", 390.0e3, "class: 373-410 kW by balance of performance"},
    {"drive_force", 11.5e3, "chosen: 0-100 km/h in 3.4 s"},
    {"brake_force", 27.0e3, "chosen: above the grip of tarmac without downforce"},
    {"brake_front", 0.76, "chosen: rear brake share below its load share up to 2 g"},
    {"rolling_resistance", 200.0, "1.5 % of the weight"},
    {"backward_brake", 0.5, "chosen: a driver in a spin has clutch and brake down"},

    {"max_steer", 0.45, "class: 25 degrees at the road wheel"},
    {"steer_rate", 1.5, "chosen: about 1000 degrees/s at the steering wheel"},
    {"transfer_lag", 0.06, "chosen: pitch mode of a stiff car, 2.7 Hz"},
    {"blend_low", 2.0, "chosen"},
    {"blend_high", 5.0, "chosen"},
    {"blend_lag", 0.05, "chosen: the tyres' own lag at 5 m/s"},
    {"grass_grip", 0.6, "chosen: dry grass and kerb, 0.4-0.7"},
    {"grass_drag", 2500.0, "chosen: 0.19 g with all wheels off"},
}};

// A formula car of the FIA Formula 3 kind. "F3" means published for the Dallara F3 2019: mass,
// power, length and width by its data sheet; 300 km/h, 0-100 in 3.0 s, 0-200 in 7.7 s, 2.6 g
// sideways and 1.9 g on the brakes by the championship's presentation of 22 November 2018.
inline constexpr VehicleRows kFormulaRows = {{
    {"mass", 673.0, "F3: 673 kg with driver"},
    {"yaw_inertia", 800.0, "chosen: radius of gyration 1.09 m, masses between the axles"},
    {"cg_to_front", 1.64, "F3: wheelbase 2.88 m; chosen: 43 % of the weight in front"},
    {"cg_to_rear", 1.24, "as cg_to_front"},
    {"height", 0.28, "class: 0.25-0.30 m"},
    {"half_width", 0.94, "F3: 1.885 m wide over the tyres"},
    {"half_length", 2.48, "F3: 4.965 m overall"},

    {"friction_front", 1.60, "slick tyre, 1.5-1.8; chosen for the lateral figures of F3"},
    {"friction_rear", 1.60 * 1.20, "chosen, as for gt: wider rear tyres, stable trail braking"},
    {"load_sensitivity", 0.06, "chosen, as for gt"},
    {"stiffness_front", 11.5, "chosen: peak at 7.6 degrees, stiffer carcass than gt"},
    {"shape_front", 1.4, "Pacejka: about 1.3 for lateral force; chosen"},
    {"curvature_front", -1.0, "chosen, as for gt"},
    {"stiffness_rear", 15.0, "chosen: peak at 6.1 degrees; 0.7 deg/g of understeer"},
    {"shape_rear", 1.4, "as shape_front"},
    {"curvature_rear", -0.8, "chosen, as for gt"},
    {"grip_use", 0.97, "chosen: slip control stops short of the limit"},
    {"priority_front", 0.5, "chosen, as for gt"},
    {"priority_rear", 0.85, "chosen, as for gt"},
    {"slip_speed", 3.0, "chosen: the stiffer tyre needs it at one step per tick"},
    {"load_floor", 150.0, "chosen: never reached in driving, keeps a wheel on the road"},

    {"air_density", 1.2, "20 degrees C at sea level"},
    {"drag_area", 0.80, "chosen: 282 km/h with the wings of a slow track (F3: 300 km/h with DRS)"},
    {"downforce_area", 2.1, "chosen: the car's own weight at 260 km/h; F3: up to 2.6 g sideways"},
    {"downforce_front", 0.40, "chosen: stability at speed"},

    {"power", 240.0e3, "F3: 283 kW at 8000 rpm; chosen: its mean over a gear, at the wheels"},
    {"drive_force", 6.3e3, "chosen: 0-100 km/h in 3.1 s (F3: 3.0 s)"},
    {"brake_force", 14.0e3, "chosen: above the grip of tarmac without downforce"},
    {"brake_front", 0.72, "chosen: rear brake share below its load share up to 2 g"},
    {"rolling_resistance", 110.0, "1.7 % of the weight"},
    {"backward_brake", 0.5, "chosen, as for gt"},

    {"max_steer", 0.35, "class: 20 degrees at the road wheel"},
    {"steer_rate", 1.5, "chosen, as for gt"},
    {"transfer_lag", 0.06, "chosen, as for gt"},
    {"blend_low", 2.0, "chosen"},
    {"blend_high", 6.0, "chosen: the yaw mode is slow enough for one step per tick above it"},
    {"blend_lag", 0.05, "chosen"},
    {"grass_grip", 0.6, "chosen, as for gt"},
    {"grass_drag", 1300.0, "chosen: 0.2 g with all wheels off"},
}};

// A single-speed racing kart with front brakes, as the X30 senior class raced in the ADAC Kart
// Masters from 2013: 162 kg with driver, front brakes allowed, 30 hp at most 16,000 rpm. "CIK"
// means the international karting regulations.
inline constexpr VehicleRows kKartRows = {{
    {"mass", 160.0, "class: X30 senior 155-162 kg with driver"},
    {"yaw_inertia", 24.0, "chosen: radius of gyration 0.39 m, driver in the middle"},
    {"cg_to_front", 0.60, "CIK: wheelbase 1.01-1.07 m; usual set-up: 43 % of the weight in front"},
    {"cg_to_rear", 0.45, "as cg_to_front"},
    {"height", 0.18, "chosen: the driver sits on the floor"},
    {"half_width", 0.70, "CIK: at most 1.40 m wide"},
    {"half_length", 0.95, "CIK: at most 1.82 m without bodywork, 2.10 m with it"},

    {"friction_front", 2.0, "class: cornering beyond 2 g on soft slicks"},
    {"friction_rear", 2.0 * 1.60,
     "chosen: stands for the solid rear axle, too, whose tyres resist every yaw; a single track "
     "has "
     "none. Sideways the front axle sets the limit"},
    {"load_sensitivity", 0.06, "chosen, as for gt"},
    {"stiffness_front", 9.0, "chosen: peak at 10 degrees"},
    {"shape_front", 1.4, "Pacejka: about 1.3 for lateral force; chosen"},
    {"curvature_front", -0.8, "chosen: a small low-pressure tyre lets go gently"},
    {"stiffness_rear", 16.0, "chosen: solid rear axle, as friction_rear"},
    {"shape_rear", 1.4, "as shape_front"},
    {"curvature_rear", -0.8, "chosen, as curvature_front"},
    {"grip_use", 0.97, "chosen: stands for a driver who does not lock the wheels"},
    {"priority_front", 0.5, "chosen, as for gt"},
    {"priority_rear", 0.95, "chosen: the short car needs its rear axle sideways"},
    {"slip_speed", 4.0, "chosen: the light car needs it at one step per tick"},
    {"load_floor", 40.0, "chosen: never reached in driving, keeps a wheel on the road"},

    {"air_density", 1.2, "20 degrees C at sea level"},
    {"drag_area", 0.65, "chosen: top speed 130 km/h, driver in the wind"},
    {"downforce_area", 0.0, "a kart has no wings"},
    {"downforce_front", 0.5, "of no effect without downforce"},

    {"power", 21.0e3, "class: X30, 30 hp (22 kW) at the engine, less the chain"},
    {"drive_force", 1250.0, "chosen: 0-60 mph in 4.6 s (class: about 4 s, with gears 3 s)"},
    {"brake_force", 2200.0, "chosen: 1.4 g, below the grip of a warm slick"},
    {"brake_front", 0.85, "chosen: stability; front brakes as in the class of 2013"},
    {"rolling_resistance", 40.0, "2.5 % of the weight, chain and solid axle included"},
    {"backward_brake", 0.5, "chosen, as for gt"},

    {"max_steer", 0.45, "class: 25 degrees at the road wheel"},
    {"steer_rate", 3.0, "chosen: direct steering, half a turn lock to lock"},
    {"transfer_lag", 0.04, "chosen: no suspension, tyres and frame alone"},
    {"blend_low", 2.0, "chosen"},
    {"blend_high", 6.0, "chosen: as slip_speed"},
    {"blend_lag", 0.05, "chosen"},
    {"grass_grip", 0.6, "chosen, as for gt"},
    {"grass_drag", 300.0, "chosen: 0.19 g with all wheels off"},
}};

constexpr void derive(Vehicle& v) {
    const double wheelbase = v.cg_to_front + v.cg_to_rear;
    const double weight = v.mass * kGravity;
    const double lift = 0.5 * v.air_density * v.downforce_area;
    v.inverse_mass = 1.0 / v.mass;
    v.inverse_inertia = 1.0 / v.yaw_inertia;
    v.inverse_wheelbase = 1.0 / wheelbase;
    v.load_front = weight * v.cg_to_rear / wheelbase;
    v.load_rear = weight * v.cg_to_front / wheelbase;
    v.transfer = v.mass * v.height / wheelbase;
    v.lift_front = lift * v.downforce_front;
    v.lift_rear = lift * (1.0 - v.downforce_front);
    v.drag = 0.5 * v.air_density * v.drag_area;
    v.capacity_front[0] = v.friction_front * (1.0 + v.load_sensitivity);
    v.capacity_front[1] = v.friction_front * v.load_sensitivity / (0.5 * weight);
    v.capacity_rear[0] = v.friction_rear * (1.0 + v.load_sensitivity);
    v.capacity_rear[1] = v.friction_rear * v.load_sensitivity / (0.5 * weight);
    v.drive_speed = v.power / v.drive_force;
    v.inverse_slip_speed = 1.0 / v.slip_speed;
    v.inverse_transfer_lag = 1.0 / v.transfer_lag;
    v.inverse_blend_lag = 1.0 / v.blend_lag;
    v.inverse_blend_range = 1.0 / (v.blend_high * v.blend_high - v.blend_low * v.blend_low);
    // Where the power goes into drag and rolling alone, by bisection.
    double slow = 0.0;
    double fast = 200.0;
    for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (slow + fast);
        const double needed = (v.drag * middle * middle + v.rolling_resistance) * middle;
        (needed < v.power ? slow : fast) = middle;
    }
    v.top_speed = slow;
}

[[nodiscard]] consteval Vehicle make_vehicle(std::string_view name, const VehicleRows& rows) {
    Vehicle vehicle;
    vehicle.name = name;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].name != kVehicleFields[i].name) throw "rows and fields differ in order";
        vehicle.*kVehicleFields[i].member = rows[i].value;
    }
    derive(vehicle);
    return vehicle;
}

inline constexpr Vehicle kGt = make_vehicle("gt", kGtRows);
inline constexpr Vehicle kFormula = make_vehicle("formula", kFormulaRows);
inline constexpr Vehicle kKart = make_vehicle("kart", kKartRows);

// A vehicle that is not the frozen one: so many times the friction of both axles, and so many times
// the mass, spread as before, on the same tyres. Their friction is given at an axle load of m g /
// 2, so it is restated for the new one: the capacity at a load in newtons stays what it was.
[[nodiscard]] constexpr Vehicle changed(Vehicle v, double grip, double mass) {
    if (grip == 1.0 && mass == 1.0) return v;
    const double scale = 1.0 + v.load_sensitivity * (1.0 - mass);
    v.friction_front *= grip * scale;
    v.friction_rear *= grip * scale;
    v.load_sensitivity *= mass / scale;
    v.mass *= mass;
    v.yaw_inertia *= mass;
    derive(v);
    return v;
}

struct VehicleEntry {
    const Vehicle* vehicle;
    const VehicleRows* rows;
};

inline constexpr std::array kVehicles = {VehicleEntry{&kGt, &kGtRows},
                                         VehicleEntry{&kFormula, &kFormulaRows},
                                         VehicleEntry{&kKart, &kKartRows}};

// The entry with this name, or nullptr.
[[nodiscard]] constexpr const VehicleEntry* find_vehicle_entry(std::string_view name) {
    for (const VehicleEntry& entry : kVehicles) {
        if (entry.vehicle->name == name) return &entry;
    }
    return nullptr;
}

// The vehicle with this name, or nullptr.
[[nodiscard]] constexpr const Vehicle* find_vehicle(std::string_view name) {
    const VehicleEntry* entry = find_vehicle_entry(name);
    return entry == nullptr ? nullptr : entry->vehicle;
}

}  // namespace racer
