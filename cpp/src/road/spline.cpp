#include "road/spline.hpp"

#include <algorithm>

namespace racer {
namespace {

constexpr double kPieceLength = 0.5;  // the table of arc lengths has about this step [m]

double sqrt_of(double value) { return __builtin_sqrt(value); }

// Solves diagonal[i] m[i] + lower[i] m[i-1] + upper[i] m[i+1] = right[i], all indices >= 0 and < n.
std::vector<double> solve_tridiagonal(std::span<const double> lower,
                                      std::span<const double> diagonal,
                                      std::span<const double> upper,
                                      std::span<const double> right) {
    const std::size_t n = diagonal.size();
    std::vector<double> scaled(n);
    std::vector<double> m(n);
    double pivot = diagonal[0];
    m[0] = right[0] / pivot;
    for (std::size_t i = 1; i < n; ++i) {
        scaled[i] = upper[i - 1] / pivot;
        pivot = diagonal[i] - lower[i] * scaled[i];
        m[i] = (right[i] - lower[i] * m[i - 1]) / pivot;
    }
    for (std::size_t i = n - 1; i-- > 0;) m[i] -= scaled[i + 1] * m[i + 1];
    return m;
}

// Second derivatives at the points of a periodic spline. The cyclic corner entries are removed by
// the Sherman-Morrison formula: two solutions of one tridiagonal system.
std::vector<double> second_derivatives(std::span<const double> value,
                                       std::span<const double> chord) {
    const std::size_t n = value.size();
    std::vector<double> lower(n);
    std::vector<double> diagonal(n);
    std::vector<double> upper(n);
    std::vector<double> right(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t before = i == 0 ? n - 1 : i - 1;
        const std::size_t after = i + 1 == n ? 0 : i + 1;
        lower[i] = chord[before];
        upper[i] = chord[i];
        diagonal[i] = 2.0 * (chord[before] + chord[i]);
        right[i] = 6.0 * ((value[after] - value[i]) / chord[i] -
                          (value[i] - value[before]) / chord[before]);
    }
    const double corner = chord[n - 1];  // links the last point and the first, both ways
    const double gamma = -diagonal[0];
    diagonal[0] -= gamma;
    diagonal[n - 1] -= corner * corner / gamma;
    std::vector<double> edge(n, 0.0);
    edge[0] = gamma;
    edge[n - 1] = corner;
    std::vector<double> m = solve_tridiagonal(lower, diagonal, upper, right);
    const std::vector<double> z = solve_tridiagonal(lower, diagonal, upper, edge);
    const double factor =
        (m[0] + corner * m[n - 1] / gamma) / (1.0 + z[0] + corner * z[n - 1] / gamma);
    for (std::size_t i = 0; i < n; ++i) m[i] -= factor * z[i];
    return m;
}

}  // namespace

double SplinePoint::curvature() const {
    const double speed2 = dx * dx + dy * dy;
    return (dx * ddy - dy * ddx) / (speed2 * sqrt_of(speed2));
}

ClosedSpline::ClosedSpline(std::span<const double> x, std::span<const double> y) {
    const std::size_t n = x.size();
    std::vector<double> chord(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t after = i + 1 == n ? 0 : i + 1;
        const double dx = x[after] - x[i];
        const double dy = y[after] - y[i];
        chord[i] = sqrt_of(dx * dx + dy * dy);
    }
    const std::vector<double> mx = second_derivatives(x, chord);
    const std::vector<double> my = second_derivatives(y, chord);
    const auto cubic = [&](std::span<const double> v, const std::vector<double>& m, std::size_t i) {
        const std::size_t after = i + 1 == n ? 0 : i + 1;
        const double h = chord[i];
        return Cubic{v[i], (v[after] - v[i]) / h - h * (2.0 * m[i] + m[after]) / 6.0, m[i] / 2.0,
                     (m[after] - m[i]) / (6.0 * h)};
    };
    segments_.reserve(n);
    lengths_.push_back(0.0);
    for (std::size_t i = 0; i < n; ++i) {
        const auto pieces = static_cast<std::size_t>(chord[i] / kPieceLength) + 4;
        segments_.push_back(
            {cubic(x, mx, i), cubic(y, my, i), chord[i], lengths_.size() - 1, pieces});
        const double step = chord[i] / static_cast<double>(pieces);
        for (std::size_t k = 0; k < pieces; ++k) {
            const double from = step * static_cast<double>(k);
            lengths_.push_back(lengths_.back() + arc_length(segments_[i], from, from + step));
        }
    }
}

// Gauss-Legendre quadrature of the speed with three nodes: exact to 1e-9 m over half a metre.
double ClosedSpline::arc_length(const Segment& segment, double from, double to) {
    constexpr double kNode = 0.7745966692414834;  // sqrt(3/5)
    const double half = 0.5 * (to - from);
    const double middle = 0.5 * (from + to);
    const auto speed = [&](double t) {
        const double dx = segment.x.b + t * (2.0 * segment.x.c + t * 3.0 * segment.x.d);
        const double dy = segment.y.b + t * (2.0 * segment.y.c + t * 3.0 * segment.y.d);
        return sqrt_of(dx * dx + dy * dy);
    };
    return half *
           (5.0 * (speed(middle - half * kNode) + speed(middle + half * kNode)) +
            8.0 * speed(middle)) /
           9.0;
}

ClosedSpline::Place ClosedSpline::at_arc_length(double s) const {
    const auto above = std::upper_bound(lengths_.begin() + 1, lengths_.end() - 1, s);
    const auto piece = static_cast<std::size_t>(above - lengths_.begin()) - 1;
    const auto next = std::upper_bound(
        segments_.begin(), segments_.end(), piece,
        [](std::size_t value, const Segment& segment) { return value < segment.first_piece; });
    const auto index = static_cast<std::size_t>(next - segments_.begin()) - 1;
    const Segment& segment = segments_[index];
    const double step = segment.chord / static_cast<double>(segment.pieces);
    const double from = step * static_cast<double>(piece - segment.first_piece);
    const double wanted = s - lengths_[piece];
    const double whole = lengths_[piece + 1] - lengths_[piece];
    double t = whole > 0.0 ? step * (wanted / whole) : 0.0;
    for (int i = 0; i < 3; ++i) {  // the speed is almost constant over a piece: converges at once
        t += (wanted - arc_length(segment, from, from + t)) * (step / whole);
    }
    t = std::clamp(t, 0.0, step);
    return {index, from + t, segment.chord};
}

SplinePoint ClosedSpline::evaluate(const Place& place) const {
    const Segment& segment = segments_[place.segment];
    const double t = place.parameter;
    const auto value = [t](const Cubic& q) { return q.a + t * (q.b + t * (q.c + t * q.d)); };
    const auto slope = [t](const Cubic& q) { return q.b + t * (2.0 * q.c + t * (3.0 * q.d)); };
    const auto bend = [t](const Cubic& q) { return 2.0 * q.c + t * (6.0 * q.d); };
    return {value(segment.x), value(segment.y), slope(segment.x),
            slope(segment.y), bend(segment.x),  bend(segment.y)};
}

}  // namespace racer
