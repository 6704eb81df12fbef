// The road: straight parallel lanes. All that the rules ask of a road goes through here.
#pragma once

namespace racer::highway {

inline constexpr double kLaneWidth = 4.0;                      // m
inline constexpr double kRoadLength = 10000.0;                 // m
inline constexpr double kSpeedLimit = 30.0;                    // m/s
inline constexpr double kVehicleLength = 5.0;                  // m
inline constexpr double kVehicleWidth = 2.0;                   // m
inline constexpr double kVehicleDiagonal = 5.385164807134504;  // m
inline constexpr double kMaxSpeed = 40.0;                      // m/s

[[nodiscard]] constexpr double lane_centre(int lane) { return kLaneWidth * lane; }

// Within the lane's length, a vehicle's length of slack at either end.
[[nodiscard]] constexpr bool within_length(double s) {
    return -kVehicleLength <= s && s < kRoadLength + kVehicleLength;
}
[[nodiscard]] constexpr bool on_lane(double s, double lateral, double margin) {
    const double size = lateral < 0.0 ? -lateral : lateral;
    return size <= kLaneWidth / 2 + margin && within_length(s);
}
[[nodiscard]] constexpr bool reachable(double s, double lateral) {
    const double size = lateral < 0.0 ? -lateral : lateral;
    return size <= 2 * kLaneWidth && 0.0 <= s && s < kRoadLength + kVehicleLength;
}

}  // namespace racer::highway
