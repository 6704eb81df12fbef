"""Truncated quantile critics: A. Kuznetsov et al., arXiv:2005.04269 (2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from racer.errors import ConfigError
from racer.formats.settings import number_field
from racer.train.algorithms.base import CONTINUOUS, Job
from racer.train.algorithms.replay import ReplayAlgorithm
from racer.train.algorithms.sac import Sac, SacConfig
from racer.train.algorithms.space import OneOf, Space

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


@dataclass(frozen=True)
class TqcConfig(SacConfig):
    """Settings of TQC: those of soft actor-critic, and of its critics' quantiles.

    Attributes:
        n_quantiles: numbers with which each critic describes what will be earned.
        drop_quantiles: how many of the highest ones per critic a target leaves out, against
            overestimation.
    """

    n_quantiles: int = number_field(25, 1, 1000)
    drop_quantiles: int = number_field(2, 0, 999)


class Tqc(Sac):
    """Soft actor-critic whose critics learn a distribution."""

    settings = TqcConfig
    actions = (CONTINUOUS,)
    fixed = (*ReplayAlgorithm.fixed, "n_quantiles")
    space: ClassVar[Space] = {**Sac.space, "drop_quantiles": OneOf((0, 1, 2, 5))}

    def check(self, settings: SacConfig, n_envs: int) -> None:
        """Some quantiles must be left, and sb3-contrib installed."""
        super().check(settings, n_envs)
        own = _own(settings)
        if own.drop_quantiles >= own.n_quantiles:
            raise ConfigError(
                f"drop_quantiles is {own.drop_quantiles}, but it must be less than n_quantiles, "
                f"which is {own.n_quantiles}."
            )
        _contrib()

    def make_model(self, settings: SacConfig, job: Job) -> BaseAlgorithm:
        """A model of sb3-contrib, or of the class with the faster update."""
        own = _own(settings)
        keywords = self.keywords(settings, job)
        keywords["policy_kwargs"]["n_quantiles"] = own.n_quantiles
        keywords["top_quantiles_to_drop_per_net"] = own.drop_quantiles
        if not settings.fast:
            model: BaseAlgorithm = _contrib().TQC(**keywords)
            return model
        _contrib()
        from racer.train.algorithms.fast.tqc import FastTQC

        fast = FastTQC(**keywords)
        fast.actor_every = settings.actor_every
        return fast


def _own(settings: SacConfig) -> TqcConfig:
    assert isinstance(settings, TqcConfig)  # noqa: S101 - for mypy; the registry pairs them
    return settings


def _contrib() -> Any:
    """The package sb3_contrib.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import sb3_contrib
    except ModuleNotFoundError as error:
        if error.name != "sb3_contrib":
            raise
        raise ConfigError(
            'tqc needs the package sb3-contrib, which is not installed: pip install "sb3-contrib".'
        ) from None
    return sb3_contrib
