"""Everything that is painted for one track, together: scene, marks, cars, display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from racer._core.circuit import Track
from racer.viewer.art import ScenePainter, paint_line
from racer.viewer.camera import CameraMan, CameraMode
from racer.viewer.circuit.cars import CarPainter, TyreMarks
from racer.viewer.circuit.hud import Hud, HudState
from racer.viewer.circuit.minimap import Minimap
from racer.viewer.circuit.scene import build_scene
from racer.viewer.circuit.views import CarView, Facts, car_views
from racer.viewer.palette import Colour

_LINE_WIDTH: Final = 0.3  # [m]


@dataclass(frozen=True)
class DrivenLine:
    """A line that a car drove: points (T, 2) [m] and a colour."""

    points: NDArray[np.float64]
    colour: Colour


class Stage:
    """Paints whole pictures of cars on one track onto any surface.

    Attributes:
        camera_man: holds the mode of the camera.
        marks: tyre marks; feed them with `roll`.
    """

    def __init__(self, track: Track, camera: CameraMode = "follow") -> None:
        scene = build_scene(track)
        self.camera_man = CameraMan(scene.bounds, camera)
        self.marks = TyreMarks()
        self._scene = ScenePainter(scene)
        self._cars = CarPainter()
        self._hud = Hud(Minimap(scene))

    def clear(self) -> None:
        """A new shot: no marks, no smoothing from the last picture."""
        self.marks.clear()
        self.camera_man.cut()

    def roll(self, row: Facts, names: Sequence[str] = ()) -> None:
        """Adds the tyre marks of one tick from a world's telemetry (K,)."""
        for i, view in enumerate(car_views(row, names)):
            v_x, v_y, yaw_rate = (float(row[name][i]) for name in ("v_x", "v_y", "yaw_rate"))
            self.marks.roll(i, view, v_x, v_y, yaw_rate, int(row["wheels_off"][i]))

    def paint(
        self,
        surface: pygame.Surface,
        cars: Sequence[CarView],
        hud: HudState | None,
        seconds: float,
        lines: Sequence[DrivenLine] = (),
    ) -> None:
        """Paints one picture; the camera follows the first car.

        Args:
            surface: where to paint.
            cars: all cars; later ones are painted first.
            hud: the display, or None for a picture without one.
            seconds: time since the last picture, for the camera's smoothing [s].
            lines: lines on the road, under the cars.
        """
        size = surface.get_size()
        unit = size[1] / 720
        me = cars[0]
        camera = self.camera_man.shoot(size, me.x, me.y, me.heading, me.speed, seconds)
        self._scene.paint(surface, camera, still=self.camera_man.mode == "overview")
        self.marks.paint(surface, camera)
        for line in lines:
            paint_line(surface, camera, line.points, line.colour, _LINE_WIDTH)
        for car in reversed(cars):
            self._cars.paint(surface, camera, car)
        for car in cars:
            if car.ghost and car.name:
                self._cars.tag(surface, camera, car, me, unit)
        if hud is not None:
            hud.overview = self.camera_man.mode == "overview"
            self._hud.paint(surface, hud, cars)
