"""A third kind of world, complete and outside of the package: a slot car on an oval.

The trigger moves the car along its slot; above 3 m/s in a bend it flies out. This module registers
the kind in one place, and nothing else knows of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gymnasium.spaces import Box

from racer.envs.plain.worlds import PythonWorlds
from racer.formats.settings import Checked, number_field
from racer.kinds import Kind, register

STRAIGHT, BEND = 4.0, 3.0  # [m]
LAP = 2.0 * (STRAIGHT + BEND)
PUSH, DRAG = 6.0, 0.8  # [m/s^2] of the whole trigger, [1/s]


@dataclass(frozen=True)
class SlotSettings(Checked):
    """How fast a bend may be taken [m/s], and what flying out costs."""

    grip_speed: float = number_field(3.0, 0.1, 100.0)
    crash_reward: float = number_field(-2.0, -100.0, 0.0)


class SlotWorlds(PythonWorlds):
    """N slot cars; observes where the car is on the oval and how fast it is."""

    kind = "slot"
    fields = (("distance", "f8"), ("speed", "f8"))
    term_names = ("progress", "crash")
    settings_class = SlotSettings
    observation_space = Box(-10.0, 10.0, (4,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)
    seconds_per_action = 0.1
    step_limit = 100

    def begin(self, world, random):
        self.state[world]["distance"] = random.uniform(0.0, LAP)
        self.state[world]["speed"] = 0.0

    def advance(self, worlds, actions):
        state = self.state
        speed = state["speed"][worlds]
        push = PUSH * (actions[:, 0] + 1.0) / 2.0
        speed = np.maximum(speed + (push - DRAG * speed) * self.seconds_per_action, 0.0)
        moved = speed * self.seconds_per_action
        state["speed"][worlds] = speed
        state["distance"][worlds] += moved
        bend = state["distance"][worlds] % (STRAIGHT + BEND) > STRAIGHT
        out = bend & (speed > self.settings.grip_speed)
        self.reward_terms[worlds, 0] = moved
        self.reward_terms[worlds, 1] = self.settings.crash_reward * out
        return out

    def observe(self):
        place = self.state["distance"] % (STRAIGHT + BEND)
        angle = 2.0 * np.pi * place / (STRAIGHT + BEND)
        columns = (np.cos(angle), np.sin(angle), (STRAIGHT - place) / 4.0, self.state["speed"] / 3)
        return np.stack(columns, axis=1).astype(np.float32)


def paint(worlds, world):
    """A painter without pygame: a dot on an oval."""

    def picture():
        pixels = np.full((60, 100, 3), 40, np.uint8)
        angle = 2.0 * np.pi * worlds.state["distance"][world] / LAP
        row, column = int(29 + 20 * np.sin(angle)), int(49 + 40 * np.cos(angle))
        pixels[row : row + 3, column : column + 3] = (240, 160, 20)
        return pixels

    return picture


register(
    Kind(
        "slot",
        noun="slot cars",
        ids={"racer/Slot-v0": ""},
        worlds="slot_car:SlotWorlds",
        painter="slot_car:paint",
    )
)
