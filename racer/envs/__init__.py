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

Modules: `worlds` says what a kind of world offers; `circuit_worlds` and `highway_worlds` are the
two kinds; `vector_view` and `sb3_view` show any kind, and `vector` and `sb3` give the views their
names and arguments; `circuit` and `highway` are the views of one world. `checks` checks single
settings.
"""

from racer.envs.circuit import RacerEnv
from racer.envs.circuit_tracks import TrackLike
from racer.envs.highway import HighwayEnv
from racer.envs.vector import HighwayVectorEnv, RacerVectorEnv
from racer.envs.worlds import RewardFunction, world_seeds

__all__ = [
    "HighwayEnv",
    "HighwayVectorEnv",
    "RacerEnv",
    "RacerVectorEnv",
    "RewardFunction",
    "TrackLike",
    "world_seeds",
]
