"""The part that acts, of models that somebody trained without `racer train`.

A run's algorithm says itself what acts (`racer.train.algorithms`). Of another model only its policy
is known; the nearest of its classes that stands in the table decides.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from racer.errors import PolicyError

if TYPE_CHECKING:
    import torch

_PPO = "racer.train.algorithms.ppo:actor"
_SAC = "racer.train.algorithms.sac:actor"
_DQN = "racer.train.algorithms.dqn:actor"
# Class of a policy -> function that gives its acting part, loaded when used; "": has memory.
ACTORS = {
    "stable_baselines3.common.policies:ActorCriticPolicy": _PPO,  # PPO, A2C, TRPO
    "stable_baselines3.sac.policies:SACPolicy": _SAC,
    "stable_baselines3.td3.policies:TD3Policy": "racer.train.actors:td3_actor",  # TD3, DDPG
    "stable_baselines3.dqn.policies:DQNPolicy": _DQN,
    "sb3_contrib.common.maskable.policies:MaskableActorCriticPolicy": _PPO,
    "sb3_contrib.common.recurrent.policies:RecurrentActorCriticPolicy": "",
    "sb3_contrib.crossq.policies:CrossQPolicy": _SAC,
    "sb3_contrib.tqc.policies:TQCPolicy": _SAC,
}


def is_model(model: Any) -> bool:
    """Whether it is a model of Stable-Baselines3; loads nothing."""
    return "stable_baselines3.common.base_class:BaseAlgorithm" in _names(type(model))


def find_actor(model: Any) -> torch.nn.Module:
    """The acting part of a model of Stable-Baselines3, see `Algorithm.actor`.

    Raises:
        PolicyError: its policy is of no class that is known here, or has memory.
    """
    entry = _entry(model.policy)
    if not entry:
        raise PolicyError(
            f"the policy {type(model.policy).__name__} cannot be exported: PPO, A2C, SAC, TD3 and "
            "DQN without memory can; export others to ONNX yourself and adopt that file."
        )
    module, _, function = entry.partition(":")
    actor: torch.nn.Module = getattr(import_module(module), function)(model.policy)
    return actor


def td3_actor(policy: Any) -> torch.nn.Module:
    """The acting part of a `TD3Policy`."""
    import torch

    return torch.nn.Sequential(policy.actor.features_extractor, policy.actor.mu)


def _entry(policy: Any) -> str:
    return next((ACTORS[name] for name in _names(type(policy)) if name in ACTORS), "")


def _names(kind: type) -> list[str]:
    """A class and its bases, nearest first, as "module:class"."""
    return [f"{base.__module__}:{base.__qualname__}" for base in kind.__mro__]
