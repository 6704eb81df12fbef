"""The peers' own process: `python peer_cases.py CASE SECONDS` under the Python of their venv.

Nothing of Racer is imported but the clock beside this file. Actions are gentle, so that a peer
drives on and seldom pays for a reset; what resets it does need are part of its rate, as ours are.
"""

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Peer(NamedTuple):
    """How a peer is made and what one of its steps is.

    `updates` counts updates of a vehicle's state in one step: substeps times vehicles.
    """

    title: str
    package: str
    make: Callable[[int], Callable[[], object]]
    num_envs: int
    updates: int
    one_step: str


def clock() -> Any:
    """The module `measure`, loaded by its path: here, Racer is not installed."""
    path = Path(__file__).with_name("measure.py")
    spec = importlib.util.spec_from_file_location("measure", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure"] = module
    spec.loader.exec_module(module)
    return module


def gymnasium_stepper(env: Any, action: Any) -> Callable[[], object]:
    """Steps one Gymnasium environment, with resets where it asks for them."""
    env.reset(seed=0)

    def step() -> None:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    return step


def envpool_stepper(name: str, action: Any, num_envs: int, **options: Any) -> Callable[[], object]:
    """Steps an envpool of one thread; it resets by itself."""
    envpool = importlib.import_module("envpool")
    env = envpool.make(
        name, env_type="gymnasium", num_envs=num_envs, num_threads=1, seed=0, **options
    )
    env.reset()
    actions = np.ascontiguousarray(np.repeat(np.asarray(action)[None], num_envs, axis=0))
    return lambda: env.step(actions)


GENTLE = np.array([0.0, 0.02, 0.0], np.float32)  # steering, gas, brake


def car_racing(_: int) -> Callable[[], object]:
    """Gymnasium's own, as users make it."""
    gymnasium = importlib.import_module("gymnasium")
    return gymnasium_stepper(gymnasium.make("CarRacing-v3", max_episode_steps=-1), GENTLE)


def highway(_: int) -> Callable[[], object]:
    """Fifty vehicles, 15 of them seen with 6 features each, five decisions per second."""
    gymnasium = importlib.import_module("gymnasium")
    importlib.import_module("highway_env")
    features = ["presence", "x", "y", "vx", "vy", "heading"]
    config = {
        "observation": {"type": "Kinematics", "vehicles_count": 15, "features": features},
        "vehicles_count": 50,
        "simulation_frequency": 15,
        "policy_frequency": 5,
        "duration": 1000,
    }
    return gymnasium_stepper(gymnasium.make("highway-v0", config=config), 1)


def pool_car_racing(num_envs: int) -> Callable[[], object]:
    """The same in C++."""
    return envpool_stepper("CarRacing-v3", GENTLE, num_envs)


def pool_racetrack(num_envs: int) -> Callable[[], object]:
    """A racetrack and one other vehicle; steering only."""
    return envpool_stepper("Racetrack-v0", np.zeros(1, np.float32), num_envs)


def pool_highway(num_envs: int) -> Callable[[], object]:
    """The traffic of `highway` in C++; action 1 keeps lane and speed."""
    return envpool_stepper(
        "Highway-v0",
        np.int32(1),
        num_envs,
        vehicles_count=50,
        policy_frequency=5,
        duration=1000,
        max_episode_steps=5000,
    )


WARM_UP = 20  # steps; the first ones load what the later ones use
PICTURE = "1/50 s, one car, a picture of 96 x 96"
GRID = "1/5 s in 3 substeps, 2 vehicles, a grid of 2 x 12 x 12"
TRAFFIC = "1/5 s in 3 substeps, 50 vehicles, no continuous action, {} numbers"
CASES = {
    "car-racing": Peer("gymnasium CarRacing-v3", "gymnasium", car_racing, 1, 1, PICTURE),
    "highway": Peer("highway-env highway-v0", "highway-env", highway, 1, 150, TRAFFIC.format(90)),
}
for _envs in (1, 64):
    CASES |= {
        f"pool-car-racing-{_envs}": Peer(
            "envpool CarRacing-v3", "envpool", pool_car_racing, _envs, 1, PICTURE
        ),
        f"pool-racetrack-{_envs}": Peer(
            "envpool Racetrack-v0", "envpool", pool_racetrack, _envs, 6, GRID
        ),
        f"pool-highway-{_envs}": Peer(
            "envpool Highway-v0", "envpool", pool_highway, _envs, 150, TRAFFIC.format(25)
        ),
    }


def main() -> None:
    """Measures one peer and prints its row as JSON."""
    peer = CASES[sys.argv[1]]
    measure = clock()
    step = peer.make(peer.num_envs)
    for _ in range(WARM_UP):
        step()
    case = measure.steps_case(
        "peers",
        peer.title,
        measure.rate(step, float(sys.argv[2])),
        num_envs=peer.num_envs,
        threads=1,
        ticks_per_action=peer.updates,
    )
    row = case.as_json()
    row["note"] = f"{peer.one_step}; {peer.package} {metadata.version(peer.package)}"
    print(json.dumps(row))


if __name__ == "__main__":
    main()
