"""Whole pictures of a highway: road, vehicles and display; and what `render` of an env shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pygame

from racer.play.highway.views import (
    LANE_WIDTH,
    LENGTH,
    Telemetry,
    TrafficView,
    base_terms,
    frozen,
    leader_of,
    traffic_view,
    weighted_terms,
)
from racer.viewer.art import ScenePainter
from racer.viewer.camera import Camera
from racer.viewer.highway.cars import TrafficPainter
from racer.viewer.highway.hud import HighwayHud, danger_colour, paint_hud
from racer.viewer.highway.scene import PERIOD, build_road
from racer.viewer.offscreen import Frame, surface_pixels
from racer.viewer.text import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from racer.envs.highway.settings import HighwaySettings
    from racer.envs.highway.worlds import HighwayWorlds

HighwayCamera = Literal["along", "behind"]
CAMERAS: Final[tuple[HighwayCamera, ...]] = ("along", "behind")
PICTURE: Final = (960, 400)  # pixels of what `render` shows

_SEEN: Final = 132.0  # [m] of road along a picture
_AHEAD: Final = 0.24  # where the ego vehicle is, as a share of the picture
_BEHIND_SEEN: Final = 92.0
_MOST: Final = 0.42  # the road fills at most this share of a picture's height
_LEAST_ARROW: Final = 46.0  # pixels of a gap, below which it is not written on the road


class HighwayStage:
    """Paints pictures of one highway onto any surface.

    Attributes:
        camera: "along" has the road from left to right, "behind" upwards.
        marks: whether the observed vehicles are marked.
    """

    def __init__(self, lanes: int, camera: HighwayCamera = "along") -> None:
        self.camera: HighwayCamera = camera
        self.marks = True
        self._lanes = lanes
        self._road = ScenePainter(build_road(lanes))
        self._traffic = TrafficPainter()

    def next_camera(self) -> HighwayCamera:
        """Switches to the other camera and returns its name."""
        self.camera = CAMERAS[(CAMERAS.index(self.camera) + 1) % len(CAMERAS)]
        return self.camera

    def shoot(self, size: tuple[int, int], view: TrafficView) -> Camera:
        """The camera for a picture of ``size`` pixels of what ``view`` holds."""
        width, height = size
        x, y = float(view.x[0]), float(view.y[0])
        road = LANE_WIDTH * self._lanes
        middle = LANE_WIDTH / 2 - road / 2
        # A car that leaves the road takes the camera with it.
        aside = max(0.0, abs(y - middle) - road / 2) * math.copysign(1.0, y - middle)
        if self.camera == "behind":
            scale = min(height / _BEHIND_SEEN, width * 0.6 / (road + 4))
            return Camera(x, middle + aside, 0.0, scale, (width / 2, height * 0.78))
        scale = min(width / _SEEN, height * _MOST / (road + 1.0))
        at = (width * _AHEAD, height * 0.56)
        return Camera(x, middle + aside, math.pi / 2, scale, at)

    def paint(
        self,
        surface: pygame.Surface,
        view: TrafficView,
        hud: HighwayHud | None,
        leader: tuple[int, float] | None = None,
    ) -> None:
        """Paints one picture; the camera follows the ego vehicle.

        Args:
            surface: where to paint.
            view: the vehicles.
            hud: the display, or None for a picture without one.
            leader: the vehicle to point at, and the gap to it [m].
        """
        unit = unit_of(surface.get_size())
        camera = self.shoot(surface.get_size(), view)
        # The same stretch of road again and again.
        shift = math.floor(camera.x / PERIOD) * PERIOD
        here = Camera(camera.x - shift, camera.y, camera.heading, camera.scale, camera.anchor)
        self._road.paint(surface, here)
        if leader is not None and hud is not None:
            _gap_line(surface, camera, view, leader, hud, unit)
        time = hud.time if hud is not None else 0.0
        self._traffic.paint(surface, camera, view, time, unit, marks=self.marks)
        if hud is not None:
            hud.aside = self.camera == "behind"
            paint_hud(surface, hud, unit)


def unit_of(size: tuple[int, int]) -> float:
    """Pixels of a unit of the display: 1 in a window of 1280 x 720."""
    return min(size[0] / 1280, size[1] / 500)


def _gap_line(
    surface: pygame.Surface,
    camera: Camera,
    view: TrafficView,
    leader: tuple[int, float],
    hud: HighwayHud,
    unit: float,
) -> None:
    """A line from the ego vehicle's nose to its leader's tail, with the gap written on it."""
    number, gap = leader
    y = float(view.y[number])
    start = float(view.x[number]) - LENGTH / 2 - gap
    ends = camera.to_screen(np.array([[start, y], [start + gap, y]])).tolist()
    colour = danger_colour(hud.leader_time, hud.safety_time)
    pygame.draw.line(surface, colour, ends[0], ends[1], max(1, round(2 * unit)))
    if gap * camera.scale > _LEAST_ARROW * unit and camera.heading != 0.0:
        at = ((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2)
        size = surface.get_width()
        if 40 * unit < at[0] < size - 40 * unit:
            write(surface, f"{gap:.0f} m", at, 12 * unit, colour, "centre", plate=True)


def fill_hud(
    hud: HighwayHud, outcome: np.void, row: Telemetry, settings: HighwaySettings
) -> tuple[int, float] | None:
    """Tells the display how the ego vehicle is; returns the leader and the gap to it [m].

    Args:
        hud: what to fill.
        outcome: of the ego vehicle, the engine's record.
        row: the vehicles (K,), as `frozen` gives them.
        settings: of the environment.
    """
    leader = leader_of(row)
    hud.time = float(outcome["time"])
    hud.duration = float(settings["duration"])
    hud.speed = float(outcome["speed"])
    hud.lane = hud.target_lane = int(outcome["lane"])
    if settings["action"]["type"] != "ContinuousAction":  # whoever steers by hand has no target
        hud.target_lane = int(outcome["target_lane"])
    hud.lanes = int(settings["lanes_count"])
    hud.acceleration = float(outcome["acceleration"])
    hud.steering = -float(outcome["steering"])
    hud.time_to_collision = float(outcome["time_to_collision"])
    hud.safety_time = float(settings["safety_time"])
    hud.crashed, hud.off_road = bool(outcome["crashed"]), not outcome["on_road"]
    hud.gap, hud.closing = None, 0.0
    if leader is not None:
        hud.gap = leader[1]
        along = row["speed"] * np.cos(row["heading"])
        hud.closing = float(along[0] - along[leader[0]])
    return leader


def world_painter(worlds: HighwayWorlds, world: int) -> Callable[[], Frame]:
    """A function that paints a world of a batch as it is, (height, width, 3) uint8."""
    settings = worlds.settings
    stage = HighwayStage(int(settings["lanes_count"]))
    canvas = pygame.Surface(PICTURE)
    telemetry: Mapping[str, NDArray[Any]] = worlds.telemetry

    def paint() -> Frame:
        row, hud = frozen(telemetry, world), HighwayHud()
        leader = fill_hud(hud, worlds.outcomes[world], row, settings)
        if worlds.outcomes[world]["steps"] > 0:
            hud.reward = float(worlds.rewards[world])
            terms = worlds.reward_terms[world]
            hud.terms = weighted_terms(worlds.term_names, terms, settings)
            hud.base = base_terms(worlds.base_names, worlds.base_terms[world], settings)
            hud.action = worlds.action_name(world)
        stage.paint(canvas, traffic_view(row, settings), hud, leader)
        return surface_pixels(canvas)

    return paint
