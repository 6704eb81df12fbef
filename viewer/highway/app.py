"""`racer play --env`: a person, or a driver to watch, on the highway in a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pygame

from racer.drivers.keys import Keys
from racer.play.highway.person import HighwayPerson
from racer.play.highway.views import between, traffic_view
from racer.viewer import palette
from racer.viewer.highway.hud import HighwayHud
from racer.viewer.highway.stage import CAMERAS, HighwayCamera, HighwayStage, fill_hud
from racer.viewer.window import wants_to_quit

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.play.highway.drive import HighwayDrive
    from racer.viewer.palette import Colour
    from racer.viewer.window import Window

RATES: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # times real time
_MOST_ACTIONS: Final = 40  # per picture; a machine slower than that gets slow motion
_PAUSE_AT_END: Final = 2.5  # [s] until a watched driver goes on to the next episode
_TAPS: Final = {
    pygame.K_LEFT: Keys(left=True),
    pygame.K_a: Keys(left=True),
    pygame.K_RIGHT: Keys(right=True),
    pygame.K_d: Keys(right=True),
    pygame.K_UP: Keys(up=True),
    pygame.K_w: Keys(up=True),
    pygame.K_DOWN: Keys(down=True),
    pygame.K_s: Keys(down=True),
}


class HighwayApp:
    """Drives episodes in time with a window. Paints onto any surface.

    Attributes:
        drive: the episodes.
        stage: what is painted.
        rate: how many times real time.
        paused, help: whether time stands still.
        waiting: whether a person's first key starts the episode.
        place: number of the frame on screen, among those of the last action.
        hints: whether the picture tells of keys, as a window's does and a film's does not.
        running: False once the person wants to quit.
    """

    def __init__(
        self, drive: HighwayDrive, *, camera: HighwayCamera = "along", rate: float = 1.0
    ) -> None:
        self.drive = drive
        self.stage = HighwayStage(int(drive.settings["lanes_count"]), camera)
        self.rate = rate
        self.paused = self.help = False
        self.running = True
        self._note, self._note_left = "", 0.0
        self._ended = 0.0
        self.place = 0.0
        self.waiting = not self.watching
        self.hints = True
        self._orders: dict[int, Callable[[], None]] = {
            pygame.K_r: self.restart,
            pygame.K_n: self.next_episode,
            pygame.K_p: self._pause,
            pygame.K_SPACE: self._pause,
            pygame.K_PERIOD: self.step,
            pygame.K_RETURN: self.step,
            pygame.K_KP_ENTER: self.step,
            pygame.K_PLUS: self._faster,
            pygame.K_EQUALS: self._faster,
            pygame.K_KP_PLUS: self._faster,
            pygame.K_MINUS: self._slower,
            pygame.K_KP_MINUS: self._slower,
            pygame.K_o: self._toggle_marks,
            pygame.K_c: self._next_camera,
            pygame.K_h: self._toggle_help,
        }
        self._turn_keys()

    @property
    def watching(self) -> bool:
        """Whether nobody drives but a program."""
        return not isinstance(self.drive.driver, HighwayPerson)

    @property
    def last_place(self) -> float:
        """The number of the last frame that there is before the next action."""
        return float(len(self.drive.shots) - 1)

    @property
    def at_end(self) -> bool:
        """Whether the episode's last frame is on screen."""
        return self.drive.over and self.place >= self.last_place

    def restart(self, episode: int | None = None) -> None:
        """This episode again, or another one."""
        self.drive.start(episode)
        self.place = self._ended = 0.0
        self.waiting = not self.watching
        self.paused = False

    def handle(self, event: pygame.Event) -> None:
        """Reacts to one event of the window."""
        if wants_to_quit(event):
            self.running = False
        if event.type != pygame.KEYDOWN:
            return
        if event.key in _TAPS and isinstance(self.drive.driver, HighwayPerson):
            self.drive.driver.tap(_TAPS[event.key])
            self.waiting = False
        elif event.key in self._orders:
            self._orders[event.key]()

    def next_episode(self) -> None:
        """On to the seed's next episode."""
        self.restart(self.drive.episode + 1)

    def step(self) -> None:
        """One action, shown at once, then a pause."""
        self.paused, self.waiting = True, False
        self.drive.step()
        self.place = self.last_place

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass: as many frames as fit, and the actions that they need."""
        self._note_left -= seconds
        if self.paused or self.help or self.waiting:
            return
        if self.at_end:
            self._ended += seconds
            if self.watching and self._ended > _PAUSE_AT_END:
                self.next_episode()
            return
        self.place += seconds * self.rate / self.drive.frame_seconds
        for _ in range(_MOST_ACTIONS):
            if self.place < self.last_place or self.drive.over:
                break
            self.place -= self.last_place
            self.drive.step()
        self.place = min(self.place, self.last_place)

    def paint(self, surface: pygame.Surface) -> None:
        """Paints the picture for now."""
        drive, hud = self.drive, HighwayHud()
        first = min(int(self.place), len(drive.shots) - 1)
        last = min(first + 1, len(drive.shots) - 1)
        before, after = drive.shots[first], drive.shots[last]
        row = between(before.row, after.row, self.place - first)
        leader = fill_hud(hud, before.outcome, row, drive.settings)
        score = drive.score if self.place >= self.last_place else drive.score_before
        hud.reward, hud.returned = score.reward, score.returned
        hud.terms, hud.base = score.terms, score.base
        hud.action = drive.score.action
        hud.driver, hud.paused, hud.help = drive.driver.name, self.paused, self.help
        hud.episode = f"seed {drive.seed}, episode {drive.episode}"
        if score.steps:
            hud.details = (
                ("mean speed", f"{score.mean_speed:.1f} m/s"),
                ("minimum distance", f"{score.least_distance:.1f} m"),
                ("collisions so far", f"{score.collisions} in {score.episodes}"),
            )
        hud.notes = self._notes()
        hud.banner, hud.banner_colour, hud.banner_below = self._banner(hud)
        self.stage.paint(surface, traffic_view(row, drive.settings), hud, leader)

    def _notes(self) -> tuple[str, ...]:
        if not self.hints:
            return ()
        speed = "paused" if self.paused else f"{self.rate:g}x"
        return (f"H  help    {speed}", *((self._note,) if self._note_left > 0.0 else ()))

    def _banner(self, hud: HighwayHud) -> tuple[str, Colour, str]:
        if self.waiting and not self.paused:
            return "READY", palette.ACCENT, "an arrow key starts, H shows all keys"
        if not self.at_end:
            return "", palette.TEXT, ""
        below = "" if self.watching or not self.hints else "R again, N next episode"
        if hud.crashed:
            return "CRASHED", palette.RED, below
        if hud.time < hud.duration - 1e-6:
            return "OFF THE ROAD", palette.RED, below
        return "MADE IT", palette.GREEN, below

    def _say(self, note: str) -> None:
        self._note, self._note_left = note, 1.5

    def _pause(self) -> None:
        self.paused = not self.paused

    def _faster(self) -> None:
        self.rate = next((r for r in RATES if r > self.rate), RATES[-1])

    def _slower(self) -> None:
        self.rate = next((r for r in reversed(RATES) if r < self.rate), RATES[0])

    def _toggle_marks(self) -> None:
        self.stage.marks = not self.stage.marks

    def _toggle_help(self) -> None:
        self.help = not self.help

    def _next_camera(self) -> None:
        self._say(f"camera: {self.stage.next_camera()}")
        self._turn_keys()

    def _turn_keys(self) -> None:
        if isinstance(self.drive.driver, HighwayPerson):
            self.drive.driver.along = self.stage.camera == CAMERAS[0]


def play(app: HighwayApp, window: Window) -> None:
    """Runs the window until the person quits."""
    passed = 0.0
    while app.running:
        for event in window.events():
            if event.type == pygame.KEYDOWN and event.key == pygame.K_f:
                window.toggle_fullscreen()
            app.handle(event)
        app.advance(passed)
        app.paint(window.surface)
        passed = window.show()
