"""The names of our environments in Gymnasium.

`import racer` registers them, and so does `import gymnasium` alone: it calls `register` by the
entry point of the group `gymnasium.envs`, so that workers in other processes, which import nothing
of ours, know the names as well. This module imports nothing at its top, because Gymnasium may be in
the middle of its own import when it calls.
"""

from __future__ import annotations


def register() -> None:
    """Registers the kinds that come with Racer; environments are imported when one is made."""
    from racer import kinds

    for kind in (kinds.CIRCUIT, kinds.HIGHWAY):
        kinds.register(kind)
