"""Gymnasium's vector environment of the highway, directly over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from racer.envs.highway_config import HighwayConfigLike
from racer.envs.highway_worlds import HighwayWorlds, step_infos
from racer.envs.worlds import listed_seeds, world_seeds
from racer.errors import ConfigError

Array = NDArray[np.float32]
_MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


class HighwayVectorEnv(VectorEnv[Array, NDArray[Any], NDArray[Any]]):
    """N highway worlds; world i is, bit for bit, the `HighwayEnv` that it would be alone.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them; keys as in `HighwayEnv`. Under
    SAME_STEP the last observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        num_envs: number of worlds N.
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        autoreset_mode: Gymnasium's mode; None: the config's `autoreset`, NEXT_STEP unless set.
        copy: False hands out the live array of observations, overwritten by the next call.
        render_mode: None; pictures come with the viewer.
        seed: of the random streams until `reset` gets one; None: a random one.
        settings: keys that win over those of `config`.

    Raises:
        ConfigError: a setting cannot be used.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": [],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        config: HighwayConfigLike = None,
        *,
        preset: str = "highway",
        autoreset_mode: AutoresetMode | str | None = None,
        copy: bool = True,
        render_mode: None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        if render_mode is not None:
            raise ConfigError(f"render_mode is {render_mode!r}, but there are no pictures yet.")
        if autoreset_mode is not None:
            settings["autoreset"] = str(getattr(autoreset_mode, "name", autoreset_mode)).lower()
        self.render_mode = None
        worlds = HighwayWorlds(num_envs, config, preset, settings, seed=seed)
        self.worlds = worlds
        self.config = worlds.settings.values
        self.num_envs = num_envs
        self.copy = copy
        self.single_observation_space = worlds.observation_space
        self.single_action_space = worlds.action_space
        self.observation_space = batch_space(worlds.observation_space, num_envs)
        self.action_space = batch_space(worlds.action_space, num_envs)
        self.autoreset_mode = _MODES[self.config["autoreset"]]
        self.metadata = {**HighwayVectorEnv.metadata, "autoreset_mode": self.autoreset_mode}
        self._over = np.zeros(num_envs, np.bool_)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Array, dict[str, Any]]:
        """Starts new episodes.

        Args:
            seed: one for all (each world gets its own, split from it), or one per world.
            options: `reset_mask` bool (N,) chooses worlds.

        Returns:
            observations float32 of all worlds, infos of those that were reset.

        Raises:
            ConfigError: a seed or an option cannot be used.
        """
        n = self.num_envs
        rest = dict(options or {})
        mask = rest.pop("reset_mask", None)
        if mask is not None:
            right = isinstance(mask, np.ndarray) and mask.shape == (n,) and mask.dtype == np.bool_
            if not right or not mask.any():
                raise ConfigError(
                    f"the reset option reset_mask must be a bool array of shape ({n},) that is "
                    f"true somewhere, got {mask!r}."
                )
        chosen = np.ones(n, np.bool_) if mask is None else mask
        if seed is None:
            self.worlds.reset(chosen, None, rest)
        elif isinstance(seed, Sequence | np.ndarray):
            if len(seed) != n:
                raise ConfigError(f"there must be one seed per world, {n}, got {len(seed)}.")
            seeded, seeds = listed_seeds(seed)
            for some, values in ((chosen & seeded, seeds), (chosen & ~seeded, None)):
                if some.any():
                    self.worlds.reset(some, values, rest)
        else:
            self.worlds.reset(chosen, world_seeds(seed, n), rest)
            super().reset(seed=int(seed))
        self._over[chosen] = False
        return self._observations(), _masked(step_infos(self.worlds.outcomes), chosen)

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Array, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Drives every world for one policy step.

        Args:
            actions: (N, A) float, NaN counts as zero; or (N,) numbers of meta-actions.

        Returns:
            observations float32, rewards (N,) float64, terminated and truncated bool (N,), infos.

        Raises:
            ResetNeeded: autoreset is disabled, and a world that ended was not reset.
        """
        worlds = self.worlds
        mode = self.autoreset_mode
        if mode is AutoresetMode.DISABLED and self._over.any():
            raise gymnasium.error.ResetNeeded(
                f"world {int(self._over.argmax())} is over: reset it, with the option reset_mask."
            )
        worlds.step(actions)
        over = worlds.terminated | worlds.truncated
        everyone = np.ones(self.num_envs, np.bool_)
        infos = _masked(step_infos(worlds.outcomes), everyone)
        if mode is AutoresetMode.SAME_STEP and over.any():
            infos |= self._final(over)
        driven = ~(over if mode is AutoresetMode.SAME_STEP else self._over)
        if driven.any():
            infos |= self._terms(driven)
        self._over = over
        return (
            self._observations(),
            worlds.rewards.copy(),
            worlds.terminated.copy(),
            worlds.truncated.copy(),
            infos,
        )

    def _observations(self) -> Array:
        observations: Array = self.worlds.observations
        return observations.copy() if self.copy else observations

    def _terms(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        worlds = self.worlds
        infos: dict[str, Any] = {}
        for key, names, values in (
            ("rewards", worlds.base_names, worlds.base_terms),
            ("reward_terms", worlds.term_names, worlds.reward_terms),
        ):
            infos[key] = _masked(dict(zip(names, values.T, strict=True)), mask)
            infos[f"_{key}"] = mask
        return infos

    def _final(self, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """`final_obs` and `final_info` of the worlds that ended."""
        observations = np.full(self.num_envs, None, object)
        for world in np.flatnonzero(ended):
            observations[world] = self.worlds.final_observations[world].copy()
        info = _masked(step_infos(self.worlds.final_outcomes), ended) | self._terms(ended)
        return {
            "final_obs": observations,
            "_final_obs": ended.copy(),
            "final_info": info,
            "_final_info": ended.copy(),
        }


def _masked(columns: dict[str, NDArray[Any]], mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns (N,) with their masks, zero where the mask is false."""
    infos: dict[str, Any] = {}
    for key, values in columns.items():
        infos[key] = np.where(mask, values, values.dtype.type(0))
        infos[f"_{key}"] = mask.copy()
    return infos
