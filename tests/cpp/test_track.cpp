// Circuits: geometry against closed forms, invariants on every circuit, and refusals with reasons.
#include <array>
#include <limits>
#include <utility>

#include "check.hpp"
#include "circuits.hpp"
#include "racer/hash.hpp"
#include "racer/track.hpp"

namespace racer::test {
namespace {

constexpr double kPi = 3.14159265358979323846;

std::string refusal(const Columns& columns, const TrackOptions& options = {}) {
    return thrown_by([&] { static_cast<void>(build_track(columns.line(), options)); });
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void check_refusal(const Columns& columns, const std::string& part) {
    const std::string message = refusal(columns);
    record(contains(message, part), __FILE__, __LINE__, "'" + message + "' names '" + part + "'");
}

void test_circle_is_exact() {
    for (const bool left_turn : {true, false}) {
        const Track track = build_track(circle(200.0, 256, 5.0, left_turn).line(), {});
        const double sign = left_turn ? 1.0 : -1.0;
        CHECK_NEAR(track.length, 2.0 * kPi * 200.0, 1e-4);
        CHECK_NEAR(track.spacing, 1.0, 1e-3);
        CHECK_NEAR(track.spacing * track.station_count, track.length, 1e-9);
        for (int k = 0; k < track.station_count; ++k) {
            const Station& at = track.stations[static_cast<std::size_t>(k)];
            CHECK_NEAR(at.curvature, sign / 200.0, 1e-6);
            CHECK_NEAR(at.x * at.x + at.y * at.y, 200.0 * 200.0, 0.01);
            CHECK_NEAR(at.tangent_x, sign * -at.y / 200.0, 1e-6);
            CHECK_NEAR(at.wall_left, at.width_left + 2.5, 1e-9);
            CHECK_NEAR(at.spawn_speed, std::sqrt(14.0 * 200.0), 0.01);
        }
        const LanePosition place = locate(track, 0.0, 203.0);
        CHECK_NEAR(place.n, left_turn ? -3.0 : 3.0, 1e-3);
        CHECK_NEAR(place.s, 2.0 * kPi * 200.0 * (left_turn ? 0.25 : 0.75), 1e-3);
    }
}

void check_stations(const Track& track) {
    const auto count = static_cast<std::size_t>(track.station_count);
    CHECK(track.stations.size() == count + kStationOverlap);
    CHECK(track.road.size() == count + kStationOverlap);
    double longest_step = 0.0;
    double shortest_step = 10.0;
    double worst_room = 0.0;
    double worst_wall_slope = 0.0;
    double worst_braking = 0.0;
    double worst_driving = 0.0;
    bool sane = true;
    for (std::size_t k = 0; k < count; ++k) {
        const Station& at = track.stations[k];
        const Station& next = track.stations[k + 1];
        const double step = std::hypot(next.x - at.x, next.y - at.y);
        longest_step = std::max(longest_step, step);
        shortest_step = std::min(shortest_step, step);
        sane = sane && std::abs(std::hypot(at.tangent_x, at.tangent_y) - 1.0) < 1e-12;
        sane = sane && at.wall_left >= at.width_left && at.wall_right >= at.width_right;
        sane = sane && at.width_left > 1.0 && at.width_right > 1.0 && at.spawn_speed <= 75.0;
        // Walls leave room to the centre of a bend, unless the road itself leaves less.
        for (const auto& [wall, width, bend] :
             {std::array{at.wall_left, at.width_left, at.curvature},
              std::array{at.wall_right, at.width_right, -at.curvature}}) {
            if (wall > width + 1e-9) worst_room = std::max(worst_room, bend * wall);
            sane = sane && bend * width < 1.0;
        }
        const double runoff = at.wall_left - at.width_left;
        const double next_runoff = next.wall_left - next.width_left;
        worst_wall_slope = std::max(worst_wall_slope, std::abs(next_runoff - runoff));
        const double work =
            (next.spawn_speed * next.spawn_speed - at.spawn_speed * at.spawn_speed) /
            (2.0 * track.spacing);
        worst_braking = std::max(worst_braking, -work);
        worst_driving = std::max(worst_driving, work);
    }
    CHECK(sane);
    CHECK(longest_step <= track.spacing + 1e-9);
    CHECK(shortest_step > track.spacing * 0.998);
    CHECK(worst_room <= 0.95 + 1e-9);
    CHECK(worst_wall_slope < 0.5);
    CHECK(worst_braking <= 10.0 + 1e-9);
    CHECK(worst_driving <= 6.0 + 1e-9);
    for (std::size_t k = 0; k < kStationOverlap; ++k) {
        CHECK(track.stations[count + k].x == track.stations[k % count].x);
    }
}

void check_portals(const Track& track) {
    const std::size_t portals = track.left.size();
    CHECK(track.right.size() == portals && track.portal_station.size() == portals);
    CHECK(track.portal_station[0] == 0);
    for (std::size_t i = 0; i < portals; ++i) {
        const auto from = static_cast<std::size_t>(track.portal_station[i]);
        const auto to = i + 1 < portals ? static_cast<std::size_t>(track.portal_station[i + 1])
                                        : static_cast<std::size_t>(track.station_count);
        CHECK(from < to);
        CHECK(static_cast<double>(to - from) * track.spacing <= 60.0 + track.spacing);
        // Both vertices lie on the normal of their station, up to the grid of a millimetre.
        const Station& at = track.stations[from];
        for (const Point& p : {track.left[i], track.right[i]}) {
            CHECK_NEAR((p.x - at.x) * at.tangent_x + (p.y - at.y) * at.tangent_y, 0.0, 1e-3);
        }
        // The stations' widths end on the chords, and the chords keep to the cell.
        for (std::size_t k = from; k < to; ++k) {
            CHECK(track.cell_of_station[k] == static_cast<std::int32_t>(i));
            const Station& s = track.stations[k];
            const Point a = track.left[i];
            const Point b = track.left[(i + 1) % portals];
            const double x = s.x - s.width_left * s.tangent_y - a.x;
            const double y = s.y + s.width_left * s.tangent_x - a.y;
            const double length = std::hypot(b.x - a.x, b.y - a.y);
            const double along = (x * (b.x - a.x) + y * (b.y - a.y)) / length;
            CHECK(along > -3e-3 && along < length + 3e-3);
            CHECK_NEAR((x * (b.y - a.y) - y * (b.x - a.x)) / length, 0.0, 1e-9);
        }
    }
}

void check_rules(const Track& track) {
    CHECK(track.checkpoints.size() >= 12);
    double before = 0.0;
    for (const double s : track.checkpoints) {
        CHECK(s > before && s - before < 55.0);
        before = s;
    }
    CHECK(before < track.length);
    CHECK(track.sector_end[kSectors - 1] == track.length);
    CHECK_NEAR(track.sector_end[0], track.length / 3.0, 1e-9);
}

// The thinned boundary keeps to the file's widths.
void check_thinning(const Columns& columns) {
    const Track track = build_track(columns.line(), {});
    double worst = 0.0;
    for (std::size_t i = 0; i < columns.x.size(); ++i) {
        const LanePosition place = locate(track, columns.x[i], columns.y[i]);
        if (std::abs(place.n) > 0.02) continue;  // the nearest road is another one that crosses
        const auto k = static_cast<std::size_t>(place.s / track.spacing);
        const double f = place.s / track.spacing - static_cast<double>(k);
        const double width =
            track.stations[k].width_left * (1.0 - f) + track.stations[k + 1].width_left * f;
        worst = std::max(worst, std::abs(width - columns.width_left[i]));
    }
    CHECK(worst < 0.08);  // 5 cm, and the curve between two stations
}

void test_direction_and_start() {
    const Columns columns = circle(100.0, 128, 5.0);
    Columns uneven = columns;
    for (double& width : uneven.width_left) width = 4.0;
    const Track forward = build_track(uneven.line(), {});
    const Track reverse = build_track(uneven.line(), {.reverse = true});
    CHECK_NEAR(reverse.stations[0].x, forward.stations[0].x, 1e-9);
    CHECK_NEAR(reverse.stations[0].tangent_y, -forward.stations[0].tangent_y, 1e-9);
    CHECK_NEAR(reverse.stations[0].width_right, 4.0, 1e-3);
    CHECK_NEAR(reverse.length, forward.length, 1e-9);
    CHECK(reverse.fingerprint != forward.fingerprint);
    const Track moved = build_track(columns.line(), {.start_offset = 50.0 * kPi});
    CHECK_NEAR(moved.stations[0].x, 0.0, 1e-3);
    CHECK_NEAR(moved.stations[0].y, 100.0, 1e-3);
    const Track back = build_track(columns.line(), {.start_offset = -150.0 * kPi});
    CHECK_NEAR(back.stations[0].x, 0.0, 1e-3);
    const Track wide = build_track(columns.line(), {.runoff = 10.0});
    CHECK(wide.fingerprint != forward.fingerprint);
    const Track named = build_track(uneven.line(), {.name = "named"});
    CHECK(named.fingerprint == forward.fingerprint);
}

void test_walls_stay_clear_of_the_centre_of_a_bend() {
    const Track track = build_track(circle(17.0, 64, 5.0).line(), {.runoff = 30.0});
    CHECK_NEAR(track.stations[0].wall_left, 0.95 * 17.0, 0.05);
    CHECK_NEAR(track.stations[0].wall_right, 35.0, 0.1);
}

void test_repeated_first_point_is_dropped() {
    const Columns open = circle(100.0, 64, 5.0);
    Columns closed = open;
    closed.x.push_back(closed.x[0]);
    closed.y.push_back(closed.y[0]);
    closed.width_right.push_back(5.0);
    closed.width_left.push_back(5.0);
    CHECK(build_track(open.line(), {}).fingerprint == build_track(closed.line(), {}).fingerprint);
}

void test_refusals() {
    const Columns good = circle(100.0, 64, 5.0);
    CHECK(refusal(good).empty());
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Columns bad = good;
    bad.y[6] = nan;
    check_refusal(bad, "row 7: y is not a finite number");
    bad = good;
    bad.width_left[3] = -1.0;
    check_refusal(bad, "row 4: width_left must be greater than 0, not -1");
    bad = good;
    bad.x[10] = bad.x[9];
    bad.y[10] = bad.y[9];
    check_refusal(bad, "row 11 repeats the point of row 10");
    bad = good;
    bad.x[5] = 1e300;
    check_refusal(bad, "row 6: x is 1e+300");
    bad = good;
    for (int i = 20; i < 30; ++i) bad.width_left[static_cast<std::size_t>(i)] = 101.0;
    check_refusal(bad, ": the left boundary folds over itself, 10");
    bad = good;
    bad.width_right.pop_back();
    check_refusal(bad, "equally long, not 64, 64, 63 and 64");
    check_refusal(circle(100.0, 3, 5.0), "at least 4 different points, not 3");
    check_refusal({}, "at least 4 different points, not 0");
    check_refusal(circle(10.0, 32, 2.0), "m long, not from 100 m to 50 km");
    check_refusal(circle(9000.0, 512, 5.0), "m long, not from 100 m to 50 km");
    bad = good;
    for (auto* column : {&bad.x, &bad.y, &bad.width_right, &bad.width_left}) column->resize(50);
    check_refusal(bad, "the circuit is not closed: from the last row 50 to the first");
    CHECK(contains(refusal(good, {.runoff = -1.0}), "runoff must be from 0 to 100 m, not -1"));
    CHECK(contains(refusal(good, {.start_offset = nan}), "start_offset"));
    CHECK(contains(refusal(good, {.spacing = 0.0}), "spacing"));
    bad = good;  // there and back again
    for (std::size_t i = 0; i < 64; ++i) {
        bad.x[i] = i < 32 ? 10.0 * static_cast<double>(i) : 10.0 * static_cast<double>(63 - i) + 5;
        bad.y[i] = 0.0;
    }
    CHECK(!refusal(bad).empty());
}

// Whatever the points, the answer is a track or a sentence.
void test_random_points() {
    std::uint64_t state = 1;
    const auto random = [&state](double low, double high) {
        state = mix_bits(state + 0x9e3779b97f4a7c15ULL);
        return low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53;
    };
    int built = 0;
    for (int i = 0; i < 400; ++i) {
        const double radius = random(20.0, 300.0);
        Columns columns = circle(radius, static_cast<int>(random(4.0, 60.0)), 5.0);
        const double noise = random(0.0, 30.0);
        for (double& x : columns.x) x += random(-noise, noise);
        for (double& width : columns.width_left) width += random(-1.0, 4.0);
        try {
            const Track track = build_track(columns.line(), {});
            check_portals(track);
            ++built;
        } catch (const std::invalid_argument& error) {
            CHECK(std::string(error.what()).size() > 20);
        }
    }
    CHECK(built > 40 && built < 360);
}

// The same bits from every compiler. A change here makes every recorded lap on the circuit void.
void test_golden_fingerprints(const std::vector<Track>& tracks) {
    const std::pair<const char*, const char*> golden[] = {{"harbour", "520937a6cb19c527"},
                                                          {"ridgeway", "19eb12f46ef4ac37"}};
    for (const auto& [name, fingerprint] : golden) {
        for (const Track& track : tracks) {
            if (track.name != name) continue;
            record(to_hex(track.fingerprint) == fingerprint, __FILE__, __LINE__,
                   track.name + " has the fingerprint " + to_hex(track.fingerprint));
        }
    }
}

}  // namespace
}  // namespace racer::test

int main() {
    using namespace racer::test;
    test_circle_is_exact();
    test_direction_and_start();
    test_walls_stay_clear_of_the_centre_of_a_bend();
    test_repeated_first_point_is_dropped();
    test_refusals();
    test_random_points();
    const auto tracks = all_circuits();
    CHECK(tracks.size() >= 2);
    for (const auto& track : tracks) {
        check_stations(track);
        check_portals(track);
        check_rules(track);
    }
    for (const auto& file : circuit_files()) check_thinning(read_columns(file));
    test_golden_fingerprints(tracks);
    return report();
}
