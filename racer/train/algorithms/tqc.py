"""Truncated quantile critics: A. Kuznetsov et al., arXiv:2005.04269 (2020); from sb3-contrib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from racer.formats.settings import number_field
from racer.train.algorithms.base import Job
from racer.train.algorithms.sac import Sac, SacConfig

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


@dataclass(frozen=True)
class TqcConfig(SacConfig):
    """Settings of truncated quantile critics: those of soft actor-critic, and two more.

    Attributes:
        n_quantiles: of the distribution of returns that each of the two critics learns.
        top_quantiles_to_drop_per_net: the largest of them, which no target counts.
    """

    n_quantiles: int = number_field(25, 1, 1000)
    top_quantiles_to_drop_per_net: int = number_field(2, 0, 999)


class Tqc(Sac):
    """Soft actor-critic whose critics learn how returns are distributed."""

    settings = TqcConfig
    fixed = (*Sac.fixed, "n_quantiles")

    def make_model(self, settings: SacConfig, job: Job) -> BaseAlgorithm:
        """A model of sb3-contrib."""
        from sb3_contrib import TQC

        assert isinstance(settings, TqcConfig)  # noqa: S101 - for mypy
        keywords = self.keywords(settings, job)
        keywords["policy_kwargs"] |= {"n_quantiles": settings.n_quantiles}
        dropped = settings.top_quantiles_to_drop_per_net
        model: Any = TQC(**keywords, top_quantiles_to_drop_per_net=dropped)
        return model
