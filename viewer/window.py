"""The window: opening it, full screen, the clock, and the keys that every screen shares."""

from __future__ import annotations

import os
from typing import Final

import pygame

from racer.errors import RacerError
from racer.play.keyboard import Keys

# What SDL falls back to where there is no display; fine for tests that ask for it.
_INVISIBLE: Final = ("dummy", "offscreen")
SIZE: Final = (1280, 720)
_SLOWEST: Final = 0.1  # [s] a picture that took longer counts as this long


class PygameKeyboard:
    """The real keyboard: arrows or WASD."""

    def read(self) -> Keys:
        """The driving keys that are down now."""
        down = pygame.key.get_pressed()
        return Keys(
            left=down[pygame.K_LEFT] or down[pygame.K_a],
            right=down[pygame.K_RIGHT] or down[pygame.K_d],
            up=down[pygame.K_UP] or down[pygame.K_w],
            down=down[pygame.K_DOWN] or down[pygame.K_s],
        )


class Window:
    """One window and its clock.

    Attributes:
        surface: what to paint on; changes when the window is resized.
        frame_times: how long the last pictures took to make, without waiting [s].
    """

    def __init__(
        self,
        title: str,
        *,
        fullscreen: bool = False,
        size: tuple[int, int] = SIZE,
        otherwise: str = "--offscreen FILE draws without one",
    ) -> None:
        """Opens the window.

        Args:
            title: of the window.
            fullscreen: use the whole screen.
            size: width and height [pixels].
            otherwise: what works without a display, for the message.

        Raises:
            RacerError: there is no display.
        """
        try:
            _find_display()
            pygame.display.set_caption(title)
            self._size = size
            self._fullscreen = fullscreen
            self.surface = self._open()
        except pygame.error as problem:
            raise RacerError(
                f"there is no display to open a window on ({problem}); {otherwise}."
            ) from None
        pygame.font.init()
        pygame.mouse.set_visible(not fullscreen)
        self._clock = pygame.time.Clock()
        self.frame_times: list[float] = []

    def _open(self) -> pygame.Surface:
        if self._fullscreen:
            return pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        return pygame.display.set_mode(self._size, pygame.RESIZABLE)

    def toggle_fullscreen(self) -> None:
        """Between a window and the whole screen."""
        if not self._fullscreen:
            self._size = self.surface.get_size()
        self._fullscreen = not self._fullscreen
        self.surface = self._open()
        pygame.mouse.set_visible(not self._fullscreen)

    def events(self) -> list[pygame.Event]:
        """What happened since the last call; looks after the size of the window itself."""
        events = pygame.event.get()
        for event in events:
            if event.type == pygame.VIDEORESIZE and not self._fullscreen:
                self.surface = pygame.display.get_surface() or self.surface
        return events

    def show(self) -> float:
        """Shows what was painted, then waits; returns the time since the last call [s]."""
        pygame.display.flip()
        rate = pygame.display.get_current_refresh_rate() or 60
        passed = self._clock.tick(min(max(rate, 30), 144)) / 1000
        self.frame_times.append(self._clock.get_rawtime() / 1000)
        del self.frame_times[:-600]
        return min(passed, _SLOWEST)

    def close(self) -> None:
        """Closes the window."""
        pygame.display.quit()


def _find_display() -> None:
    pygame.display.init()
    if "SDL_VIDEODRIVER" not in os.environ and pygame.display.get_driver() in _INVISIBLE:
        raise pygame.error("none found")


def wants_to_quit(event: pygame.Event) -> bool:
    """Whether an event closes the window."""
    return event.type == pygame.QUIT or (
        event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE
    )
