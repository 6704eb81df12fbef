"""Copies of environments: exact, and independent from then on.

`copy.deepcopy(env)`, `copy.copy(env)` and pickling give an environment in the same state to the
last bit: worlds, random streams, counters of the episode, outputs of the last step. From the same
actions both get the same results. Tracks, which never change, and functions are shared. A copy
draws no window: `render_mode` "human" becomes None.

Arrays that look into the engine's memory are not copied but made anew: a class names them in
`_rebuilt` and makes them in `_attach`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self


class Copied:
    """Copies itself without the attributes that `_attach` makes anew."""

    _rebuilt: ClassVar[tuple[str, ...]] = ()

    def _attach(self) -> None:
        """Makes the attributes named in `_rebuilt`."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self._rebuilt}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if state.get("render_mode") == "human":
            vars(self)["render_mode"] = None
        self._attach()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)
