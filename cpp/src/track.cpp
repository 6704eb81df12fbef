#include "racer/track.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "racer/boundary.hpp"
#include "racer/float_environment.hpp"
#include "racer/hash.hpp"
#include "racer/projection.hpp"
#include "racer/spline.hpp"

namespace racer {
namespace {

constexpr double kShortestLap = 100.0;    // [m]
constexpr double kLongestLap = 50'000.0;  // [m]
constexpr double kSamePoint = 1e-3;       // points closer than this are one point [m]
constexpr double kFarthestPoint = 1e7;    // from the origin of the file's coordinates [m]
constexpr double kClosingGapFactor =
    3.0;  // last gap of a closed line against its longest other gap
constexpr double kCheckpointDistance = 50.0;  // [m]
constexpr std::size_t kFewestCheckpoints = 12;
constexpr double kSpawnTopSpeed = 75.0;  // [m/s]
constexpr double kSpawnLateral = 14.0;   // accelerations of a cautious car [m/s2]
constexpr double kSpawnBraking = 10.0;
constexpr double kSpawnDriving = 6.0;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string row(std::size_t index) { return "row " + std::to_string(index + 1); }

[[noreturn]] void fail(const std::string& sentence) { throw std::invalid_argument(sentence); }

double distance(double x0, double y0, double x1, double y1) {
    const double dx = x1 - x0;
    const double dy = y1 - y0;
    return __builtin_sqrt(dx * dx + dy * dy);
}

// The points in driving order, each with the row that it came from.
struct Points {
    std::vector<double> x, y, width_right, width_left;
    std::vector<std::size_t> rows;
};

void check_options(const TrackOptions& options) {
    if (!(options.spacing >= 0.5 && options.spacing <= 2.0)) {
        fail("spacing must be from 0.5 to 2 m, not " + number(options.spacing));
    }
    if (!(options.runoff >= 0.0 && options.runoff <= 100.0)) {
        fail("runoff must be from 0 to 100 m, not " + number(options.runoff));
    }
    if (!(options.start_offset >= -kLongestLap && options.start_offset <= kLongestLap)) {
        fail("start_offset must be from -50000 to 50000 m, not " + number(options.start_offset));
    }
}

void check_values(const CentreLine& line, std::size_t i) {
    struct Named {
        const char* name;
        double value;
    };
    const Named values[] = {{"x", line.x[i]},
                            {"y", line.y[i]},
                            {"width_right", line.width_right[i]},
                            {"width_left", line.width_left[i]}};
    for (const Named& v : values) {
        if (!std::isfinite(v.value)) fail(row(i) + ": " + v.name + " is not a finite number");
        if (std::abs(v.value) > kFarthestPoint) {
            fail(row(i) + ": " + v.name + " is " + number(v.value) + ", more than 10000 km");
        }
    }
    for (const Named& v : {values[2], values[3]}) {
        if (v.value <= 0.0) {
            fail(row(i) + ": " + v.name + " must be greater than 0, not " + number(v.value));
        }
    }
}

Points checked_points(const CentreLine& line, const TrackOptions& options) {
    std::size_t count = line.x.size();
    if (line.y.size() != count || line.width_right.size() != count ||
        line.width_left.size() != count) {
        fail("x, y, width_right and width_left must be equally long, not " + std::to_string(count) +
             ", " + std::to_string(line.y.size()) + ", " + std::to_string(line.width_right.size()) +
             " and " + std::to_string(line.width_left.size()));
    }
    for (std::size_t i = 0; i < count; ++i) check_values(line, i);
    const auto gap = [&](std::size_t a, std::size_t b) {
        return distance(line.x[a], line.y[a], line.x[b], line.y[b]);
    };
    if (count > 1 && gap(0, count - 1) < kSamePoint) --count;  // the first point repeated
    if (count < 4) {
        fail("a circuit needs at least 4 different points, not " + std::to_string(count));
    }
    double longest = 0.0;
    double around = gap(count - 1, 0);  // no spline through the points is shorter than their chords
    for (std::size_t i = 0; i + 1 < count; ++i) {
        if (gap(i, i + 1) < kSamePoint) {
            fail(row(i + 1) + " repeats the point of " + row(i));
        }
        longest = std::max(longest, gap(i, i + 1));
        around += gap(i, i + 1);
    }
    if (gap(count - 1, 0) > kClosingGapFactor * longest) {
        fail("the circuit is not closed: from the last " + row(count - 1) + " to the first it is " +
             number(gap(count - 1, 0)) + " m, while no other gap exceeds " + number(longest) +
             " m");
    }
    if (!(around <= kLongestLap)) {
        fail("the circuit is at least " + number(around) + " m long, not from 100 m to 50 km");
    }
    Points points;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t k = options.reverse ? (count - i) % count : i;
        points.x.push_back(line.x[k]);
        points.y.push_back(line.y[k]);
        points.width_right.push_back(options.reverse ? line.width_left[k] : line.width_right[k]);
        points.width_left.push_back(options.reverse ? line.width_right[k] : line.width_left[k]);
        points.rows.push_back(k);
    }
    return points;
}

// Whole metres near the middle of the bounding box, so that float coordinates stay small.
Point middle(const Points& points) {
    const auto centre = [](const std::vector<double>& values) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        return static_cast<double>(static_cast<std::int64_t>(0.5 * (*low + *high)));
    };
    return {centre(points.x), centre(points.y)};
}

Station sample(const ClosedSpline& spline, const Points& points, double s) {
    const ClosedSpline::Place place = spline.at_arc_length(s);
    const SplinePoint at = spline.evaluate(place);
    const double speed = __builtin_sqrt(at.dx * at.dx + at.dy * at.dy);
    const std::size_t before = place.segment;
    const std::size_t after = before + 1 == points.x.size() ? 0 : before + 1;
    const double f = place.parameter / place.chord;
    Station station{};
    station.x = at.x;
    station.y = at.y;
    station.tangent_x = at.dx / speed;
    station.tangent_y = at.dy / speed;
    station.curvature = at.curvature();
    station.width_left =
        points.width_left[before] + f * (points.width_left[after] - points.width_left[before]);
    station.width_right =
        points.width_right[before] + f * (points.width_right[after] - points.width_right[before]);
    const std::size_t nearest = points.rows[f < 0.5 ? before : after];
    if (!(speed > 0.05)) fail(row(nearest) + ": the line turns back on itself");
    const bool left_turn = station.curvature > 0.0;
    const double width = left_turn ? station.width_left : station.width_right;
    const double bend = left_turn ? station.curvature : -station.curvature;
    if (!(bend * width < 1.0)) {
        fail(row(nearest) + ": the " + (left_turn ? "left" : "right") +
             " boundary folds over itself, " + number(width) +
             " m wide on the inside of a bend of radius " + number(1.0 / bend) + " m");
    }
    return station;
}

void place_stations(Track& track, const Points& points, const TrackOptions& options) {
    const ClosedSpline spline(points.x, points.y);
    track.length = spline.length();
    if (!(track.length >= kShortestLap && track.length <= kLongestLap)) {
        fail("the circuit is " + number(track.length) + " m long, not from 100 m to 50 km");
    }
    const auto count = static_cast<std::size_t>(track.length / options.spacing + 0.5);
    track.station_count = static_cast<int>(count);
    track.spacing = track.length / static_cast<double>(count);
    double offset = options.start_offset;
    while (offset < 0.0) offset += track.length;
    while (offset >= track.length) offset -= track.length;
    for (std::size_t k = 0; k < count; ++k) {
        double s = offset + static_cast<double>(k) * track.spacing;
        if (s >= track.length) s -= track.length;
        track.stations.push_back(sample(spline, points, s));
    }
}

// What a cautious car can drive: the grip limit of each place, made reachable by braking before it
// and by accelerating after the one before.
void set_spawn_speeds(Track& track) {
    const auto count = static_cast<std::size_t>(track.station_count);
    auto& stations = track.stations;
    for (std::size_t k = 0; k < count; ++k) {
        const double bend = std::abs(stations[k].curvature);
        const double top2 = kSpawnTopSpeed * kSpawnTopSpeed;
        stations[k].spawn_speed =
            __builtin_sqrt(bend * top2 > kSpawnLateral ? kSpawnLateral / bend : top2);
    }
    const auto limit = [&](std::size_t k, std::size_t reference, double acceleration) {
        const double v = stations[reference].spawn_speed;
        const double reachable = __builtin_sqrt(v * v + 2.0 * acceleration * track.spacing);
        stations[k].spawn_speed = std::min(stations[k].spawn_speed, reachable);
    };
    for (std::size_t i = 2 * count; i-- > 0;) limit(i % count, (i + 1) % count, kSpawnBraking);
    for (std::size_t i = 0; i < 2 * count; ++i) limit((i + 1) % count, i % count, kSpawnDriving);
}

void place_checkpoints(Track& track) {
    const auto wanted = static_cast<std::size_t>(track.length / kCheckpointDistance + 0.5);
    const std::size_t gaps = std::max(wanted, kFewestCheckpoints + 1);
    for (std::size_t i = 1; i < gaps; ++i) {
        track.checkpoints.push_back(track.length * static_cast<double>(i) /
                                    static_cast<double>(gaps));
    }
    for (int i = 0; i < kSectors; ++i) {
        track.sector_end[i] = track.length * static_cast<double>(i + 1) / kSectors;
    }
    track.sector_end[kSectors - 1] = track.length;
}

void repeat_first_stations(Track& track) {
    const auto count = static_cast<std::size_t>(track.station_count);
    track.stations.reserve(count + kStationOverlap);
    for (std::size_t k = 0; k < kStationOverlap; ++k) {
        track.stations.push_back(track.stations[k % count]);
    }
    for (const Station& at : track.stations) {
        track.road.push_back({static_cast<float>(at.x - track.origin.x),
                              static_cast<float>(at.y - track.origin.y),
                              static_cast<float>(at.curvature), static_cast<float>(at.width_left),
                              static_cast<float>(at.width_right), static_cast<float>(at.tangent_x),
                              static_cast<float>(at.tangent_y), 0.0F});
    }
}

std::uint64_t fingerprint_of(const Track& track) {
    Hash hash;
    hash.add(track.length);
    hash.add(track.spacing);
    hash.add(track.station_count);
    hash.add(track.origin.x);
    hash.add(track.origin.y);
    for (int k = 0; k < track.station_count; ++k) {
        const Station& at = track.stations[static_cast<std::size_t>(k)];
        for (const double value :
             {at.x, at.y, at.tangent_x, at.tangent_y, at.curvature, at.width_left, at.width_right,
              at.wall_left, at.wall_right, at.spawn_speed}) {
            hash.add(value);
        }
    }
    hash.add(std::span<const double>(track.checkpoints));
    hash.add(std::span<const double>(track.sector_end));
    hash.add(std::span<const std::int32_t>(track.portal_station));
    for (const auto* line : {&track.left, &track.right}) {
        for (const Point& p : *line) {
            hash.add(p.x);
            hash.add(p.y);
        }
    }
    return hash.value();
}

}  // namespace

Track build_track(const CentreLine& line, const TrackOptions& options) {
    check_options(options);
    const FloatEnvironment guard;
    const Points points = checked_points(line, options);
    Track track;
    track.name = options.name;
    track.origin = middle(points);
    place_stations(track, points, options);
    place_portals(track);
    place_walls(track, options.runoff);
    fill_ray_table(track);
    set_spawn_speeds(track);
    place_checkpoints(track);
    repeat_first_stations(track);
    track.fingerprint = fingerprint_of(track);
    return track;
}

LanePosition locate(const Track& track, double x, double y) {
    const FloatEnvironment guard;
    std::int32_t nearest = 0;
    double shortest = 0.0;
    for (std::int32_t k = 0; k < track.station_count; ++k) {
        const Station& at = track.stations[static_cast<std::size_t>(k)];
        const double squared = (x - at.x) * (x - at.x) + (y - at.y) * (y - at.y);
        if (k == 0 || squared < shortest) {
            shortest = squared;
            nearest = k;
        }
    }
    const Track* const tracks[] = {&track};
    const auto frenet = RACER_ISA::project<double>(tracks, &nearest, x, y, 1.0, 0.0);
    return {frenet.s, frenet.n};
}

}  // namespace racer
