"""What an algorithm says about itself; the rest of the training asks nothing else.

Settings are read before torch is: a module of an algorithm imports Stable-Baselines3 inside the
functions that need it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from racer.errors import ConfigError
from racer.formats.settings import Checked

if TYPE_CHECKING:
    import torch
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecNormalize

    from racer.train.algorithms.space import Space

ACTIVATIONS = ("tanh", "relu")
CONTINUOUS, DISCRETE = "continuous", "discrete"
NUMBER = 4  # bytes of a float32


class AlgorithmSettings(Protocol):
    """What the settings of every algorithm have."""

    @property
    def learning_rate(self) -> float:
        """At the beginning of the run."""

    @property
    def final_learning_rate(self) -> float:
        """At its end."""

    @property
    def batch_size(self) -> int:
        """Steps per gradient step."""

    @property
    def gamma(self) -> float:
        """Discount per step."""

    @property
    def net_arch(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""

    @property
    def activation(self) -> str:
        """Of the hidden layers, one of `ACTIVATIONS`."""


S = TypeVar("S", bound=Checked)


@dataclass(frozen=True)
class Job:
    """What a model is built for.

    Attributes:
        env: the worlds, normalised.
        done: gives the share of the run that is done, 0 to 1, by steps or by time.
        seed: of everything random.
        network: what the task adds to the keywords of the network.
    """

    env: VecNormalize
    done: Callable[[], float]
    seed: int
    network: Mapping[str, Any]


class Algorithm(ABC, Generic[S]):
    """How a model of Stable-Baselines3 is built, scheduled, saved and exported.

    It has no state: what changes lives in the model. `racer.train.algorithms.load_algorithm`
    refuses a class that leaves one of these out.
    """

    @property
    @abstractmethod
    def settings(self) -> type[S]:
        """The class of its settings, a `Checked` dataclass that is an `AlgorithmSettings`."""

    @property
    @abstractmethod
    def actions(self) -> tuple[str, ...]:
        """Kinds of actions it can learn: `CONTINUOUS`, `DISCRETE`."""

    @property
    @abstractmethod
    def fixed(self) -> tuple[str, ...]:
        """Settings that a checkpoint depends on; they cannot be edited in a run."""

    @property
    @abstractmethod
    def fixes_worlds(self) -> bool:
        """Whether a checkpoint depends on the number of environments, too."""

    @property
    @abstractmethod
    def counters(self) -> tuple[str, ...]:
        """Whole numbers of the model that a checkpoint keeps, by attribute."""

    @property
    @abstractmethod
    def size_setting(self) -> str:
        """The setting that decides how large its buffer is, for messages."""

    @property
    @abstractmethod
    def networks(self) -> int:
        """How many networks it has, for the estimate of memory."""

    @abstractmethod
    def check(self, settings: S, n_envs: int) -> None:
        """Raises ConfigError if the settings cannot be used with so many environments."""

    @abstractmethod
    def buffer_bytes(self, settings: S, n_envs: int, observed: int, acted: int) -> int:
        """About what its buffer of steps takes [bytes].

        Args:
            settings: of the algorithm.
            n_envs: environments stepped at once.
            observed: numbers of an observation.
            acted: numbers of an action.
        """

    @abstractmethod
    def build(self, settings: S, job: Job) -> BaseAlgorithm:
        """A model with fresh weights; its schedules follow `job.done`."""

    @abstractmethod
    def advance(self, model: BaseAlgorithm, settings: S, done: float) -> None:
        """Called between two updates: sets what follows a schedule that the model has not.

        A resumed run comes through here before its first update, so nothing of it is saved.
        """

    @abstractmethod
    def state(self, model: BaseAlgorithm) -> dict[str, Any]:
        """What a checkpoint keeps beside the parameters, optimisers and counters of the model.

        Optimisers and networks belong to the model's `get_parameters()`; see
        `_get_torch_save_params` of Stable-Baselines3. The names must be free in a checkpoint, and
        the values tensors, numbers, texts, and dicts and lists of them.
        """

    @abstractmethod
    def restore(self, model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
        """Puts back what `state` gave.

        Raises:
            ValueError, KeyError: it is not of such a model.
        """

    @abstractmethod
    def actor(self, model: BaseAlgorithm) -> torch.nn.Module:
        """The part that acts: normalised observations to deterministic actions.

        Continuous actions come as the network has them (squashed ones from -1 to 1), discrete
        ones as a value for each.
        """

    @property
    def library_defaults(self) -> Mapping[str, Any]:
        """Settings whose defaults are others in Stable-Baselines3; none if it has no such class."""
        return {}

    @property
    def space(self) -> Space:
        """Settings that `racer tune` varies, and where; none unless the algorithm says so."""
        return {}

    def started(self, model: BaseAlgorithm, settings: S) -> None:
        """Called once, after a new run's model got the weights of another."""

    def fitted(self, settings: S, n_envs: int) -> S:
        """The settings as they suit a number of environments that somebody chose by a flag."""
        del n_envs
        return settings


def learning_rate(settings: AlgorithmSettings, job: Job) -> Callable[[float], float]:
    """Linear from the first to the last; Stable-Baselines3's own progress is not used.

    It knows steps only, and not those before a resume.
    """
    return linear(settings.learning_rate, settings.final_learning_rate, job)


def linear(first: float, last: float, job: Job, share: float = 1.0) -> Callable[[float], float]:
    """A schedule that is at its end when that share of the run is done."""

    def value(_: float) -> float:
        return first + min(job.done() / max(share, 1e-9), 1.0) * (last - first)

    return value


def common_keywords(settings: AlgorithmSettings, job: Job) -> dict[str, Any]:
    """Keywords for a model of Stable-Baselines3 that all algorithms share."""
    import torch

    activations = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    return {
        "learning_rate": learning_rate(settings, job),
        "seed": job.seed,
        "device": "cpu",
        "batch_size": settings.batch_size,
        "gamma": settings.gamma,
        "policy_kwargs": {
            **job.network,
            "net_arch": list(settings.net_arch),
            "activation_fn": activations[settings.activation],
        },
    }


def check_declared(model: BaseAlgorithm) -> None:
    """Checks that no optimiser of a model would be lost with a resume.

    Raises:
        ConfigError: one is not among its parameters.
    """
    import torch

    kept = model.get_parameters()
    for name, value in vars(model).items():
        if isinstance(value, torch.optim.Optimizer) and name not in kept:
            raise ConfigError(
                f"{type(model).__name__}.{name} would not be saved; name it in the model's "
                "_get_torch_save_params."
            )
