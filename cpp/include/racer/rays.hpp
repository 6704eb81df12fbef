// Nine distances from the car to the edges of the road.
//
// Ray i points -90 + 22.5 i degrees from the car's nose (0 = right, 4 = ahead, 8 = left). It ends at
// the first boundary chord, of either side, among the portals within kRayReach of arc length before
// and behind the car's cell; so a circuit may cross over itself. On the road and off it alike.
#pragma once

#include "racer/lanes.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

inline constexpr int kRays = 9;
inline constexpr float kRayRange = 150.0F;  // [m]; also the answer where nothing is hit

inline constexpr float kRayCos[kRays] = {0.0F,        0.38268343F, 0.70710678F, 0.92387953F, 1.0F,
                                         0.92387953F, 0.70710678F, 0.38268343F, 0.0F};
inline constexpr float kRaySin[kRays] = {-1.0F,       -0.92387953F, -0.70710678F, -0.38268343F, 0.0F,
                                         0.38268343F, 0.70710678F,  0.92387953F,  1.0F};

// `station` is the car's, x and y in world coordinates [m].
inline void cast_rays(const Track& track, double x, double y, double cos_yaw, double sin_yaw,
                      int station, float out[kRays]) noexcept {
    constexpr int kWidth = 16;
    using Floats = Lanes<float, kWidth>;
    const RayTable& table = track.rays;
    const auto cell = static_cast<std::size_t>(
        track.cell_of_station[static_cast<std::size_t>(station)]);
    const RayTable::Window window = table.windows[cell];
    // The car's position in two floats: the difference to a vertex is then good to 0.02 mm.
    const double rx = x - track.origin.x;
    const double ry = y - track.origin.y;
    const auto px = static_cast<float>(rx);
    const auto py = static_cast<float>(ry);
    const auto px_rest = static_cast<float>(rx - static_cast<double>(px));
    const auto py_rest = static_cast<float>(ry - static_cast<double>(py));
    const auto c = static_cast<float>(cos_yaw);
    const auto s = static_cast<float>(sin_yaw);
    constexpr float kLaneIndex[kWidth] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Floats lane_index = Floats::load(kLaneIndex);

    Floats nearest[kRays];
    for (auto& best : nearest) best = Floats(kRayRange);
    const auto visit = [&](const float* vertex_x, const float* vertex_y, Floats inside) {
        const auto car_frame = [&](int k, Floats& forward, Floats& left) {
            const Floats dx = Floats::load(vertex_x + k) - Floats(px) - Floats(px_rest);
            const Floats dy = Floats::load(vertex_y + k) - Floats(py) - Floats(py_rest);
            forward = dx * Floats(c) + dy * Floats(s);
            left = dy * Floats(c) - dx * Floats(s);
        };
        Floats ax, ay, bx, by;
        car_frame(0, ax, ay);
        car_frame(1, bx, by);
        const Floats ex = bx - ax;
        const Floats ey = by - ay;
        const Floats area = ax * ey - ay * ex;
        for (int i = 0; i < kRays; ++i) {
            const Floats dx(kRayCos[i]);
            const Floats dy(kRaySin[i]);
            const Floats side_a = dx * ay - dy * ax;
            const Floats side_b = dx * by - dy * bx;
            const Floats t = area / (dx * ey - dy * ex);
            const auto crossed = ((side_a < Floats(0.0F)) & (side_b >= Floats(0.0F))) |
                                 ((side_a >= Floats(0.0F)) & (side_b < Floats(0.0F)));
            const auto hit = crossed & (t >= Floats(0.0F)) & (inside > Floats(0.0F));
            nearest[i] = select(hit, min(t, nearest[i]), nearest[i]);
        }
    };
    const int chords = window.count - 1;
    for (int k = 0; k < chords; k += kWidth) {
        const auto at = static_cast<std::size_t>(window.first + k);
        const Floats inside = Floats(static_cast<float>(chords - k)) - lane_index;
        visit(&table.left_x[at], &table.left_y[at], inside);
        visit(&table.right_x[at], &table.right_y[at], inside);
    }
    for (int i = 0; i < kRays; ++i) {
        float best = kRayRange;
        for (int k = 0; k < kWidth; ++k) best = min(best, nearest[i][k]);
        out[i] = best;
    }
}

}  // namespace racer::RACER_ISA
