"""Pictures of circuits without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pygame
from numpy.typing import NDArray

from racer._core import TICK_SECONDS
from racer._core.circuit import Track
from racer.errors import RacerError
from racer.play.circuit.race import row_of
from racer.viewer.camera import CameraMode
from racer.viewer.circuit.hud import HudState
from racer.viewer.circuit.stage import Stage
from racer.viewer.circuit.views import CarView, car_views
from racer.viewer.offscreen import Frame, surface_pixels

if TYPE_CHECKING:
    from racer.envs.circuit.worlds import CircuitWorlds
    from racer.envs.worlds import Painter


class Renderer:
    """Paints frames into memory; opens no window and needs no display.

    Attributes:
        size: width and height of the frames [pixels].
        stage: what is painted.
    """

    def __init__(
        self,
        track: Track,
        size: tuple[int, int] = (960, 600),
        *,
        camera: CameraMode = "follow",
        fine: int = 1,
    ) -> None:
        """Prepares the scene of ``track``.

        Args:
            track: the circuit.
            size: width and height [pixels].
            camera: "follow", "north" or "overview".
            fine: paint this many times larger and average; 2 gives smoother edges, more slowly.

        Raises:
            RacerError: the size is not usable.
        """
        if min(size) < 64 or max(size) > 7680 or not 1 <= fine <= 4:
            raise RacerError(
                f"a picture of {size[0]} x {size[1]} pixels (times {fine}) is not usable."
            )
        self.size = size
        self.stage = Stage(track, camera)
        self._canvas = pygame.Surface((size[0] * fine, size[1] * fine))
        self._small = self._canvas if fine == 1 else pygame.Surface(size)

    def frame(
        self,
        telemetry: Mapping[str, NDArray[Any]],
        names: Sequence[str] = (),
        *,
        world: int = 0,
        hud: HudState | None = None,
        seconds: float = TICK_SECONDS,
    ) -> Frame:
        """One picture of one world.

        Args:
            telemetry: the telemetry of a batch, (N, K) each.
            names: the drivers of the K cars; cars without one carry no tag.
            world: which world to show.
            hud: the display to paint over it, if any.
            seconds: time since the last picture [s].

        Returns:
            (height, width, 3) uint8, a copy.
        """
        return self.paint(car_views(row_of(telemetry, world), names), hud, seconds)

    def paint(self, cars: Sequence[CarView], hud: HudState | None, seconds: float) -> Frame:
        """As `frame`, from views of the cars."""
        self.stage.paint(self._canvas, cars, hud, seconds)
        if self._small is not self._canvas:
            pygame.transform.smoothscale(self._canvas, self.size, self._small)
        return surface_pixels(self._small)


def world_painter(worlds: CircuitWorlds, world: int) -> Painter:
    """A function that paints a world of a batch as it is, (height, width, 3) uint8."""
    renderer = Renderer(worlds.tracks[world])
    telemetry = {name: values[:, None] for name, values in worlds.telemetry.items()}

    def paint() -> NDArray[np.uint8]:
        return renderer.frame(telemetry, world=world)

    return paint
