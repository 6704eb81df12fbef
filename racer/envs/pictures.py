"""What an environment's `render` shows; the viewer paints it, loaded only when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gymnasium
from gymnasium.error import DependencyNotInstalled

from racer.errors import ConfigError
from racer.kinds import kind_named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from racer.envs.worlds import Painter, Worlds

RENDER_MODES: Final = ("rgb_array", "human")


def checked_render_mode(mode: str | None) -> str | None:
    """The mode, or a ConfigError if there is no such one."""
    if mode is not None and mode not in RENDER_MODES:
        wanted = " or ".join(map(repr, RENDER_MODES))
        raise ConfigError(f"render_mode is {mode!r}, but it must be {wanted} or None.")
    return mode


def painter_of(worlds: Worlds, world: int) -> Painter:
    """A function that paints a world as it is, (height, width, 3) uint8; its kind names it.

    Raises:
        ImportError: the viewer's packages are not installed.
        ConfigError: worlds of this kind cannot be painted.
    """
    painter: Painter = kind_named(worlds.kind).load("painter")(worlds, world)
    return painter


class WithWindow:
    """An environment that may show a window."""

    _pictures: Pictures

    @property
    def window_closed(self) -> bool:
        """Whether the person has closed the window of `render_mode` "human".

        From then on nothing is shown, and the environment keeps working without a window.
        """
        return self._pictures.closed


def frames_per_second(worlds: Worlds) -> int:
    """Pictures a second at which steps pass as fast as time does; whole, as Gymnasium wants it."""
    return max(1, round(1.0 / worlds.seconds_per_action))


class Pictures:
    """Paints worlds, and shows the first one in a window; idle until the first picture.

    Attributes:
        closed: whether the person has closed the window; it stays closed.
        rate: at most so many pictures a second are shown.

    All that paints raises DependencyNotInstalled if the extra `view` is not installed.
    """

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._painters: dict[int, Painter] = {}
        self._window: Any = None
        self.closed = False
        self.rate = 1.0 / worlds.seconds_per_action

    def rendered(self, mode: str | None, worlds: int = 1) -> list[NDArray[np.uint8]] | None:
        """What `render` of an environment in a mode does: pictures of `worlds` worlds, or None."""
        if mode is None:
            gymnasium.logger.warn("render() needs a render_mode, given when the env is made.")
            return None
        if mode == "human":
            self.show()
            return None
        return [self.frame(world) for world in range(worlds)]

    def _painter(self, world: int) -> Painter:
        if world not in self._painters:
            try:
                self._painters[world] = painter_of(self._worlds, world)
            except ImportError as problem:
                raise DependencyNotInstalled(
                    f'rendering needs the extra `view` ({problem}): pip install "racer-sim[view]"'
                ) from problem
        return self._painters[world]

    def frame(self, world: int) -> NDArray[np.uint8]:
        """A picture (height, width, 3) uint8 of one world."""
        return self._painter(world)()

    def show(self, picture: NDArray[np.uint8] | None = None) -> None:
        """Shows the first world, or a picture of it, in a window, no faster than time passes."""
        if self.closed:
            return
        if picture is None:
            picture = self.frame(0)
        import pygame

        if self._window is None:
            pygame.display.init()
            pygame.display.set_caption("Racer")
            self._window = pygame.display.set_mode(picture.shape[1::-1])
            self._clock = pygame.time.Clock()
        if any(event.type == pygame.QUIT for event in pygame.event.get()):
            self.close()
            self.closed = True
            return
        self._window.blit(pygame.surfarray.make_surface(picture.swapaxes(0, 1)), (0, 0))
        pygame.display.flip()
        self._clock.tick(self.rate)

    def close(self) -> None:
        """Closes the window, if there is one, and forgets what was painted."""
        self._painters.clear()
        if self._window is not None:
            import pygame

            pygame.display.quit()
            self._window = None
