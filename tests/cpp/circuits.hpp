// The circuits that tests drive on: the package's own and, where they are, the real ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "racer/track.hpp"

#ifndef RACER_SOURCE_DIR
#define RACER_SOURCE_DIR "."
#endif

namespace racer::test {

// The columns of a track file.
struct Columns {
    std::vector<double> x, y, width_right, width_left;
    [[nodiscard]] CentreLine line() const { return {x, y, width_right, width_left}; }
};

inline Columns read_columns(const std::filesystem::path& path) {
    Columns columns;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        if (text.empty() || text[0] == '#') continue;
        std::replace(text.begin(), text.end(), ',', ' ');
        std::istringstream fields(text);
        double x = 0.0, y = 0.0, right = 0.0, left = 0.0;
        fields >> x >> y >> right >> left;
        columns.x.push_back(x);
        columns.y.push_back(y);
        columns.width_right.push_back(right);
        columns.width_left.push_back(left);
    }
    return columns;
}

// A closed test track without any file: a circle of `count` points.
inline Columns circle(double radius, int count, double width, bool left_turn = true) {
    constexpr double kPi = 3.14159265358979323846;
    Columns columns;
    for (int i = 0; i < count; ++i) {
        const double angle = (left_turn ? 2.0 : -2.0) * kPi * i / count;
        columns.x.push_back(radius * std::cos(angle));
        columns.y.push_back(radius * std::sin(angle));
        columns.width_right.push_back(width);
        columns.width_left.push_back(width);
    }
    return columns;
}

// Folder of the real circuits: RACER_REAL_TRACKS, or shared/tracks beside the source tree.
inline std::filesystem::path real_tracks_folder() {
    if (const char* folder = std::getenv("RACER_REAL_TRACKS")) return folder;
    return std::filesystem::path(RACER_SOURCE_DIR) / ".." / "shared" / "tracks";
}

inline std::vector<std::filesystem::path> circuit_files() {
    std::vector<std::filesystem::path> files;
    const auto own = std::filesystem::path(RACER_SOURCE_DIR) / "racer" / "data" / "tracks";
    for (const auto& folder : {own, real_tracks_folder()}) {
        if (!std::filesystem::is_directory(folder)) {
            std::printf("skipped the circuits in %s: no such folder\n", folder.c_str());
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".csv") files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

inline std::vector<Track> all_circuits() {
    std::vector<Track> tracks;
    for (const auto& path : circuit_files()) {
        tracks.push_back(build_track(read_columns(path).line(), {.name = path.stem().string()}));
    }
    return tracks;
}

}  // namespace racer::test
