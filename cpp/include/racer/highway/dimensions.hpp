// Sizes and limits of the highway and its vehicles: HighwayEnv's.
#pragma once

namespace racer::highway {

inline constexpr double kLaneWidth = 4.0;                      // m
inline constexpr double kRoadLength = 10000.0;                 // m
inline constexpr double kSpeedLimit = 30.0;                    // m/s
inline constexpr double kVehicleLength = 5.0;                  // m
inline constexpr double kVehicleWidth = 2.0;                   // m
inline constexpr double kVehicleDiagonal = 5.385164807134504;  // m
inline constexpr double kMaxSpeed = 40.0;                      // m/s

}  // namespace racer::highway
