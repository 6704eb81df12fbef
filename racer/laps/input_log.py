"""All inputs of a session's cars since they stood, in little memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHUNK = 3600  # ticks


class InputLog:
    """Rows (N, K, 3) of int16 inputs, one per tick, kept until nobody needs them.

    Args:
        shape: worlds and cars per world (N, K).
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._chunks: dict[int, NDArray[np.int16]] = {}

    def clear(self) -> None:
        """Forgets everything."""
        self._chunks.clear()

    def add(self, tick: int, inputs: NDArray[np.int16]) -> None:
        """Notes the inputs (N, K, 3) of a tick."""
        number, row = divmod(tick, CHUNK)
        if number not in self._chunks:
            self._chunks[number] = np.zeros((CHUNK, *self._shape, 3), np.int16)
        self._chunks[number][row] = inputs

    def between(self, first: int, end: int, world: int, car: int) -> NDArray[np.int16]:
        """The inputs of one car from tick `first` to before `end`.

        Args:
            first: the first tick.
            end: the tick after the last; more than `first`.
            world: index of the car's world.
            car: its index in that world.

        Returns:
            int16 (end - first, 3): steer, throttle and brake in 1/32767.
        """
        numbers = range(first // CHUNK, (end - 1) // CHUNK + 1)
        pieces = [self._chunks[number][:, world, car] for number in numbers]
        begin = first - numbers[0] * CHUNK
        return np.concatenate(pieces)[begin : begin + end - first]

    def forget_before(self, tick: int) -> None:
        """Frees what lies before a tick."""
        for number in [number for number in self._chunks if (number + 1) * CHUNK <= tick]:
            del self._chunks[number]
