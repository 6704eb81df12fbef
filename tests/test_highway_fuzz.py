"""Any configuration is refused with a sentence or drives, whatever the actions, finitely."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from racer import _core
from racer.envs.highway.settings import _ACTIONS, _OBSERVATION, PRESETS
from racer.envs.highway.worlds import HighwayWorlds
from racer.errors import ConfigError

WILD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 70), st.floats(), st.text(max_size=3),
    st.lists(st.integers(-2, 2), max_size=3), st.dictionaries(st.text(max_size=3), st.integers()),
)  # fmt: skip
PAIRS = st.tuples(st.floats(-40, 0), st.floats(0.1, 40)).map(list)
SANE: dict[str, Any] = {
    "lanes_count": st.integers(1, 12),
    "vehicles_count": st.integers(0, 60),
    "vehicles_density": st.floats(0.05, 20),
    "ego_spacing": st.floats(0.05, 5),
    "initial_lane_id": st.one_of(st.none(), st.just(0)),
    "simulation_frequency": st.integers(5, 60),
    "policy_frequency": st.integers(1, 5),
    "duration": st.integers(1, 20),
    "reward_speed_range": PAIRS,
    "collision_reward": st.floats(-10, -0.1),
    "right_lane_reward": st.floats(0, 1),
    "high_speed_reward": st.floats(0, 1),
    "normalize_reward": st.booleans(),
    "offroad_terminal": st.booleans(),
    "flatten": st.booleans(),
    "traffic_behind": st.floats(0, 1),
    "traffic_caution": st.booleans(),
    "traffic_recovery": st.booleans(),
    "safety_of_path": st.booleans(),
    "traffic_collisions": st.booleans(),
    "safety_reward": st.floats(-3, 0),
    "stillness_reward": st.floats(-3, 0),
    "safety_time": st.floats(0.1, 10),
    "safety_cone": st.floats(0, 80),
}
ACTIONS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("ContinuousAction")},
        optional={
            "longitudinal": st.booleans(),
            "clip": st.booleans(),
            "acceleration_range": PAIRS,
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("DiscreteMetaAction")},
        optional={"lateral": st.booleans(), "target_speeds": st.just([5, 15, 25, 35])},
    ),
    st.just({"type": "Traffic"}),
)
OBSERVATIONS = st.fixed_dictionaries(
    {"type": st.just("Kinematics")},
    optional={
        "vehicles_count": st.integers(1, 20),
        "features": st.lists(st.sampled_from(_core.highway.FEATURES), min_size=1, max_size=8),
        "absolute": st.booleans(),
        "normalize": st.booleans(),
        "clip": st.booleans(),
        "see_behind": st.booleans(),
        "order": st.sampled_from(["sorted", "shuffled"]),
        "features_range": st.one_of(st.none(), st.just({}), st.just({"x": [-50, 50]})),
    },
)
CONFIGS = st.fixed_dictionaries(
    {}, optional={**SANE, "action": ACTIONS, "observation": OBSERVATIONS}
)
FLOATS = st.one_of(
    st.floats(-1, 1, width=32), st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -0.0])
)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(preset=st.sampled_from(list(PRESETS)), config=CONFIGS, numbers=st.lists(FLOATS, min_size=4))
def test_every_sane_configuration_drives(
    preset: str, config: dict[str, Any], numbers: list[float]
) -> None:
    worlds = HighwayWorlds(2, config, preset, autoreset="same_step", seed=len(numbers))
    for step in range(25):
        if worlds.discrete:
            action: Any = np.full(2, step % int(worlds.action_space.n))  # type: ignore[attr-defined]
        else:
            action = np.resize(np.roll(np.array(numbers, np.float32), step), worlds.actions.shape)
        worlds.step(action)
        assert np.isfinite(worlds.observations).all()
        assert np.isfinite(worlds.rewards).all()
        assert all(worlds.observation_space.contains(row) for row in worlds.observations)
        for name, values in worlds.telemetry.items():
            assert np.isfinite(values).all(), name


@FUZZ
@given(
    preset=st.sampled_from(list(PRESETS)),
    key=st.sampled_from([*PRESETS["highway"], "unknown"]),
    value=WILD,
)
def test_a_wild_setting_is_refused_with_a_sentence_or_drives(
    preset: str, key: str, value: Any
) -> None:
    if key == "threads" and isinstance(value, int) and value > 4:
        return  # so many threads are allowed, and slow here
    assert_refused_or_drives({key: value}, preset)


@FUZZ
@given(
    table=st.sampled_from(["observation", "ContinuousAction", "DiscreteMetaAction"]),
    number=st.integers(0, 20),
    value=st.one_of(
        WILD, st.just([10**400, 0]), st.just({"x": 10**400}), st.dictionaries(st.just("x"), WILD)
    ),
)
def test_a_wild_entry_of_a_table_is_refused_with_a_sentence_or_drives(
    table: str, number: int, value: Any
) -> None:
    known = _OBSERVATION if table == "observation" else _ACTIONS[table]
    key = [*known, "unknown"][number % (len(known) + 1)]
    name = "observation" if table == "observation" else "action"
    assert_refused_or_drives({name: {**known, key: value}}, "highway")


def assert_refused_or_drives(config: dict[str, Any], preset: str) -> None:
    try:
        worlds = HighwayWorlds(1, config, preset, seed=0)
    except ConfigError as problem:
        said = str(problem)
        assert said.endswith((".", "?"))
        assert "\n" not in said
        return
    worlds.step(np.zeros(worlds.actions.shape, worlds.actions.dtype))
    assert np.isfinite(worlds.observations).all()
    assert np.isfinite(worlds.rewards).all()
