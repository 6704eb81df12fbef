#include "road/boundary.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace racer {
namespace {

constexpr double kTolerance = 0.05;     // thinned lines stay this close to the file's widths [m]
constexpr double kLongestCell = 60.0;   // [m]
constexpr double kWallRoom = 0.95;      // walls stand at most this far towards a bend's centre
constexpr double kWallSmoothing = 6.0;  // the run-off narrows and widens over about this [m]

double cross(Point a, Point b) { return a.x * b.y - a.y * b.x; }
double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }

// The edge of the road at a station, on the rays' grid: exact in float relative to the origin.
Point edge(const Track& track, const Station& at, double offset) {
    const double x = at.x - offset * at.tangent_y - track.origin.x;
    const double y = at.y + offset * at.tangent_x - track.origin.y;
    return {track.origin.x + snap_to_grid(x), track.origin.y + snap_to_grid(y)};
}

// Distance from the station to the line through a and b along the normal; `side` is 1 (left) or -1.
double distance_along_normal(const Station& at, double side, Point a, Point b) {
    const Point normal{-side * at.tangent_y, side * at.tangent_x};
    const Point chord = b - a;
    return cross(a - Point{at.x, at.y}, chord) / cross(normal, chord);
}

// Whether the points between stay near the chord, and beside it rather than before or beyond it.
bool chord_fits(std::span<const Point> line, std::size_t from, std::size_t to) {
    const Point chord = line[to] - line[from];
    const double length = __builtin_sqrt(dot(chord, chord));
    for (std::size_t k = from + 1; k < to; ++k) {
        const Point p = line[k] - line[from];
        const double along = dot(chord, p);
        const double aside = cross(chord, p);
        if (along < 0.0 || along > length * length) return false;
        if (aside > kTolerance * length || aside < -kTolerance * length) return false;
    }
    return true;
}

bool turns_left(Point a, Point b, Point c) { return cross(b - a, c - b) > 0.0; }

}  // namespace

void place_portals(Track& track) {
    const auto count = static_cast<std::size_t>(track.station_count);
    std::vector<Point> left(count + 1);  // of every station; the last repeats the first
    std::vector<Point> right(count + 1);
    for (std::size_t k = 0; k <= count; ++k) {
        const Station& at = track.stations[k % count];
        left[k] = edge(track, at, at.width_left);
        right[k] = edge(track, at, -at.width_right);
    }
    track.cell_of_station.assign(count, 0);
    for (std::size_t from = 0; from < count;) {
        std::size_t to = from + 1;
        while (to < count && static_cast<double>(to + 1 - from) * track.spacing <= kLongestCell &&
               chord_fits(left, from, to + 1) && chord_fits(right, from, to + 1)) {
            ++to;
        }
        if (!turns_left(right[from], right[to], left[to]) ||
            !turns_left(right[to], left[to], left[from]) ||
            !turns_left(left[to], left[from], right[from]) ||
            !turns_left(left[from], right[from], right[to])) {
            throw std::invalid_argument(
                "the boundary folds over itself " +
                std::to_string(static_cast<int>(static_cast<double>(from) * track.spacing)) +
                " m after the start line");
        }
        const auto cell = static_cast<std::int32_t>(track.portal_station.size());
        track.portal_station.push_back(static_cast<std::int32_t>(from));
        track.left.push_back(left[from]);
        track.right.push_back(right[from]);
        for (std::size_t k = from; k < to; ++k) {
            track.cell_of_station[k] = cell;
            Station& at = track.stations[k];
            at.width_left = distance_along_normal(at, 1.0, left[from], left[to]);
            at.width_right = distance_along_normal(at, -1.0, right[from], right[to]);
        }
        from = to;
    }
}

void place_walls(Track& track, double runoff) {
    const auto count = static_cast<std::size_t>(track.station_count);
    const auto window =
        std::min(static_cast<std::size_t>(kWallSmoothing / track.spacing) + 1, count / 4);
    std::vector<double> room(count);
    std::vector<double> lowest(count);
    const auto place_side = [&](double side, double Station::* width, double Station::* wall) {
        for (std::size_t k = 0; k < count; ++k) {
            const Station& at = track.stations[k];
            const double bend = side * at.curvature;  // > 0 when this side is the inner one
            room[k] = runoff;
            if (bend * (at.*width + runoff) > kWallRoom) {
                room[k] = std::max(kWallRoom / bend - at.*width, 0.0);
            }
        }
        // The lowest of the neighbourhood, then the mean of those: smooth, and never above the
        // limit.
        for (std::size_t k = 0; k < count; ++k) {
            double low = runoff;
            for (std::size_t j = 0; j <= 2 * window; ++j) {
                low = std::min(low, room[(k + count + j - window) % count]);
            }
            lowest[k] = low;
        }
        for (std::size_t k = 0; k < count; ++k) {
            double sum = 0.0;
            for (std::size_t j = 0; j <= 2 * window; ++j) {
                sum += lowest[(k + count + j - window) % count];
            }
            Station& at = track.stations[k];
            at.*wall = at.*width + sum / static_cast<double>(2 * window + 1);
        }
    };
    place_side(1.0, &Station::width_left, &Station::wall_left);
    place_side(-1.0, &Station::width_right, &Station::wall_right);
}

void fill_ray_table(Track& track) {
    RayTable& rays = track.rays;
    const auto portals = static_cast<std::int32_t>(track.left.size());
    // Windows reach at most one lap back and, rounded up to whole blocks, two laps ahead.
    rays.lap_start = portals + kNearPortals;
    const std::int32_t total = 4 * portals + 3 * kNearPortals;
    const auto portal_at =
        [&](std::int32_t i) {  // i may be up to one lap and some portals negative
            const std::int32_t r = (i - rays.lap_start) % portals;
            return static_cast<std::size_t>(r < 0 ? r + portals : r);
        };
    for (std::int32_t i = 0; i < total; ++i) {
        const Point l = track.left[portal_at(i)] - track.origin;
        const Point r = track.right[portal_at(i)] - track.origin;
        rays.left_x.push_back(static_cast<float>(l.x));
        rays.left_y.push_back(static_cast<float>(l.y));
        rays.right_x.push_back(static_cast<float>(r.x));
        rays.right_y.push_back(static_cast<float>(r.y));
    }
    // Arc length of portal i of the endless lap.
    const auto arc = [&](std::int32_t i) {
        std::int32_t lap = 0;
        for (; i < 0; i += portals) --lap;
        for (; i >= portals; i -= portals) ++lap;
        return static_cast<double>(track.portal_station[static_cast<std::size_t>(i)]) *
                   track.spacing +
               static_cast<double>(lap) * track.length;
    };
    for (std::int32_t cell = 0; cell < portals; ++cell) {
        std::int32_t first = cell;
        std::int32_t last = cell + 1;
        // Both ways in step, so that a short lap is shared between them.
        while (last - first < portals) {
            const double behind = arc(cell) - arc(first);
            const double ahead = arc(last) - arc(cell + 1);
            if (behind >= kRayReach && ahead >= kRayReach) break;
            behind < ahead ? --first : ++last;
        }
        const std::int32_t near = std::max(first, cell - kNearPortals / 2 + 1);
        rays.windows.push_back({rays.lap_start + first, last - first + 1, rays.lap_start + near});
    }
}

}  // namespace racer
