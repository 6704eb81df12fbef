"""How much memory a run needs, before any of it is taken."""

from __future__ import annotations

import itertools
import math
import os
from typing import TYPE_CHECKING

from racer import _core
from racer.errors import ConfigError
from racer.train.algorithms.base import NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from racer.train.config import TrainConfig

COPIES = 4  # a weight, its gradient and the two moments of Adam
WORLD = 2_000  # bytes of a world, of which nothing else is known
SHARE = 0.9  # of the free memory that may be used


def needed_bytes(config: TrainConfig, observed: int, acted: int, world: int = WORLD) -> int:
    """About what a run needs [bytes]: worlds, buffer and network.

    Args:
        config: of the run.
        observed: numbers of an observation.
        acted: numbers of an action.
        world: bytes of a world beside its observations.
    """
    algorithm, chosen = config.algorithm, config.algo_settings
    worlds = config.n_envs * (world + 6 * observed * NUMBER)
    widths: Sequence[int] = (observed, *chosen.net_arch, max(acted, 1))
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    buffer = algorithm.buffer_bytes(chosen, config.n_envs, observed, acted)
    batch = chosen.batch_size * 4 * sum(widths) * NUMBER
    return int(worlds + buffer + batch + algorithm.networks * weights * COPIES * NUMBER)


def free_bytes() -> int:
    """Memory that a program may still take [bytes]; a huge number where nobody says."""
    free = _core.free_memory()  # of the machine or the container
    if math.isfinite(free):
        return int(free)
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1 << 60


def check_memory(config: TrainConfig, observed: int, acted: int, world: int = WORLD) -> None:
    """Says that a run cannot fit, before the machine finds out.

    Raises:
        ConfigError: it needs more memory than there is.
    """
    needed, free = needed_bytes(config, observed, acted, world), free_bytes()
    if needed <= SHARE * free:
        return
    chosen, size = config.algo_settings, config.algorithm.size_setting
    raise ConfigError(
        f"{size} = {getattr(chosen, size):,} with n_envs = {config.n_envs:,}, batch_size = "
        f"{chosen.batch_size:,} and net_arch = {list(chosen.net_arch)} needs about "
        f"{needed / 1e9:,.1f} GB of memory, but {free / 1e9:,.1f} GB are free; choose smaller ones."
    )
