"""The names of our environments in Gymnasium.

`import racer` registers them, and so does `import gymnasium` alone: it calls `register` by the
entry point of the group `gymnasium.envs`, so that workers in other processes, which import nothing
of ours, know the names as well. This module imports nothing at its top, because Gymnasium may be in
the middle of its own import when it calls.
"""

from __future__ import annotations

CIRCUIT = (
    "racer/Circuit-v0",
    "racer.envs.circuit.env:RacerEnv",
    "racer.envs.vector:RacerVectorEnv",
)
HIGHWAYS = {
    "racer/Highway-v0": "highway",
    "racer/HighwayFast-v0": "fast",
    "racer/HighwayRisk-v0": "risk",
}


def register() -> None:
    """Registers what is not registered yet; the environments are imported when one is made."""
    from gymnasium.envs import registration

    name, entry_point, vector_entry_point = CIRCUIT
    rows: dict[str, tuple[str, str, dict[str, str]]] = {name: (entry_point, vector_entry_point, {})}
    for name, preset in HIGHWAYS.items():
        views = ("racer.envs.highway.env:HighwayEnv", "racer.envs.vector:HighwayVectorEnv")
        rows[name] = (*views, {"preset": preset})
    for name, (entry_point, vector_entry_point, kwargs) in rows.items():
        if name not in registration.registry:
            registration.register(
                id=name,
                entry_point=entry_point,
                vector_entry_point=vector_entry_point,
                disable_env_checker=True,  # our tests run the whole checker instead
                kwargs=kwargs,
            )
