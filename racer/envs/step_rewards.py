"""Rewards of a step, which a user's function may replace: what all worlds share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.envs.worlds import checked_rewards

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from racer.envs.worlds import RewardFunction, Telemetry


class StepRewards:
    """Gives worlds `rewards_of_step`; they say what is known of a step in `step_telemetry`.

    Attributes:
        reward_fn: replaces the reward; None: there is none.
        rewards: (N,), the reward of the rules.
    """

    num_envs: int
    autoreset: str
    reward_fn: RewardFunction | None
    rewards: NDArray[Any]
    reward_terms: NDArray[Any]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]

    def step_telemetry(self) -> dict[str, NDArray[Any]]:
        """The state after the last step by field, (N,) each; a world that ended shows its last."""
        raise NotImplementedError

    def reward_telemetry(self) -> Telemetry:
        """What a `reward_fn` gets: `step_telemetry`, and what became of the step.

        That is `reward` of the rules, the `reward_terms` (N, T), `terminated` and `truncated`. All
        are live views to be copied if kept; those of the state are read-only.
        """
        return {
            **self.step_telemetry(),
            "reward": self.rewards,
            "reward_terms": self.reward_terms,
            "terminated": self.terminated,
            "truncated": self.truncated,
        }

    def rewards_of_step(self) -> NDArray[Any]:
        """The rewards (N,) of the last step: those of the rules as a live view, or the user's.

        Raises:
            ValueError: the user's function returned something else than N finite numbers.
        """
        if self.reward_fn is None:
            return self.rewards
        return checked_rewards(self.reward_fn(self.reward_telemetry()), self.num_envs)

    def _begun_anew(self) -> NDArray[np.bool_] | None:
        """Worlds (N,) that ended in the last step and show a new episode; None: there is none."""
        ended = self.terminated | self.truncated
        return ended if self.autoreset == "same_step" and ended.any() else None
