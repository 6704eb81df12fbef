// The fast rays against brute force in double precision, for random poses on every circuit.
#include <cstdint>

#include "check.hpp"
#include "circuit/rays.hpp"
#include "circuits.hpp"

namespace racer::test {
namespace {

using racer::kRays;

constexpr double kTolerance = 0.02;       // [m], of rays in float
constexpr double kTightTolerance = 1e-3;  // [m], of the same text in double
constexpr double kNudge = 2e-4;  // a ray this far aside may see past the tip of a corner [m]

struct Random {
    std::uint64_t state;
    double operator()(double low, double high) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53;
    }
};

struct Pose {
    double x, y, cos_yaw, sin_yaw;
    int station;
};

Pose random_pose(const Track& track, Random& random, bool on_road) {
    const int station = static_cast<int>(random(0.0, track.station_count));
    const Station& at = track.stations[static_cast<std::size_t>(station)];
    double n = 0.0;
    if (on_road) {
        n = random(-at.width_right, at.width_left);
    } else if (random(0.0, 1.0) < 0.5) {
        n = random(at.width_left, at.wall_left);
    } else {
        n = -random(at.width_right, at.wall_right);
    }
    const double ahead = random(0.0, 1.0) * track.spacing * (1.0 - at.curvature * n);
    const double yaw = random(-3.2, 3.2);
    return {at.x + ahead * at.tangent_x - n * at.tangent_y,
            at.y + ahead * at.tangent_y + n * at.tangent_x, std::cos(yaw), std::sin(yaw), station};
}

// Every chord of the window, one after the other. `aside` moves the ray to its left.
double brute_force(const Track& track, const Pose& pose, int ray, double aside) {
    const double angle = (static_cast<double>(ray) - 4.0) * 3.14159265358979323846 / 8.0;
    const double dx = std::cos(angle) * pose.cos_yaw - std::sin(angle) * pose.sin_yaw;
    const double dy = std::sin(angle) * pose.cos_yaw + std::cos(angle) * pose.sin_yaw;
    const double px = pose.x - aside * dy;
    const double py = pose.y + aside * dx;
    const auto portals = static_cast<int>(track.left.size());
    const int cell = track.cell_of_station[static_cast<std::size_t>(pose.station)];
    const auto window = track.rays.windows[static_cast<std::size_t>(cell)];
    double nearest = 150.0;
    for (const auto* line : {&track.left, &track.right}) {
        for (int k = 0; k + 1 < window.count; ++k) {
            const int first = (window.first - track.rays.lap_start + k + 2 * portals) % portals;
            const Point a = (*line)[static_cast<std::size_t>(first)];
            const Point b = (*line)[static_cast<std::size_t>((first + 1) % portals)];
            const double ex = b.x - a.x;
            const double ey = b.y - a.y;
            const double across = dx * ey - dy * ex;
            if (across == 0.0) continue;
            const double t = ((a.x - px) * ey - (a.y - py) * ex) / across;
            const double u = ((a.x - px) * dy - (a.y - py) * dx) / across;
            if (t >= 0.0 && t < nearest && u >= 0.0 && u <= 1.0) nearest = t;
        }
    }
    return nearest;
}

// Distances jump at the tip of a corner: there either side of the jump is right.
bool agrees(const Track& track, const Pose& pose, int ray, double distance, double tolerance) {
    for (const double aside : {0.0, kNudge, -kNudge}) {
        const double expected = brute_force(track, pose, ray, aside);
        if (std::abs(distance - expected) <= tolerance) return true;
    }
    return false;
}

template <class T>
void check_rays(const Track& track, int poses, const char* type, double tolerance) {
    Random random{track.fingerprint};
    int wrong = 0;
    int nudged = 0;
    for (int i = 0; i < poses; ++i) {
        const Pose pose = random_pose(track, random, i % 4 != 0);
        T distances[kRays];
        RACER_ISA::cast_rays(track, pose.x, pose.y, pose.cos_yaw, pose.sin_yaw, pose.station,
                             distances);
        for (int ray = 0; ray < kRays; ++ray) {
            const auto distance = static_cast<double>(distances[ray]);
            if (std::abs(distance - brute_force(track, pose, ray, 0.0)) <= tolerance) continue;
            ++nudged;
            if (!agrees(track, pose, ray, distance, tolerance)) {
                if (++wrong < 4) {
                    std::printf("%s: station %d ray %d: %.4f, not %.4f\n", track.name.c_str(),
                                pose.station, ray, distance, brute_force(track, pose, ray, 0.0));
                }
            }
        }
    }
    std::printf("%-14s %-6s %d rays, %d at the tip of a corner, %d wrong\n", track.name.c_str(),
                type, poses * kRays, nudged, wrong);
    CHECK(wrong == 0);
    CHECK(nudged * 1000 <= poses * kRays);
}

void check_circuit(const Track& track, int poses) {
    check_rays<float>(track, poses, "float", kTolerance);
    check_rays<double>(track, poses, "double", kTightTolerance);
}

// A figure of eight: on the crossing the other road is not there.
void test_crossing() {
    Columns columns;
    for (int i = 0; i < 256; ++i) {
        const double angle = 2.0 * 3.14159265358979323846 * i / 256.0;
        columns.x.push_back(250.0 * std::sin(angle));
        columns.y.push_back(250.0 * std::sin(angle) * std::cos(angle));
        columns.width_right.push_back(5.0);
        columns.width_left.push_back(6.0);
    }
    const Track track = build_track(columns.line(), {.name = "eight"});
    for (const int station : {0, track.station_count / 2}) {
        const Station& at = track.stations[static_cast<std::size_t>(station)];
        CHECK(std::abs(at.x) < 0.5 && std::abs(at.y) < 0.5);
        float distances[kRays];
        RACER_ISA::cast_rays(track, at.x, at.y, at.tangent_x, at.tangent_y, station, distances);
        CHECK_NEAR(distances[0], 5.0, 0.06);
        CHECK_NEAR(distances[8], 6.0, 0.06);
        CHECK_NEAR(distances[1], 5.0 / std::sin(3.14159265358979323846 * 3.0 / 8.0), 0.2);
        CHECK(distances[4] > 60.0F);
    }
    check_circuit(track, 4000);
}

// A lap shorter than the reach of the rays.
void test_tiny_circuit() {
    for (const bool left_turn : {true, false}) {
        const Columns columns = circle(18.0, 48, 6.0, left_turn);
        check_circuit(build_track(columns.line(), {.name = "tiny"}), 4000);
    }
}

// On the middle of a straight the distances follow from the angles.
void test_straight() {
    Columns columns;
    for (int i = 0; i < 200; ++i) {  // two straights of 1 km, two half circles
        const double s = 20.0 * i;
        const double angle = 3.14159265358979323846 * (s - 1000.0) / 1000.0;
        const double radius = 1000.0 / 3.14159265358979323846;
        const bool far = s >= 2000.0;
        const double local = far ? s - 2000.0 : s;
        double x = local < 1000.0
                       ? local
                       : 1000.0 + radius * std::sin(far ? angle - 6.28318530717958647692 : angle);
        double y = local < 1000.0 ? 0.0 : radius * (1.0 - std::cos(angle));
        columns.x.push_back(far ? 1000.0 - x : x);
        columns.y.push_back(far ? 2.0 * radius - y : y);
        columns.width_right.push_back(5.0);
        columns.width_left.push_back(7.0);
    }
    const Track track = build_track(columns.line(), {.name = "oval"});
    const int station = static_cast<int>(500.0 / track.spacing);
    const Station& at = track.stations[static_cast<std::size_t>(station)];
    float distances[kRays];
    RACER_ISA::cast_rays(track, at.x, at.y, at.tangent_x, at.tangent_y, station, distances);
    for (int i = 0; i < kRays; ++i) {
        const double sine = std::sin(3.14159265358979323846 * (i - 4) / 8.0);
        const double expected = i == 4 ? 150.0 : (i < 4 ? -5.0 : 7.0) / sine;
        CHECK_NEAR(distances[i], expected, 0.02);
    }
}

}  // namespace
}  // namespace racer::test

int main() {
    using namespace racer::test;
    test_straight();
    test_crossing();
    test_tiny_circuit();
    for (const auto& track : all_circuits()) check_circuit(track, 4000);
    return report();
}
