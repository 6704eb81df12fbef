"""Cars as pixels: a body with steered wheels and brake lights, name tags, tyre marks."""

from __future__ import annotations

import math
from typing import Final, Protocol

import numpy as np
import pygame
from numpy.typing import NDArray

from racer.viewer import palette
from racer.viewer.art import paint_segments
from racer.viewer.camera import Camera
from racer.viewer.circuit.views import CarView
from racer.viewer.palette import Colour
from racer.viewer.text import write

_FINE: Final = 4  # sprites are painted this much larger, then averaged
_CANVAS: Final = 6.4  # [m] side of a sprite
_DOT_SCALE: Final = 3.4  # pixels per metre, in a picture 720 high, below which a car is a dot
_SHADOW: Final = (0.18, -0.24)  # [m] in the world
_SHADOW_COLOUR: Final = (0, 0, 0, 70)

# The drawing of the car, in metres from its centre of gravity: x ahead, y left.
_FRONT_AXLE: Final = 1.45
_REAR_AXLE: Final = -1.25
_TRACK: Final = 0.83


def _mirrored(*left: tuple[float, float]) -> NDArray[np.float64]:
    """A shape (2P, 2) from its left half, nose to tail."""
    half = np.array(left)
    return np.concatenate([half, half[::-1] * (1.0, -1.0)])


_BODY: Final = _mirrored(
    (2.42, 0.30), (2.38, 0.58), (2.22, 0.82), (1.9, 0.94), (1.0, 0.95), (0.4, 0.88),
    (-0.5, 0.90), (-1.0, 0.97), (-1.7, 0.98), (-2.1, 0.92), (-2.2, 0.75),
)  # fmt: skip
_SPLITTER: Final = _mirrored((2.52, 0.55), (2.40, 0.88), (2.0, 0.98))
_DIFFUSER: Final = _mirrored((-2.0, 0.80), (-2.32, 0.72))
_SCREEN: Final = _mirrored((0.78, 0.52), (0.62, 0.70), (0.18, 0.60))
_SIDES: Final = _mirrored((0.10, 0.74), (-0.72, 0.72), (-0.90, 0.60), (0.10, 0.62))
_ROOF: Final = _mirrored((0.18, 0.60), (-0.75, 0.58))
_REAR_GLASS: Final = _mirrored((-0.78, 0.54), (-1.22, 0.62))
_STRIPE_FRONT: Final = _mirrored((2.40, 0.17), (0.80, 0.22))
_STRIPE_ROOF: Final = _mirrored((0.16, 0.22), (-0.74, 0.22))
_STRIPE_REAR: Final = _mirrored((-1.26, 0.20), (-1.90, 0.18))
_WING: Final = _mirrored((-1.98, 0.98), (-2.26, 0.98))
_WHEEL: Final = np.array([(0.34, 0.15), (-0.34, 0.15), (-0.34, -0.15), (0.34, -0.15)])
_HEADLIGHT: Final = np.array([(2.26, 0.66), (2.18, 0.80), (1.92, 0.86), (2.02, 0.70)])
_BRAKE_LIGHT: Final = np.array([(-2.10, 0.84), (-2.26, 0.78), (-2.26, 0.42), (-2.12, 0.42)])
_FLIP: Final = np.array((1.0, -1.0))


class CarPainter:
    """Paints cars, keeping one canvas per size."""

    def __init__(self) -> None:
        self._canvases: dict[int, pygame.Surface] = {}

    def paint(self, surface: pygame.Surface, camera: Camera, car: CarView) -> None:
        """Paints one car; in far views as a dot that can be seen."""
        ((px, py),) = camera.to_screen(np.array([[car.x, car.y]])).tolist()
        if not (-80 < px < surface.get_width() + 80 and -80 < py < surface.get_height() + 80):
            return
        if camera.scale < _DOT_SCALE * surface.get_height() / 720:
            radius = max(4.0, surface.get_height() / 130)
            pygame.draw.aacircle(surface, palette.TYRE, (px, py), radius + 1.5)
            pygame.draw.aacircle(surface, car.colour, (px, py), radius)
        else:
            sprite = self._sprite(camera, car)
            half = sprite.get_width() / 2
            surface.blit(sprite, (round(px - half), round(py - half)))

    def tag(
        self, surface: pygame.Surface, camera: Camera, car: CarView, me: CarView, unit: float
    ) -> None:
        """Writes the car's name above it, or below where ``me`` would be hidden."""
        places = np.array([[car.x, car.y], [me.x, me.y]])
        (px, py), (mx, my) = camera.to_screen(places).tolist()
        lift = max(2.9 * camera.scale, 12 * unit) + 10 * unit
        hides = abs(mx - px) < 90 * unit and -2.2 * lift < my - py < -0.2 * lift
        at = (px, py + lift if hides else py - lift)
        write(surface, car.name, at, 13 * unit, car.colour, "centre", plate=True)

    def _sprite(self, camera: Camera, car: CarView) -> pygame.Surface:
        side = math.ceil(_CANVAS * camera.scale)
        canvas = self._canvases.get(side)
        if canvas is None:
            if len(self._canvases) > 64:
                self._canvases.clear()
            canvas = pygame.Surface((side * _FINE, side * _FINE), pygame.SRCALPHA)
            self._canvases[side] = canvas
        canvas.fill((0, 0, 0, 0))
        scale, middle = camera.scale * _FINE, side * _FINE / 2
        turn = car.heading - camera.heading + math.pi / 2  # direction on the screen, y up
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        matrix = np.array([[c, -s], [-s, -c]])

        def shape(points: NDArray[np.float64], colour: tuple[int, ...]) -> None:
            pygame.draw.polygon(canvas, colour, (points @ matrix.T + middle).tolist())

        # The shadow falls in the world's direction: turn it into the car's axes.
        ch, sh = math.cos(car.heading), math.sin(car.heading)
        fall = np.array([_SHADOW[0] * ch + _SHADOW[1] * sh, -_SHADOW[0] * sh + _SHADOW[1] * ch])
        shape(_BODY * 1.02 + fall, _SHADOW_COLOUR)
        shape(_WING + fall * 1.6, _SHADOW_COLOUR)
        _paint_wheels(shape, car.steer)
        _paint_body(shape, car)
        small = pygame.transform.smoothscale(canvas, (side, side))
        if car.ghost:
            small.set_alpha(165)
        return small


def _paint_wheels(shape: _Shape, steer: float) -> None:
    c, s = math.cos(steer), math.sin(steer)
    turned = _WHEEL @ np.array([[c, s], [-s, c]])
    for side in (_TRACK, -_TRACK):
        shape(turned + np.array((_FRONT_AXLE, side)), palette.TYRE)
        shape(_WHEEL + np.array((_REAR_AXLE, side)), palette.TYRE)


def _paint_body(shape: _Shape, car: CarView) -> None:
    dark = palette.mix(car.colour, palette.TYRE, 0.28)
    stripe = palette.mix(car.colour, palette.TEXT, 0.78)
    for part, colour in (
        (_SPLITTER, palette.TRIM),
        (_DIFFUSER, palette.TRIM),
        (_BODY, car.colour),
        (_STRIPE_FRONT, stripe),
        (_STRIPE_REAR, stripe),
        (_SCREEN, palette.GLASS),
        (_SIDES, palette.GLASS),
        (_ROOF, dark),
        (_STRIPE_ROOF, stripe),
        (_REAR_GLASS, palette.GLASS),
        (_WING, palette.TRIM),
    ):
        shape(part, colour)
    light = palette.BRAKE_ON if car.brake > 0.03 else palette.BRAKE_OFF
    for flip in (1.0, _FLIP):
        shape(_HEADLIGHT * flip, palette.HEADLIGHT)
        shape(_BRAKE_LIGHT * flip, light)


class _Shape(Protocol):
    """The type of the function that paints one polygon of a car."""

    def __call__(self, points: NDArray[np.float64], colour: tuple[int, ...]) -> None: ...


class TyreMarks:
    """The last marks that sliding tyres left, of all cars."""

    _SLIDE: Final = 0.11  # [rad] slip angle that leaves a mark
    _KEEP: Final = 1600

    def __init__(self) -> None:
        self._points = np.zeros((self._KEEP, 2, 2), np.float32)
        self._colours: list[Colour] = [palette.SKID] * self._KEEP
        self._next = 0
        self._used = 0
        self._last: dict[int, NDArray[np.float64]] = {}

    def clear(self) -> None:
        """Sweeps the track."""
        self._next = self._used = 0
        self._last.clear()

    def roll(
        self, car: int, view: CarView, v_x: float, v_y: float, yaw_rate: float, wheels_off: int
    ) -> None:
        """Adds what car number ``car`` left in the last tick (velocities in its own axes, SI)."""
        c, s = math.cos(view.heading), math.sin(view.heading)
        rear = np.array([[_REAR_AXLE, _TRACK], [_REAR_AXLE, -_TRACK]])
        wheels = rear @ np.array([[c, s], [-s, c]]) + (view.x, view.y)
        slip = abs(math.atan2(v_y + _REAR_AXLE * yaw_rate, max(v_x, 3.0)))
        speed = math.hypot(v_x, v_y)
        marks = speed > 6.0 and (slip > self._SLIDE or view.brake > 0.97 or wheels_off > 1)
        last = self._last.get(car)
        if marks and last is not None and np.abs(wheels - last).max() < 4.0:
            colour = palette.SKID_GRASS if wheels_off > 1 else palette.SKID
            for a, b in zip(last, wheels, strict=True):
                self._points[self._next] = (a, b)
                self._colours[self._next] = colour
                self._next = (self._next + 1) % self._KEEP
                self._used = min(self._used + 1, self._KEEP)
        if marks:
            self._last[car] = wheels
        else:
            self._last.pop(car, None)

    def paint(self, surface: pygame.Surface, camera: Camera) -> None:
        """Paints the marks that the camera sees."""
        if not self._used or camera.scale < 2.2:
            return
        x, y, radius = camera.view(surface.get_size())
        points = self._points[: self._used]
        near = np.hypot(points[:, 0, 0] - x, points[:, 0, 1] - y) < radius
        seen = np.flatnonzero(near)
        colours = [self._colours[i] for i in seen.tolist()]
        paint_segments(surface, camera, points[seen], colours, 0.26)
