"""Environments: views of a batch of worlds, the same for circuits and for highways.

* Gymnasium's Env, one world: `RacerEnv`, `HighwayEnv`;
  `gymnasium.make("racer/Circuit-v0", track="harbour")`, `gymnasium.make("racer/Highway-v0")`.
* Gymnasium's VectorEnv: `RacerVectorEnv`, `HighwayVectorEnv`;
  `gymnasium.make_vec("racer/Circuit-v0", num_envs=64)`.
* Stable-Baselines3's VecEnv: `RacerVecEnv`, `HighwayVecEnv`, in `racer.envs.sb3` because they need
  that package.

World i of a batch is, bit for bit, the world that it would be alone. A list of seeds seeds the
worlds one by one; an integer S seeds world i with `racer._core.split_seed(S, i)`. So
`RacerEnv.reset(seed=split_seed(S, i))` is world i of a batch that was reset with S.

Modules: `worlds` says what a kind of world offers; `vector_view` and `sb3_view` show any kind. The
folders `circuit` and `highway` are the kinds, with the same files in each: `settings`, `worlds`,
`env`, `vector`, `sb3`, `episodes`, `policy`, `task`. `checks` checks single settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.circuit.env import RacerEnv as RacerEnv
    from racer.envs.circuit.tracks import TrackLike as TrackLike
    from racer.envs.circuit.vector import RacerVectorEnv as RacerVectorEnv
    from racer.envs.highway.env import HighwayEnv as HighwayEnv
    from racer.envs.highway.vector import HighwayVectorEnv as HighwayVectorEnv
    from racer.envs.worlds import RewardFunction as RewardFunction
    from racer.envs.worlds import world_seeds as world_seeds

__getattr__ = loader(
    __name__,
    {
        "HighwayEnv": "racer.envs.highway.env",
        "HighwayVectorEnv": "racer.envs.highway.vector",
        "RacerEnv": "racer.envs.circuit.env",
        "RacerVectorEnv": "racer.envs.circuit.vector",
        "RewardFunction": "racer.envs.worlds",
        "TrackLike": "racer.envs.circuit.tracks",
        "world_seeds": "racer.envs.worlds",
    },
)

__all__ = [
    "HighwayEnv",
    "HighwayVectorEnv",
    "RacerEnv",
    "RacerVectorEnv",
    "RewardFunction",
    "TrackLike",
    "world_seeds",
]
