// How an episode begins: where cars stand, and what their state is there.
#pragma once

#include "circuit/car_access.hpp"
#include "circuit/contact.hpp"
#include "racer/random.hpp"
#include "racer/step_context.hpp"
#include "road/projection.hpp"

namespace racer::RACER_ISA {

// Grip and drag for the next tick, from the wheels that stand beyond the edge now.
template <class R>
RACER_INLINE void store_surface(const Vehicle& vehicle, const CarArrays& c, int car,
                                const WheelContact<R>& wheels) {
    const R loss(0.5 * (1.0 - vehicle.grass_grip));  // per wheel of an axle
    const R off = wheels.off_front + wheels.off_rear;
    store(c.grip_front + car, R(1.0) - loss * wheels.off_front);
    store(c.grip_rear + car, R(1.0) - loss * wheels.off_rear);
    store(c.surface_drag + car, R(0.25 * vehicle.grass_drag) * off);
    store(c.wheels_off + car, off);
}

// Puts a car on the track and starts its lap state afresh.
RACER_INLINE void place_car(const StepContext& context, int car, const Placement& at) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    const double laps = at.s / track.length;
    auto whole = static_cast<std::int64_t>(laps);
    if (laps < static_cast<double>(whole)) --whole;
    double s = at.s - static_cast<double>(whole) * track.length;
    if (!(s >= 0.0 && s < track.length)) s = 0.0;
    auto station = static_cast<std::int32_t>(s / track.spacing);
    if (station >= track.station_count) station = track.station_count - 1;
    const double t = s / track.spacing - static_cast<double>(station);
    const Station& a = track.stations[static_cast<std::size_t>(station)];
    const Station& b = track.stations[static_cast<std::size_t>(station) + 1];
    const double tx = a.tangent_x + t * (b.tangent_x - a.tangent_x);
    const double ty = a.tangent_y + t * (b.tangent_y - a.tangent_y);
    const double unit = 1.0 / sqrt(tx * tx + ty * ty);
    const double cos_e = cos(at.heading_error);
    const double sin_e = sin(at.heading_error);

    c.x[car] = a.x + t * (b.x - a.x) - at.n * ty * unit;
    c.y[car] = a.y + t * (b.y - a.y) + at.n * tx * unit;
    c.cos_yaw[car] = (tx * cos_e - ty * sin_e) * unit;
    c.sin_yaw[car] = (ty * cos_e + tx * sin_e) * unit;
    c.v_x[car] = at.speed;
    c.v_y[car] = c.yaw_rate[car] = c.steer[car] = c.a_x[car] = 0.0;
    c.station[car] = station;
    c.progress[car] = c.distance[car] = 0.0;
    c.wall_contact[car] = c.wall_impact_speed[car] = c.fault[car] = 0.0;
    c.off_track_ticks[car] = c.wrong_way[car] = c.stillness_ticks[car] = 0;
    c.episode_ticks[car] = c.episode_steps[car] = 0;
    c.world_done[car] = 0;
    c.input_steer[car] = c.input_throttle[car] = c.input_brake[car] = 0;

    const Frenet<double> f = project(context.tracks + car, c.station + car, c.x[car], c.y[car],
                                     c.cos_yaw[car], c.sin_yaw[car]);
    // A car put on the line stands on it, not a rounding error behind it.
    c.s[car] = at.s == 0.0 || f.s >= track.length ? 0.0 : f.s;
    if (at.s == 0.0) c.station[car] = 0;
    c.n[car] = f.n;
    c.cos_heading[car] = f.cos_heading;
    c.sin_heading[car] = f.sin_heading;
    store_surface(*context.vehicle, c, car, wheels_beyond_edge(*context.vehicle, f));
    const bool standing = at.s == 0.0 && at.speed == 0.0;
    store_clock(c, car, standing ? standing_start() : LapClock{});
}

// Starts a new episode of a world by the start rules, on the circuit that it was dealt. Cars of one
// world start side by side.
RACER_INLINE void reset_world(const StepContext& context, int world) {
    const CarArrays& c = context.cars;
    const StartRules& rules = context.config->start;
    const int first = world * context.cars_per_world;
    const std::uint64_t key = split_seed(c.seed[first], c.episode[first]);
    const bool standing =
        rules.kind == StartKind::kStanding ||
        (rules.kind == StartKind::kMixed && uniform(key, 0) < rules.standing_fraction);
    context.world_tracks[world] = context.next_tracks[world];
    const Track& track = *context.all_tracks[context.world_tracks[world]];
    for (int i = 0; i < context.cars_per_world; ++i) context.tracks[first + i] = &track;
    const double place = uniform(key, 1) * track.length;
    for (int i = 0; i < context.cars_per_world; ++i) {
        const int car = first + i;
        const auto draw = [&](int d) {
            return uniform(key, static_cast<std::uint64_t>(8 + 4 * i + d));
        };
        Placement at;
        if (!standing) {
            const auto station = static_cast<std::size_t>(place / track.spacing);
            const Station& here = track.stations[station];
            const double room_left = max(here.width_left - context.vehicle->half_width, 0.0);
            const double room_right = max(here.width_right - context.vehicle->half_width, 0.0);
            at.s = place;
            at.n = (draw(0) * (room_left + room_right) - room_right) * rules.lateral_fraction;
            at.heading_error = (2.0 * draw(1) - 1.0) * rules.heading_error;
            at.speed = min(here.spawn_speed, context.vehicle->top_speed) *
                       (rules.speed_low + draw(2) * (rules.speed_high - rules.speed_low));
        }
        if (context.cars_per_world > 1) {
            // Evenly over the width that is there, the first car on the left.
            const Station& here = track.stations[static_cast<std::size_t>(at.s / track.spacing)];
            const double share =
                (static_cast<double>(i) + 0.5) / static_cast<double>(context.cars_per_world);
            at.n = here.width_left - share * (here.width_left + here.width_right);
        }
        ++c.episode[car];
        place_car(context, car, at);
    }
}

}  // namespace racer::RACER_ISA
