"""Scenes for the tests of environments."""

import numpy as np


def nearly_home(worlds, world=0, *, reasons=0, metres=0.3, speed=40.0):
    """Puts a car just before the line at the end of a timed lap: its next tick completes it."""
    batch, track = worlds.batch, worlds.tracks[world]
    batch.place(world, 0, track.length - metres, 0.0, 0.0, speed)
    record = batch.snapshot([world])
    record["lap_running"] = record["lap"] = 1
    record["lap_reasons"] = reasons
    record["checkpoint"] = len(track.checkpoints)
    record["sector"] = 2
    record["sector_time_1"], record["sector_time_2"] = 20.5, 21.5
    record["lap_start"], record["sector_start"] = -3600.0, -1080.0  # 60 s and 18 s ago
    batch.restore(record, [world])


def random_actions(space, steps, seed=0):
    """Float32 actions (steps, *shape) all over a bounded space."""
    rng = np.random.default_rng(seed)
    return rng.uniform(space.low, space.high, (steps, *space.shape)).astype(np.float32)
