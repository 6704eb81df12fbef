"""Lines around a circuit, and how fast a car can follow them.

The smooth line has the least curvature that fits between the edges: a bounded least-squares problem
in the lateral offsets, linearised about the line of the round before (as Heilmeier et al., Minimum
curvature trajectory planning and control for an autonomous race car, 2019, do it) and solved by
an interior-point method. The speed profile is quasi-steady: corner speed, then a pass backwards for
braking and one forwards for acceleration.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.circuit.car_model import CarModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core

LARGEST_GRID = 640  # unknowns of the smooth line
BEND_DENSITY = 30.0  # [m]; a bend of this radius has twice as many of them as a straight
BEND_REACH = 20  # stations to each side over which that is averaged
ROUNDS = 5  # linearisations
NEWTON_STEPS = 40
GOOD_ENOUGH = 0.01  # [m]
BLOCK = 16  # rows of the banded system that are eliminated at once; at least 5
TOP_SPEED = 95.0  # [m/s], where no corner limits
DRAG_SHARES = 50


@dataclass(frozen=True)
class RacingLine:
    """A line over the stations of a track.

    Attributes:
        offset: from the centre line (S,) [m], left positive.
        heading: against the centre line's tangent (S,) [rad].
        curvature: of the line itself (S,) [1/m].
        speed: what the car can have here (S,) [m/s].
        acceleration: along the line, as planned (S,) [m/s2].
    """

    offset: NDArray[np.float64]
    heading: NDArray[np.float64]
    curvature: NDArray[np.float64]
    speed: NDArray[np.float64]
    acceleration: NDArray[np.float64]


def plan_line(
    track: _core.circuit.Track, *, smooth: bool, grip: float, margin: float, vehicle: str = "gt"
) -> RacingLine:
    """Plans a line and its speeds.

    Args:
        track: the circuit.
        smooth: the line of least curvature; otherwise the centre line.
        grip: share of the tyres' and brakes' force to plan with.
        margin: room to keep between the car's side and the edge of the road [m].
        vehicle: name of the vehicle.
    """
    car = CarModel(vehicle)
    offset = _least_curvature(track, margin, vehicle) if smooth else _straight(track)
    points = line_points(track, offset)
    heading, curvature, length = line_shape(points)
    tangent = np.arctan2(track.stations["tangent_y"], track.stations["tangent_x"])
    relative = np.angle(np.exp(1j * (heading - tangent)))
    speed = _speed_profile(car, curvature, length, grip)
    ahead = np.roll(speed, -1)
    acceleration = (np.square(ahead) - np.square(speed)) / (2.0 * length)
    return RacingLine(offset, relative, curvature, speed, acceleration)


def _straight(track: _core.circuit.Track) -> NDArray[np.float64]:
    return np.zeros(track.station_count)


def line_points(track: _core.circuit.Track, offset: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The line as complex numbers x + iy."""
    at = track.stations
    points: NDArray[np.complex128] = (
        at["x"] + 1j * at["y"] + 1j * offset * (at["tangent_x"] + 1j * at["tangent_y"])
    )
    return points


def line_shape(
    points: NDArray[np.complex128],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Heading [rad], curvature [1/m] and distance to the next point [m] of a closed line."""
    step = np.roll(points, -1) - points
    length = np.abs(step)
    turn = np.angle(step / np.roll(step, 1))
    curvature = turn / (0.5 * (length + np.roll(length, 1)))
    # A light smoothing over about five metres: a car's wheels do not feel less.
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
    padded = np.concatenate([curvature[-2:], curvature, curvature[:2]])
    return np.angle(step) - 0.5 * turn, np.convolve(padded, kernel, "valid"), length


@lru_cache(maxsize=16)
def _least_curvature(
    track: _core.circuit.Track, margin: float, vehicle: str
) -> NDArray[np.float64]:
    result = smooth_offsets(track, margin, vehicle)
    result.flags.writeable = False
    return result


def smooth_offsets(
    track: _core.circuit.Track,
    margin: float,
    vehicle: str,
    *,
    wall_margin: float | None = None,
    weight: NDArray[np.float64] | None = None,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Offsets (S,) [m] of the line of least curvature between the edges.

    Args:
        track: the circuit.
        margin: room to keep between the car's side and the edge of the road [m].
        vehicle: name of the vehicle.
        wall_margin: room between the body and a wall [m]; without it, the same.
        weight: how much the squared curvature counts at each station (S,); without it, the same
            everywhere.
        start: offsets (S,) to improve in one round; without it, several rounds from the centre.
    """
    car = CarModel(vehicle)
    index = _grid(track)
    at = track.stations[index]
    centre = at["x"] + 1j * at["y"]
    along = at["tangent_x"] + 1j * at["tangent_y"]
    offset = np.zeros(len(index)) if start is None else start[index]
    root = None if weight is None else np.sqrt(weight[index])
    for _ in range(ROUNDS if start is None else 1):
        # Wheels stay on the road, and the corners of the body off the wall.
        points = centre + offset * 1j * along
        turn = np.angle((np.roll(points, -1) - np.roll(points, 1)) / along)
        reach = car.half_length * np.abs(np.sin(turn)) + car.half_width * np.abs(np.cos(turn))
        room = car.half_width + margin
        reach += margin if wall_margin is None else wall_margin
        high = np.minimum(at["width_left"] - room, at["wall_left"] - reach)
        low = -np.minimum(at["width_right"] - room, at["wall_right"] - reach)
        narrow = low > high
        low[narrow] = high[narrow] = 0.5 * (low[narrow] + high[narrow])
        matrix, constant = _linearised_curvature(centre, 1j * along, offset)
        if root is not None:
            matrix, constant = root[:, None] * matrix, root * constant
        inside = np.clip(offset, low, high)
        offset = _bounded_least_squares(matrix, constant, low, high, inside)
    return _periodic_spline(index.astype(np.float64), offset, track.station_count)


def _grid(track: _core.circuit.Track) -> NDArray[np.int64]:
    """Stations at which the smooth line is free: closer together where the road bends."""
    density = 1.0 + BEND_DENSITY * np.abs(track.stations["curvature"])
    kernel = np.ones(2 * BEND_REACH + 1) / (2 * BEND_REACH + 1)
    padded = np.concatenate([density[-BEND_REACH:], density, density[:BEND_REACH]])
    passed = np.cumsum(np.convolve(padded, kernel, "valid"))
    count = min(LARGEST_GRID, max(16, track.station_count // 2))
    wanted = np.linspace(0.0, passed[-1], count, endpoint=False)
    return np.unique(np.searchsorted(passed, wanted))


def _periodic_spline(
    knots: NDArray[np.float64], values: NDArray[np.float64], period: int
) -> NDArray[np.float64]:
    """The periodic cubic spline through values at ascending knots, at 0, 1, ... period - 1."""
    count = len(knots)
    width = np.diff(knots, append=knots[0] + period)
    last = np.roll(width, 1)
    here = np.arange(count)
    slope = (np.roll(values, -1) - values) / width
    matrix = np.zeros((count, count))
    matrix[here, here] = 2.0 * (width + last)
    matrix[here, (here + 1) % count] = width
    matrix[here, here - 1] = last
    bend = np.linalg.solve(matrix, 6.0 * (slope - np.roll(slope, 1)))
    place = np.arange(period, dtype=np.float64)
    piece = (np.searchsorted(knots, place, side="right") - 1) % count
    after = (piece + 1) % count
    left = (place - knots[piece]) % period
    right = width[piece] - left
    result: NDArray[np.float64] = (bend[piece] * right**3 + bend[after] * left**3) / (
        6.0 * width[piece]
    )
    result += (values[piece] / width[piece] - bend[piece] * width[piece] / 6.0) * right
    result += (values[after] / width[piece] - bend[after] * width[piece] / 6.0) * left
    return result


def _linearised_curvature(
    centre: NDArray[np.complex128],
    normal: NDArray[np.complex128],
    offset: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted curvature of a closed line as matrix @ offsets + constant.

    Chord lengths and normals are those of the present line: then second differences of the points
    along the present normal are the curvature to first order.
    """
    points = centre + offset * normal
    step = np.roll(points, -1) - points
    after = np.abs(step)
    before = np.roll(after, 1)
    across = step / after + np.roll(step / after, 1)
    across = 1j * across / np.abs(across)
    # The weight is the root of the length that a point stands for.
    weight = 2.0 / (after + before) * np.sqrt(0.5 * (after + before))
    part_next, part_last = weight / after, weight / before
    part_here = -(part_next + part_last)

    def along(values: NDArray[np.complex128]) -> NDArray[np.float64]:
        return np.asarray((values * np.conj(across)).real, np.float64)

    count = len(centre)
    here = np.arange(count)
    ahead, behind = (here + 1) % count, (here - 1) % count
    matrix = np.zeros((count, count))
    matrix[here, here] = part_here * along(normal)
    matrix[here, ahead] = part_next * along(normal[ahead])
    matrix[here, behind] = part_last * along(normal[behind])
    constant = (
        part_here * along(centre)
        + part_next * along(centre[ahead])
        + part_last * along(centre[behind])
    )
    return matrix, constant


def _bounded_least_squares(
    matrix: NDArray[np.float64],
    constant: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Minimises |matrix @ x + constant|^2 with low <= x <= high.

    A primal-dual interior-point method (Nocedal and Wright, Numerical Optimization, ch. 16).
    """
    hessian = matrix.T @ matrix
    gradient0 = matrix.T @ constant
    scale = len(hessian) / np.trace(hessian)
    hessian *= scale
    gradient0 *= scale
    diagonal = np.diag_indices_from(hessian)
    hessian[diagonal] += 1e-9
    own = hessian[diagonal].copy()
    # A place without room gets a little, so that there is an inside.
    tight = high - low < 2.0 * GOOD_ENOUGH
    floor, ceiling = (
        np.where(tight, low - GOOD_ENOUGH, low),
        np.where(tight, high + GOOD_ENOUGH, high),
    )
    room = 0.1 * (ceiling - floor)
    x = np.clip(start, floor + room, ceiling - room)
    first = 0.1 * float(np.max(np.abs(gradient0))) + 1e-12
    press_low, press_high = first / (x - floor), first / (ceiling - x)
    for _ in range(NEWTON_STEPS):
        below, above = x - floor, ceiling - x
        gap = float(below @ press_low + above @ press_high) / (2.0 * len(x))
        if gap < 1e-5 * first:
            break
        wanted = 0.1 * gap
        gradient = hessian @ x + gradient0
        hessian[diagonal] = own + press_low / below + press_high / above
        step = _solve_ring(hessian, wanted / below - wanted / above - gradient)
        hessian[diagonal] = own
        low_step = (wanted - press_low * step) / below - press_low
        high_step = (wanted + press_high * step) / above - press_high
        ways = ((below, step), (above, -step), (press_low, low_step), (press_high, high_step))
        size = min(_room_for(values, change) for values, change in ways)
        x = x + size * step
        press_low += size * low_step
        press_high += size * high_step
    return np.clip(x, low, high)


def _room_for(values: NDArray[np.float64], change: NDArray[np.float64]) -> float:
    """The largest share of a step that keeps positive values positive; at most 1."""
    falling = change < 0.0
    return float(min(1.0, 0.99 * np.min(-values[falling] / change[falling], initial=2.0)))


def _solve_ring(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solves matrix @ x = right, for neighbours of neighbours on a ring.

    Folding the ring flat (first, last, second, last but one, ...) makes the matrix banded; blocks
    then make it tridiagonal, and one elimination along the blocks solves it.
    """
    count = len(right)
    order = np.empty(count, np.int64)
    order[0::2] = np.arange((count + 1) // 2)
    order[1::2] = np.arange(count - 1, (count + 1) // 2 - 1, -1)
    edges = [*range(0, count - BLOCK + 1, BLOCK), count]
    pieces = [order[a:b] for a, b in pairwise(edges)]
    ratios, parts = [], []
    diagonal, part = matrix[pieces[0][:, None], pieces[0]], right[pieces[0]]
    for here, after in pairwise(pieces):
        beside = matrix[here[:, None], after]
        solved = np.linalg.solve(diagonal, np.column_stack([beside, part]))
        ratios.append(solved[:, :-1])
        parts.append(solved[:, -1])
        back = matrix[after[:, None], here]
        diagonal = matrix[after[:, None], after] - back @ ratios[-1]
        part = right[after] - back @ parts[-1]
    x = np.empty(count)
    last = x[pieces[-1]] = np.linalg.solve(diagonal, part)
    for here, ratio, rest in zip(pieces[-2::-1], ratios[::-1], parts[::-1], strict=True):
        last = x[here] = rest - ratio @ last
    return x


def _speed_profile(
    car: CarModel, curvature: NDArray[np.float64], length: NDArray[np.float64], grip: float
) -> NDArray[np.float64]:
    """Speeds (S,) [m/s]: corners, then braking, then acceleration."""
    bend = np.maximum(np.abs(curvature), 1e-6)
    low = np.full(len(bend), 1.0)
    high = np.full(len(bend), TOP_SPEED)
    for _ in range(40):
        middle = 0.5 * (low + high)
        fits = np.square(middle) * bend <= grip * car.lateral_limit(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    # Limits in tables over speed: a plain loop over the lap reads them.
    table = np.arange(0.0, TOP_SPEED + 2.0)
    lateral = (grip * car.lateral_limit(table)).tolist()
    braking = (grip * car.braking_limit(table)).tolist()
    driving = (np.minimum(grip, 1.0) * car.drive_limit(table) / car.mass).tolist()
    resistance = (car.resistance(table) / car.mass).tolist()
    # Drag of tyres that corner, over speed and the share of the lateral limit that is used.
    shares = np.linspace(0.0, 1.0, DRAG_SHARES + 1)
    capacity = np.repeat(car.capacity(table)[:, None], len(shares), axis=1)
    pull = car.mass * car.share * (car.lateral_limit(table)[:, None] * shares)[..., None]
    cornering = (car.slip_drag(pull / capacity, capacity) / car.mass).tolist()
    speed = low.tolist()
    bends, steps = bend.tolist(), length.tolist()
    count = len(speed)

    def left_over(v: float, bend_here: float) -> tuple[float, float]:
        """Share of the grip left for pedals, and what slows the car down by itself [m/s2]."""
        used = min(v * v * bend_here / lateral[int(v)], 1.0)
        drag = cornering[int(v)][round(min(used * grip, 1.0) * DRAG_SHARES)]
        return (1.0 - used * used) ** 0.5, resistance[int(v)] + drag

    for i in range(2 * count - 1, -1, -1):
        here, after = i % count, (i + 1) % count
        v = speed[after]
        left, slowing = left_over(v, bends[after])
        slow = braking[int(v)] * left + slowing
        speed[here] = min(speed[here], (v * v + 2.0 * slow * steps[here]) ** 0.5)
    for i in range(2 * count):
        here, after = i % count, (i + 1) % count
        v = speed[here]
        left, slowing = left_over(v, bends[here])
        push = driving[int(v)] * left - slowing
        speed[after] = min(speed[after], max(v * v + 2.0 * push * steps[here], 1.0) ** 0.5)
    return np.array(speed)
