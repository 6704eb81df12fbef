"""What algorithms with a replay buffer share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from racer.errors import ConfigError
from racer.formats.settings import Checked
from racer.train.algorithms.base import NUMBER, Algorithm, Job

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

S = TypeVar("S", bound=Checked)


class ReplayAlgorithm(Algorithm[S]):
    """An algorithm that learns from a buffer of past steps, which its checkpoints keep."""

    fixed: tuple[str, ...] = ("net_arch", "activation", "buffer_size")
    fixes_worlds = True  # the buffer has a column for each
    counters: tuple[str, ...] = ("num_timesteps", "_n_updates", "_episode_num")
    size_setting = "buffer_size"
    # Arrays (rows, N, ...) of the buffer; one that is not named here is refused.
    columns: tuple[str, ...] = (
        "observations",
        "next_observations",
        "actions",
        "rewards",
        "dones",
        "timeouts",
    )

    @abstractmethod
    def make_model(self, settings: S, job: Job) -> BaseAlgorithm:
        """A model with fresh weights and an empty buffer."""

    def build(self, settings: S, job: Job) -> BaseAlgorithm:
        """A model whose buffer has no column that a checkpoint would lose.

        Raises:
            ConfigError: it has one.
        """
        model = self.make_model(settings, job)
        buffer = _buffer(model)
        found = {
            name
            for name, value in vars(buffer).items()
            if getattr(value, "shape", ())[:1] == (buffer.buffer_size,)
        }
        if lost := sorted(found - set(self.columns)):
            raise ConfigError(
                f"{type(buffer).__name__}.{lost[0]} would not be saved; name it in the columns of "
                f"{type(self).__name__}."
            )
        return model

    def check(self, settings: S, n_envs: int) -> None:
        """Any number of environments can be used."""

    def buffer_bytes(self, settings: S, n_envs: int, observed: int, acted: int) -> int:
        """Two observations, the action, and three numbers about the step."""
        del n_envs  # they share the rows
        rows: int = settings.buffer_size  # type: ignore[attr-defined]
        return rows * (2 * observed + acted + 3) * NUMBER

    def state(self, model: BaseAlgorithm) -> dict[str, Any]:
        """The steps in the buffer, and where the next one goes."""
        import torch

        buffer = _buffer(model)
        used = buffer.buffer_size if buffer.full else buffer.pos
        return {
            "replay": {
                name: torch.from_numpy(getattr(buffer, name)[:used]) for name in self.columns
            },
            "replay_place": [int(buffer.pos), int(buffer.full)],
        }

    def restore(self, model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
        """Puts the steps back where they were."""
        buffer = _buffer(model)
        place, full = (int(number) for number in state["replay_place"])
        rows = buffer.buffer_size if full else place
        if not 0 <= place <= rows <= buffer.buffer_size:
            raise ValueError("a replay buffer of another size")
        for name in self.columns:
            target, saved = getattr(buffer, name)[:rows], state["replay"][name].numpy()
            if saved.shape != target.shape:
                raise ValueError(f"a shape is {saved.shape} instead of {target.shape}")
            target[:] = saved
        buffer.pos, buffer.full = place, bool(full)


def _buffer(model: Any) -> Any:
    return model.replay_buffer
