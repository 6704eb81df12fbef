"""Ctrl-C while IPOPT works: the solver stops after its present iteration.

CasADi swallows an interrupt that arrives while a function is evaluated, so here the signal only
sets a flag, and a callback of the solver reads it.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from racer.optimal.solver import threads  # noqa: F401  # isort: skip - before casadi
import casadi as ca

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interruptible:
    """Within this context an interrupt sets `asked` instead of raising KeyboardInterrupt."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self.asked and kind is None:
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True


class StopWhenAsked(ca.Callback):
    """Tells IPOPT to stop once an interrupt was asked for.

    Args:
        wish: the context.
        variables: number of variables of the program.
        rows: number of its constraints.
    """

    def __init__(self, wish: Interruptible, variables: int, rows: int) -> None:
        ca.Callback.__init__(self)
        self._wish, self._sizes = wish, {"f": 1, "x": variables, "g": rows}
        self.construct("stop_when_asked", {})

    def get_n_in(self) -> int:
        """As many as a solver gives."""
        return int(ca.nlpsol_n_out())

    def get_n_out(self) -> int:
        """One: whether to stop."""
        return 1

    def get_sparsity_in(self, i: int) -> Any:
        """Of the i-th result of the solver."""
        name = ca.nlpsol_out(i)
        size = self._sizes.get(name.removeprefix("lam_"), 0)
        return ca.Sparsity.dense(size, 1) if size else ca.Sparsity(0, 0)

    def eval(self, arg: Any) -> list[int]:  # noqa: ARG002
        """1 to stop."""
        return [int(self._wish.asked)]
