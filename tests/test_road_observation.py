"""The `road` observation: what it says follows from the circuit and the car, on any circuit."""

import numpy as np
import pytest

from racer import _core
from racer.envs.sb3 import RacerVecEnv
from racer.tracks import load_track

ROWS = {row["name"]: row for row in _core.circuit.observation_layout("road")}
AHEAD = np.array(_core.circuit.EDGE_AHEAD_METRES)


def part(observation: np.ndarray, name: str) -> np.ndarray:
    """A field of observations (N, D) in its own unit; clipped numbers stay clipped."""
    row = ROWS[name]
    return observation[:, row["offset"] : row["offset"] + row["size"]] / row["scale"]


@pytest.mark.parametrize("name", ["harbour", "viaduct", "random:3-roadcourse"])
def test_edges_and_bends_are_those_of_the_circuit(name: str) -> None:
    track = load_track(name)
    env = RacerVecEnv(32, name, observation="road", action="axis", seed=4)
    env.reset()
    rng = np.random.default_rng(1)
    for _ in range(90):
        observation, *_ = env.step(rng.uniform(-0.3, 1.0, (32, 2)).astype(np.float32))
    telemetry = {key: np.array(value) for key, value in env.worlds.telemetry.items()}
    stations, count = track.stations, len(track.stations)
    place = telemetry["s"] / track.spacing
    first = np.floor(place).astype(int)
    share = (place - first)[:, None]

    def ahead(field: str, metres: np.ndarray) -> np.ndarray:
        index = first[:, None] + metres
        column = stations[field]
        return column[index % count] * (1 - share) + column[(index + 1) % count] * share

    cos, sin = telemetry["cos_yaw"][:, None], telemetry["sin_yaw"][:, None]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        width = ahead(f"width_{side}", AHEAD) * sign
        dx = ahead("x", AHEAD) - width * ahead("tangent_y", AHEAD) - telemetry["x"][:, None]
        dy = ahead("y", AHEAD) + width * ahead("tangent_x", AHEAD) - telemetry["y"][:, None]
        wanted = {"x": (dx * cos + dy * sin) / AHEAD, "y": (dy * cos - dx * sin) / AHEAD}
        for axis, value in wanted.items():
            got = part(observation, f"road_{side}_{axis}")
            np.testing.assert_allclose(got, np.clip(value, -2.0, 2.0), atol=2e-4)
        here = ahead(f"width_{side}", np.array([0]))[:, 0] - sign * telemetry["n"]
        np.testing.assert_allclose(
            part(observation, f"edge_{side}")[:, 0], np.clip(here, -10.0, 10.0), atol=1e-5
        )
    bend = ahead("curvature", AHEAD)
    np.testing.assert_allclose(
        part(observation, "road_bend"), bend / (np.abs(bend) + 1.0 / 40.0), atol=1e-4
    )
    speed = np.hypot(telemetry["v_x"], telemetry["v_y"])
    np.testing.assert_allclose(part(observation, "speed")[:, 0], speed, rtol=1e-5)


def test_it_tells_a_hairpin_from_a_tighter_one_and_sees_the_braking_distance() -> None:
    assert AHEAD.max() > 400.0
    assert ROWS["road_bend"]["high"] == 1.0
    radius = np.array([6.0, 12.0, 400.0])
    bend = 1.0 / radius / (1.0 / radius + 1.0 / 40.0)
    assert np.min(-np.diff(bend)) > 0.1


def test_it_knows_neither_the_lap_nor_the_circuit() -> None:
    """On the same road at another place of the lap it says the same."""
    names = set(ROWS)
    assert not names & {"progress", "rays", "lateral_offset"}
    assert sum(row["size"] for row in ROWS.values()) == 133
