"""Environments: three views of one batch of worlds.

* `RacerEnv`: Gymnasium's Env, one world; `gymnasium.make("racer/Circuit-v0", track="harbour")`.
* `RacerVectorEnv`: Gymnasium's VectorEnv; `gymnasium.make_vec("racer/Circuit-v0", num_envs=64)`.
* `RacerVecEnv`: Stable-Baselines3's VecEnv, in `racer.envs.sb3` because it needs that package.

World i of a batch is, bit for bit, the world that it would be alone. A list of seeds seeds the
worlds one by one; an integer S seeds world i with `racer._core.split_seed(S, i)`. So
`RacerEnv.reset(seed=split_seed(S, i))` is world i of a batch that was reset with S.
"""

from racer.envs.circuit import RacerEnv
from racer.envs.vector import RacerVectorEnv
from racer.envs.worlds import RewardFunction, TrackLike, world_seeds

__all__ = ["RacerEnv", "RacerVectorEnv", "RewardFunction", "TrackLike", "world_seeds"]
