"""Cameras: from metres in the world to pixels on a surface."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

CameraMode = Literal["follow", "north", "overview"]
MODES: Final[tuple[CameraMode, ...]] = ("follow", "north", "overview")

# The part of the screen below a following camera's car: ahead matters more than behind.
_FOLLOW_ANCHOR: Final = 0.74
# Pixels per metre at rest and at 80 m/s, for a picture 720 pixels high.
_SCALE_AT_REST: Final = 10.5
_SCALE_AT_SPEED: Final = 4.4
_FAST: Final = 80.0  # [m/s]
# What an overview leaves free for the display, in pixels of a picture 720 pixels high.
_OVERVIEW_INSETS: Final = (300.0, 92.0, 40.0, 124.0)
_HEADING_TIME: Final = 0.16  # [s] the view turns behind the car with this delay
_SCALE_TIME: Final = 0.9  # [s]


@dataclass
class Camera:
    """Maps world metres to pixels: ``anchor + scale * rotation * (point - centre)``.

    Attributes:
        x, y: the world point [m] that lies at the anchor.
        heading: the world direction [rad] that points up on the screen.
        scale: pixels per metre.
        anchor: the pixel of the centre.
    """

    x: float = 0.0
    y: float = 0.0
    heading: float = math.pi / 2
    scale: float = 8.0
    anchor: tuple[float, float] = (480.0, 300.0)

    def to_screen(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Pixels of world points; both (..., 2)."""
        c, s = math.cos(self.heading) * self.scale, math.sin(self.heading) * self.scale
        matrix = np.array([[s, -c], [-c, -s]])  # rows: screen x (right), screen y (down)
        centre = matrix @ np.array([self.x, self.y])
        offset = np.array(self.anchor) - centre
        pixels: NDArray[np.float64] = points @ matrix.T + offset
        return pixels

    def view(self, size: tuple[int, int]) -> tuple[float, float, float]:
        """A circle (x, y, radius) in metres that contains all that a picture of ``size`` shows."""
        dx = (size[0] / 2 - self.anchor[0]) / self.scale
        dy = (self.anchor[1] - size[1] / 2) / self.scale
        c, s = math.cos(self.heading), math.sin(self.heading)
        radius = math.hypot(*size) / 2 / self.scale
        return self.x + dx * s + dy * c, self.y - dx * c + dy * s, radius


class CameraMan:
    """Moves a camera smoothly with one car, in one of the ``MODES``."""

    def __init__(
        self, bounds: tuple[float, float, float, float], mode: CameraMode = "follow"
    ) -> None:
        """``bounds`` are the track's min x, min y, max x, max y [m]."""
        self.mode: CameraMode = mode
        self._bounds = bounds
        self._heading: float | None = None
        self._scale: float | None = None

    def next_mode(self) -> CameraMode:
        """Switches to the next mode and returns it."""
        self.mode = MODES[(MODES.index(self.mode) + 1) % len(MODES)]
        return self.mode

    def cut(self) -> None:
        """Forget the smoothing: the next picture starts a new shot."""
        self._heading = self._scale = None

    def shoot(
        self,
        size: tuple[int, int],
        x: float,
        y: float,
        heading: float,
        speed: float,
        seconds: float,
    ) -> Camera:
        """The camera for a picture of ``size`` pixels, ``seconds`` after the last one.

        Args:
            size: picture width and height [pixels].
            x: position of the followed car [m].
            y: position of the followed car [m].
            heading: its direction [rad].
            speed: its speed [m/s].
            seconds: time since the last call [s].
        """
        width, height = size
        unit = height / 720
        left, top, right, bottom = (inset * unit for inset in _OVERVIEW_INSETS)
        if self.mode == "overview":
            return overview(size, self._bounds, (left, top, right, bottom))
        share = min(1.0, max(0.0, speed) / _FAST)
        wanted = (_SCALE_AT_REST + (_SCALE_AT_SPEED - _SCALE_AT_REST) * share) * unit
        if self._scale is None or self._heading is None:
            self._scale, self._heading = wanted, heading
        self._scale += (wanted - self._scale) * (1 - math.exp(-seconds / _SCALE_TIME))
        turn = math.remainder(heading - self._heading, math.tau)
        self._heading += turn * (1 - math.exp(-seconds / _HEADING_TIME))
        if self.mode == "north":
            return Camera(x, y, math.pi / 2, self._scale * 0.8, (width / 2, height / 2))
        anchor = (width / 2, height * _FOLLOW_ANCHOR)
        return Camera(x, y, self._heading, self._scale, anchor)


def overview(
    size: tuple[int, int],
    bounds: tuple[float, float, float, float],
    insets: tuple[float, float, float, float],
) -> Camera:
    """A camera, north up, that sees the whole of ``bounds``.

    Args:
        size: picture width and height [pixels].
        bounds: min x, min y, max x, max y [m].
        insets: pixels to leave free at the left, top, right and bottom.
    """
    left, top, right, bottom = insets
    width, height = size[0] - left - right, size[1] - top - bottom
    x0, y0, x1, y1 = bounds
    scale = min(width / max(x1 - x0, 1.0), height / max(y1 - y0, 1.0))
    anchor = (left + width / 2, top + height / 2)
    return Camera((x0 + x1) / 2, (y0 + y1) / 2, math.pi / 2, scale, anchor)
