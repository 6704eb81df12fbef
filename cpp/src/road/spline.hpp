// A closed plane curve with continuous curvature through given points: the periodic cubic spline
// over the chord length. Only + - * / and sqrt, so that every compiler gives the same bits.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace racer {

// The curve and its first two derivatives with respect to the parameter, at one place.
struct SplinePoint {
    double x, y, dx, dy, ddx, ddy;
    [[nodiscard]] double curvature() const;  // [1/m], positive in a left turn
};

class ClosedSpline {
  public:
    // At least three points, no two neighbours equal (the last and the first are neighbours).
    ClosedSpline(std::span<const double> x, std::span<const double> y);

    [[nodiscard]] double length() const { return lengths_.back(); }

    // A place on the curve: the segment that starts at point `segment`, and how far into it [m of
    // chord] out of `chord`.
    struct Place {
        std::size_t segment;
        double parameter;
        double chord;
    };

    // The place `s` metres of arc after the first point; `s` in [0, length()].
    [[nodiscard]] Place at_arc_length(double s) const;
    [[nodiscard]] SplinePoint evaluate(const Place& place) const;

  private:
    // Cubic in one segment: a + t (b + t (c + t d)), t in [0, chord].
    struct Cubic {
        double a, b, c, d;
    };
    struct Segment {
        Cubic x, y;
        double chord;
        std::size_t first_piece;  // index into lengths_ of the segment's first piece
        std::size_t pieces;       // equal parts whose arc lengths are tabulated
    };

    [[nodiscard]] static double arc_length(const Segment& segment, double from, double to);

    std::vector<Segment> segments_;
    std::vector<double> lengths_;  // arc length at the start of each piece, and at the end of all
};

}  // namespace racer
