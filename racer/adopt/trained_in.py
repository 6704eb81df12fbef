"""What a live model of Stable-Baselines3 says about the environment that it learns in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gymnasium

from racer.envs.worlds import ScalesActions
from racer.errors import PolicyError
from racer.kinds import kinds
from racer.train.actors import is_model


@dataclass
class TrainedIn:
    """What was found; empty where nothing was.

    Attributes:
        env_id: the environment.
        settings: what its kind of world says of it.
        normalise: the `VecNormalize` between model and environment.
        action_scale: what the environment multiplies actions by.
        algorithm: name of the model's class.
        steps: how long it has learned.
    """

    env_id: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    normalise: Any = None
    action_scale: tuple[float, ...] = ()
    algorithm: str = ""
    steps: int = 0


def trained_in(model: Any) -> TrainedIn:
    """Looks through the wrappers around a model's environment.

    Raises:
        PolicyError: one of them changes observations or actions in a way that no policy holds.
    """
    found = TrainedIn()
    if not is_model(model):
        return found
    found.algorithm = type(model).__name__.lower()
    found.steps = int(model.num_timesteps)
    env = model.get_env()
    if env is None:
        return found
    from stable_baselines3.common.vec_env import (
        DummyVecEnv,
        VecEnvWrapper,
        VecFrameStack,
        VecNormalize,
    )

    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecNormalize):
            found.normalise = env
        elif isinstance(env, VecFrameStack):
            raise PolicyError("the model sees stacked frames; a policy sees one observation.")
        env = env.venv
    _read(_inner(env.envs[0]) if isinstance(env, DummyVecEnv) else env, found)
    return found


def _inner(env: Any) -> Any:
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, (gymnasium.ObservationWrapper, gymnasium.ActionWrapper)) or type(
            env
        ).__name__ in ("FrameStackObservation", "NormalizeObservation", "StickyAction"):
            raise PolicyError(
                f"the wrapper {type(env).__name__} changes what the model sees or does; export it "
                "with the model to ONNX, and adopt that file."
            )
        env = env.env
    return env


def _read(env: Any, found: TrainedIn) -> None:
    for kind in kinds():
        said = kind.load("policy").trained_in(env)
        if said is not None:
            found.env_id, found.settings = said
            if isinstance(env, ScalesActions):
                found.action_scale = env.action_scale
            return
