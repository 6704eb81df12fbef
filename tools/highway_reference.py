"""Records episodes of the real highway-env package, for `highway_parity` to compare with.

Runs alone in an environment of its own, which needs `highway-env` and not Racer:

    python tools/highway_reference.py plan.json episodes.npz

The plan is a list of `{"name", "id", "config", "episodes", "seed", "steps"}`. The file holds, for
each entry, the state after the resets, the actions, and what every step led to; observations as
HighwayEnv computes them, in double precision, before it rounds them to float32.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

STATE = ("x", "y", "heading", "speed", "lane", "target_lane", "crashed")
START = (*STATE, "acceleration", "target_speed", "exponent", "timer")


def state_of(vehicle: Any, names: tuple[str, ...]) -> list[float]:
    """A vehicle's numbers under our names."""
    lane = vehicle.lane_index[2]
    target = getattr(vehicle, "target_lane_index", None)
    numbers = {
        "x": vehicle.position[0],
        "y": vehicle.position[1],
        "heading": vehicle.heading,
        "speed": vehicle.speed,
        "lane": lane,
        "target_lane": lane if target is None else target[2],
        "crashed": vehicle.crashed,
        "acceleration": vehicle.action["acceleration"],
        "target_speed": getattr(vehicle, "target_speed", 0.0),
        "exponent": getattr(vehicle, "DELTA", 4.0),
        "timer": getattr(vehicle, "timer", 0.0),
    }
    return [float(numbers[name]) for name in names]


def choose(env: Any, rng: np.random.Generator, style: int) -> Any:
    """An action: at random, or such that the ego vehicle stays among the traffic for a while."""
    if env.action_space.dtype.kind == "i":
        weights = np.array([[1, 1, 1, 1, 1], [1, 3, 1, 6, 1], [2, 1, 2, 3, 1]][style % 3], float)
        count = env.action_space.n
        return int(rng.choice(count, p=weights[:count] / weights[:count].sum()))
    action = rng.uniform(-1.2, 1.2, env.action_space.shape).astype(np.float32)
    if style % 3 == 0 or action.size < 2:
        return action
    ego = env.vehicle
    lane = 4.0 * (rng.integers(env.config["lanes_count"]) if rng.random() < 0.1 else 0)
    lane = lane or 4.0 * ego.lane_index[2]
    wanted = np.clip(0.03 * (lane - ego.position[1]), -0.15, 0.15)
    action[1] = 0.5 * (wanted - ego.heading) + 0.02 * action[1]
    action[0] = 0.3 * action[0] + (0.2 if style % 3 == 1 else 0.0)
    return action


def record(entry: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Plays the episodes of one entry of the plan."""
    import gymnasium

    env: Any = gymnasium.make(entry["id"], config=entry["config"]).unwrapped
    count, axes = env.observation_space.shape
    wide = gymnasium.spaces.Box(-np.inf, np.inf, (count, axes), np.float64)
    rows: dict[str, list[Any]] = {
        name: []
        for name in ("start", "length", "first", "actions", "states", "rewards", "terminated")
    }
    rows |= {"truncated": [], "observations": []}
    for episode in range(entry["episodes"]):
        seed = entry["seed"] + episode
        rng = np.random.default_rng(seed)
        env.reset(seed=seed)
        env.observation_type.space = lambda: wide  # the type that it rounds to
        rows["first"].append(env.observation_type.observe()[:count])
        rows["start"].append([state_of(v, START) for v in env.road.vehicles])
        before = len(rows["rewards"])
        for _ in range(entry["steps"]):
            action = choose(env, rng, episode)
            observation, reward, terminated, truncated, _ = env.step(action)
            rows["actions"].append(action)
            rows["states"].append([state_of(v, STATE) for v in env.road.vehicles])
            rows["rewards"].append(float(reward))
            rows["terminated"].append(bool(terminated))
            rows["truncated"].append(bool(truncated))
            rows["observations"].append(observation[:count])  # 1 row makes it show everybody
            if terminated or truncated:
                break
        rows["length"].append(len(rows["rewards"]) - before)
    return {name: np.array(values) for name, values in rows.items()}


def main() -> int:
    """Plays the plan; returns the exit code."""
    import highway_env  # type: ignore[import-not-found]

    plan_path, out_path = sys.argv[1:3]
    with open(plan_path, encoding="utf-8") as file:  # noqa: PTH123  the script stands alone
        plan = json.load(file)
    arrays: dict[str, Any] = {"version": np.array(highway_env.__version__)}
    for number, entry in enumerate(plan):
        for name, values in record(entry).items():
            arrays[f"{number}/{name}"] = values
        print(f"{entry['name']}: {entry['episodes']} episodes", flush=True)
    arrays["plan"] = np.array(json.dumps(plan))
    np.savez_compressed(out_path, **arrays)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
