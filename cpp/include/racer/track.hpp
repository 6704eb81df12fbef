// A circuit: immutable after build_track(), shared by every world that drives on it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace racer {

// One sample of the centre line, every `Track::spacing` metres: one record, because a car reads all
// of it at one place, four numbers at a time (projection.hpp), so their order matters. Not padded
// to cache lines: that the whole circuit stays in the second cache counts for more. SI units; left
// is positive.
struct alignas(16) Station {
    double x, y;                     // position of the centre line [m]
    double tangent_x, tangent_y;     // unit tangent, in driving direction; left normal = (-ty, tx)
    double curvature;                // [1/m], positive in a left turn
    double width_left, width_right;  // centre line to the boundary polylines, along the normal [m]
    double wall_left, wall_right;    // centre line to the walls, along the normal [m]
    double spawn_speed;              // speed that a cautious car can have here [m/s]
};

// The part of a station that an observation of the road ahead needs, in float for speed.
struct alignas(32) RoadPoint {
    float x, y;  // relative to Track::origin [m]
    float curvature;
    float width_left, width_right;
    float tangent_x, tangent_y;
    float unused;
};

// Stations repeated beyond the end of the lap, so that looking ahead needs no modulo.
inline constexpr int kStationOverlap = 512;
inline constexpr int kSectors = 3;

struct Point {
    double x, y;
};

// Rounds to a multiple of 2^-10 m, which a float holds exactly up to 16 km, further than any vertex
// can be from the middle of a circuit. (A cast to float and back would do, but g++ 12 removes a
// pair of these where it vectorises, against the standard.)
[[nodiscard, gnu::always_inline]] constexpr double snap_to_grid(double metres) noexcept {
    constexpr double kShift =
        1.5 * 4398046511104.0;  // 1.5 * 2^42: one unit in its last place is 2^-10
    return (metres + kShift) - kShift;
}

// The boundaries once more, as the rays read them: float, relative to Track::origin, and repeated
// before and after the lap so that no look-around needs a modulo. Portal i of the lap is
// `lap_start` + i.
struct RayTable {
    // The portals that a car in one cell can be asked about: all within kRayReach of arc length.
    struct Window {
        std::int32_t first = 0;  // index into the arrays below
        std::int32_t count = 0;
        std::int32_t near = 0;  // first of the kNearPortals that hold (almost) all that can be seen
    };
    std::int32_t lap_start = 0;
    std::vector<float> left_x, left_y, right_x, right_y;  // vertices [m]
    std::vector<Window> windows;                          // of each cell
};
inline constexpr double kRayReach = 200.0;  // rays see no boundary further along the lap [m]
inline constexpr int kNearPortals = 32;

struct Track {
    std::string name;
    double length = 0.0;   // of the closed centre line [m]
    double spacing = 0.0;  // between stations [m]; length == spacing * station_count
    int station_count = 0;
    Point origin{};                   // reference of the float coordinates
    std::vector<Station> stations;    // station_count + kStationOverlap
    std::vector<RoadPoint> road;      // station_count + kStationOverlap
    std::vector<double> checkpoints;  // ascending s [m] in (0, length); all must be passed in order
    double sector_end[kSectors] = {};  // s at which each sector ends; the last is `length`

    // The boundaries, thinned jointly at shared stations ("portals"): vertex i of both lines lies
    // on the normal of station portal_station[i]. They are *the* boundary for rays, rules and
    // drawing.
    std::vector<Point> left, right;  // closed polylines, first vertex not repeated
    std::vector<std::int32_t> portal_station;
    std::vector<std::int32_t> cell_of_station;  // station -> cell [portal i, portal i + 1)
    RayTable rays;

    std::uint64_t fingerprint = 0;  // over everything that physics, rules or rays can see
};

// What the centre line of a track file holds, in its order.
struct CentreLine {
    std::span<const double> x, y;                     // [m]
    std::span<const double> width_right, width_left;  // [m], > 0
};

struct TrackOptions {
    std::string name = "unnamed";
    double spacing = 1.0;       // wanted distance of stations [m]
    double runoff = 2.5;        // walls stand this far beyond the edge [m]
    double start_offset = 0.0;  // move the start line this far along the centre line [m]
    bool reverse = false;       // drive the circuit the other way round
};

// Fits a closed C2 spline, resamples it, places portals, checkpoints, sectors and walls.
// Throws std::invalid_argument with one sentence that names what is wrong and where.
[[nodiscard]] Track build_track(const CentreLine& line, const TrackOptions& options);

// Nearest point of the centre line over the whole lap (a tool's question; the step searches
// locally).
struct LanePosition {
    double s, n;
};
[[nodiscard]] LanePosition locate(const Track& track, double x, double y);

}  // namespace racer
