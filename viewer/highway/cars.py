"""Vehicles as pixels: the ego vehicle, traffic, marks of those observed, and wrecks."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from racer.play.highway.views import LANE_WIDTH, LENGTH, WIDTH, TrafficView
from racer.viewer import palette
from racer.viewer.camera import Camera
from racer.viewer.circuit.cars import CarPainter
from racer.viewer.circuit.views import CarView
from racer.viewer.palette import Colour
from racer.viewer.text import write

_FINE: Final = 4  # sprites are painted this much larger, then averaged
_CANVAS: Final = 5.9  # [m] side of a sprite
_BRAKES: Final = -0.6  # [m/s^2] below which the brake lights are on
_BLINK: Final = 2.5  # [1/s] changes of a turn signal
_SPRITES: Final = 600
_LONGEST: Final = LENGTH / 2
_WIDEST: Final = WIDTH / 2


def _mirrored(*left: tuple[float, float]) -> NDArray[np.float64]:
    half = np.array(left)
    return np.concatenate([half, half[::-1] * (1.0, -1.0)])


# Metres from the centre, x ahead, y left. Bodies fill the rectangle that collides.
_BODY: Final = _mirrored(
    (_LONGEST, 0.55), (_LONGEST - 0.12, 0.84), (_LONGEST - 0.5, 0.97), (1.2, _WIDEST),
    (-1.6, _WIDEST), (-_LONGEST + 0.35, 0.96), (-_LONGEST + 0.05, 0.82), (-_LONGEST, 0.6),
)  # fmt: skip
_GLASS_FRONT: Final = _mirrored((1.12, 0.62), (0.98, 0.78), (0.38, 0.70))
_GLASS_REAR: Final = _mirrored((-1.45, 0.66), (-1.85, 0.72), (-1.98, 0.55))
_ROOF: Final = _mirrored((0.42, 0.70), (-1.45, 0.68))
_SIDE_GLASS: Final = _mirrored((0.45, 0.82), (-1.5, 0.80))
_HEADLIGHT: Final = np.array([(2.42, 0.62), (2.34, 0.84), (2.06, 0.92), (2.16, 0.64)])
_REAR_LIGHT: Final = np.array([(-2.26, 0.90), (-2.46, 0.78), (-2.46, 0.46), (-2.30, 0.46)])
_SIGNALS: Final = np.array(
    [[(2.3, 0.98), (1.85, 0.98), (1.85, 0.72), (2.3, 0.72)],
     [(-2.42, 0.98), (-1.95, 0.98), (-1.95, 0.72), (-2.42, 0.72)]]
)  # fmt: skip
_FLIP: Final = np.array((1.0, -1.0))
_CORNERS: Final = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)])
_OUTLINE: Final = _CORNERS * (_LONGEST + 0.35, _WIDEST + 0.35)


class TrafficPainter:
    """Paints all vehicles of a picture; sprites of the same look are painted once."""

    def __init__(self) -> None:
        self._sprites: dict[tuple[object, ...], pygame.Surface] = {}
        self._racer = CarPainter()

    def paint(
        self,
        surface: pygame.Surface,
        camera: Camera,
        view: TrafficView,
        time: float,
        unit: float,
        *,
        marks: bool,
    ) -> None:
        """Paints the vehicles that the camera sees.

        Args:
            surface: where to paint.
            camera: what to see.
            view: the vehicles.
            time: for what blinks [s].
            unit: pixels of a unit of the display.
            marks: mark the vehicles that the ego vehicle observes, with the number of their row.
        """
        places = camera.to_screen(np.stack([view.x, view.y], axis=-1))
        margin = 4.0 * camera.scale
        size = np.array(surface.get_size())
        shown = ((places > -margin) & (places < size + margin)).all(axis=1)
        row_of = {int(v): i + 1 for i, v in enumerate(view.observed)} if marks else {}
        blink = int(time * _BLINK) % 2 == 0
        for i in np.flatnonzero(shown)[::-1].tolist():
            at = (float(places[i, 0]), float(places[i, 1]))
            if i == 0:
                self._ego(surface, camera, view, unit)
            else:
                signal = int(view.signal[i]) if blink else 0
                self._traffic(surface, camera, view, i, at, signal)
                if i in row_of:
                    _mark(surface, camera, view, i, at, row_of[i], unit)
            if view.crashed[i]:
                _wreck(surface, at, camera.scale)

    def _ego(
        self,
        surface: pygame.Surface,
        camera: Camera,
        view: TrafficView,
        unit: float,
    ) -> None:
        corners = _on_screen(_OUTLINE * 1.04, camera, view, 0)
        pygame.draw.polygon(surface, palette.ACCENT, corners, max(1, round(2 * unit)))
        brake = 1.0 if view.acceleration[0] < _BRAKES else 0.0
        car = CarView(
            float(view.x[0]),
            float(view.y[0]),
            float(view.heading[0]),
            brake=brake,
            colour=palette.ACCENT,
        )
        self._racer.paint(surface, camera, car)
        # Beside the road, where it hides nobody.
        tip = max(float(view.y[0]), LANE_WIDTH / 2) + 1.4
        size = 6.5 * unit / camera.scale
        arrow = np.array([[0.0, 0.0], [-size, 1.5 * size], [size, 1.5 * size]])
        arrow += (view.x[0], tip)
        pygame.draw.polygon(surface, palette.ACCENT, camera.to_screen(arrow).tolist())

    def _traffic(
        self,
        surface: pygame.Surface,
        camera: Camera,
        view: TrafficView,
        i: int,
        at: tuple[float, float],
        signal: int,
    ) -> None:
        turn = view.heading[i] - camera.heading + math.pi / 2
        look = (
            i % len(palette.TRAFFIC),
            round(math.degrees(turn)) % 360,
            math.ceil(_CANVAS * camera.scale),
            bool(view.acceleration[i] < _BRAKES),
            signal,
            bool(view.crashed[i]),
        )
        sprite = self._sprites.get(look)
        if sprite is None:
            if len(self._sprites) >= _SPRITES:
                self._sprites.clear()
            sprite = self._sprites[look] = _sprite(*look, camera.scale)
        half = sprite.get_width() / 2
        surface.blit(sprite, (round(at[0] - half), round(at[1] - half)))


def _sprite(
    number: int, degrees: int, side: int, braking: bool, signal: int, crashed: bool, scale: float
) -> pygame.Surface:
    canvas = pygame.Surface((side * _FINE, side * _FINE), pygame.SRCALPHA)
    middle = side * _FINE / 2
    angle = math.radians(degrees)
    c, s = math.cos(angle) * scale * _FINE, math.sin(angle) * scale * _FINE
    matrix = np.array([[c, -s], [-s, -c]])

    def shape(points: NDArray[np.float64], colour: tuple[int, ...], drop: float = 0.0) -> None:
        shift = np.array((0.4, 1.0)) * drop * scale * _FINE
        pygame.draw.polygon(canvas, colour, (points @ matrix.T + middle + shift).tolist())

    paint: Colour = palette.TRAFFIC[number]
    if crashed:
        paint = palette.mix(paint, palette.TYRE, 0.62)
    dark = palette.mix(paint, palette.TYRE, 0.22)
    shape(_BODY, (0, 0, 0, 70), drop=0.22)
    shape(_BODY, paint)
    shape(_SIDE_GLASS, palette.GLASS)
    shape(_GLASS_FRONT, palette.GLASS)
    shape(_GLASS_REAR, palette.GLASS)
    shape(_ROOF, dark)
    light = palette.BRAKE_ON if braking and not crashed else palette.BRAKE_OFF
    for flip in (1.0, _FLIP):
        shape(_HEADLIGHT * flip, palette.TRIM if crashed else palette.HEADLIGHT)
        shape(_REAR_LIGHT * flip, light)
    if signal and not crashed:
        for lamp in _SIGNALS:
            shape(lamp * (1.0, float(signal)), palette.SIGNAL)
    return pygame.transform.smoothscale(canvas, (side, side))


def _on_screen(
    points: NDArray[np.float64], camera: Camera, view: TrafficView, i: int
) -> list[list[float]]:
    c, s = math.cos(view.heading[i]), math.sin(view.heading[i])
    world = points @ np.array([[c, s], [-s, c]]) + (view.x[i], view.y[i])
    pixels: list[list[float]] = camera.to_screen(world).tolist()
    return pixels


def _mark(
    surface: pygame.Surface,
    camera: Camera,
    view: TrafficView,
    i: int,
    at: tuple[float, float],
    number: int,
    unit: float,
) -> None:
    """Brackets around a vehicle and the number of its row in the observation."""
    corners = np.array(_on_screen(_OUTLINE, camera, view, i))
    width = max(1, round(1.6 * unit))
    for k in range(4):
        corner = corners[k]
        for other in (corners[k - 1], corners[(k + 1) % 4]):
            way = other - corner
            arm = 0.7 * camera.scale / max(1e-9, float(np.hypot(*way)))
            end = corner + way * min(0.5, arm)
            pygame.draw.line(surface, palette.OBSERVED, corner.tolist(), end.tolist(), width)
    if not view.crashed[i]:
        write(surface, str(number), at, max(9.0, 1.15 * camera.scale), palette.TEXT, "centre")


def _wreck(surface: pygame.Surface, at: tuple[float, float], scale: float) -> None:
    """A burst with a cross in it: a shape that no other vehicle has."""
    angles = np.arange(16) * math.tau / 16
    reach = np.where(np.arange(16) % 2 == 0, 1.75, 1.0) * max(scale, 5.0)
    star = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * reach[:, None] + at
    pygame.draw.polygon(surface, palette.RED, star.tolist())
    pygame.draw.aalines(surface, palette.TEXT, True, star.tolist())
    arm = 0.55 * max(scale, 5.0)
    width = max(3, round(0.36 * max(scale, 5.0)))
    for dy in (arm, -arm):
        start, end = (at[0] - arm, at[1] - dy), (at[0] + arm, at[1] + dy)
        pygame.draw.line(surface, palette.TEXT, start, end, width)
