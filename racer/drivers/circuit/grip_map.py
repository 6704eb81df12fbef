"""How hard a car can speed up and slow down while it corners, and how fast it can follow a line.

A quasi-steady picture with both axles in it: longitudinal load transfer, each axle's share of the
lateral force, the engine's friction ellipse with slip control, and the drag of tyres that slip. It
is what race engineers call a g-g-v diagram (Milliken and Milliken, Race Car Vehicle Dynamics,
ch. 9). Braking deep into a corner pays, since the load moves to the front axle, which sets the
lateral limit; so does early throttle, since the rear axle has grip to spare.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.circuit.car_model import CarModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SLOWEST, FASTEST, SPEEDS = 2.0, 96.0, 60  # [m/s], [m/s], rows
SHARES = 41  # columns
BISECTIONS = 30
TOP_SPEED = 95.0  # [m/s], where no corner limits


@dataclass(frozen=True)
class GripMap:
    """Limits over speed and cornering.

    Attributes:
        speeds: (V,) [m/s], evenly spaced.
        lateral: largest steady lateral acceleration (V,) [m/s2].
        drive, brake: largest and smallest acceleration along the path (V, C) [m/s2] at lateral
            accelerations of 0 to 1 times `lateral`, evenly spaced.
    """

    speeds: Floats
    lateral: Floats
    drive: Floats
    brake: Floats


@lru_cache(maxsize=16)
def grip_map(vehicle: str, grip: float) -> GripMap:
    """The limits of a vehicle.

    Args:
        vehicle: its name.
        grip: share of the tyres' capacity, and of the engine's force, to count with.
    """
    car = CarModel(vehicle)
    p = car.parameters
    v = np.linspace(SLOWEST, FASTEST, SPEEDS)
    lateral = grip * car.lateral_limit(v)
    across = lateral[:, None] * np.linspace(0.0, 1.0, SHARES)
    speed = np.broadcast_to(v[:, None], across.shape)
    resistance = car.resistance(speed)
    engine = min(grip, 1.0) * np.minimum(p["drive_force"], p["power"] / speed)

    def needed_and_left(along: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Force [N] for an acceleration along the path, what the axles have left (..., 2) [N]."""
        capacity = grip * car.capacity(speed, -car.transfer * along)
        sideways = car.mass * across[..., None] * car.share / capacity
        left = car.left_along(sideways) * capacity
        force = car.mass * along + resistance + car.slip_drag(sideways, capacity)
        return force, left, np.all(sideways <= 1.0, axis=-1)

    def can_drive(along: Floats) -> NDArray[np.bool_]:
        force, left, holds = needed_and_left(along)
        return np.asarray(holds & (force <= np.minimum(engine, left[..., 1])))

    def can_brake(along: Floats) -> NDArray[np.bool_]:
        capacity = grip * car.capacity(speed, -car.transfer * along)
        inwards = car.mass * across[..., None] * car.share
        slowing = np.maximum(-(car.mass * along + resistance), 0.0)
        corner = car.braked(inwards, slowing, capacity)
        most = np.minimum(p["brake_force"] * car.brake_share[0], corner.left[..., 0])
        return np.asarray((corner.brake[..., 0] <= most) & np.all(corner.sideways <= 1.0, axis=-1))

    low, high = np.full_like(across, -6.0), np.full_like(across, 15.0)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        fits = can_drive(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    drive = low
    low, high = np.full_like(across, -35.0), drive.copy()
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        fits = can_brake(middle)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    # Tyres that slip sideways slow the car, too: where the pedal and not the grip limits, it could
    # slow down more in a corner than straight ahead. No plan may count on that.
    brake = np.maximum.accumulate(high, axis=1)
    return GripMap(v, lateral, drive, brake)


def speed_profile(limits: GripMap, curvature: Floats, length: Floats) -> Floats:
    """The fastest speeds (S,) [m/s] along a closed line.

    Args:
        limits: what the car can do.
        curvature: of the line (S,) [1/m].
        length: from each point to the next (S,) [m].
    """
    bend = np.maximum(np.abs(curvature), 1e-6)
    low, high = np.full(len(bend), 1.0), np.full(len(bend), TOP_SPEED)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        fits = np.square(middle) * bend <= np.interp(middle, limits.speeds, limits.lateral)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    # Plain lists: the loops over the lap depend on what came before, and read them fastest.
    speed, bends, steps = low.tolist(), bend.tolist(), length.tolist()
    lateral = limits.lateral.tolist()
    per_speed = 1.0 / float(limits.speeds[1] - limits.speeds[0])

    def read(table: list[list[float]], v: float, bend_here: float) -> float:
        at = min(max((v - SLOWEST) * per_speed, 0.0), SPEEDS - 1.001)
        row = int(at)
        f = at - row
        most = lateral[row] + f * (lateral[row + 1] - lateral[row])
        at = min(v * v * bend_here / most * (SHARES - 1), SHARES - 1.001)
        column = int(at)
        g = at - column
        first, second = table[row], table[row + 1]
        slow = first[column] + g * (first[column + 1] - first[column])
        fast = second[column] + g * (second[column + 1] - second[column])
        return float(slow + f * (fast - slow))

    brake, drive = limits.brake.tolist(), limits.drive.tolist()
    count = len(speed)
    for i in range(2 * count - 1, -1, -1):
        here, after = i % count, (i + 1) % count
        v = speed[after]
        if speed[here] > v:
            slow = -read(brake, v, bends[after])
            speed[here] = min(speed[here], (v * v + 2.0 * slow * steps[here]) ** 0.5)
    for i in range(2 * count):
        here, after = i % count, (i + 1) % count
        v = speed[here]
        push = read(drive, v, bends[here])
        speed[after] = min(speed[after], max(v * v + 2.0 * push * steps[here], 1.0) ** 0.5)
    return np.array(speed)
