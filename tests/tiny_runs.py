"""Runs of a few updates that learn nothing, of every algorithm that the registry names."""

from typing import Any

from racer.kinds import DEFAULT_ID, kind_of
from racer.train.algorithms import ALGORITHMS, load_algorithm
from racer.train.algorithms.base import CONTINUOUS
from racer.train.algorithms.replay import ReplayAlgorithm
from racer.train.config import TrainConfig, list_presets, load_preset, load_train_config

FEW = {
    "net_arch": [16],
    "batch_size": 32,
    "n_epochs": 2,
    "learning_starts": 50,
    "gradient_steps": 1,
}
PRESETS = {name: load_preset(name) for name in list_presets()}
# Preset -> what it trains, and in which kind of world.
TRAINED = {
    name: (content["algo"], kind_of(content.get("env_id", DEFAULT_ID)).name)
    for name, content in PRESETS.items()
    if "algo" in content  # that of `racer finetune` takes it from the policy
}


def first_world(algo: str) -> str:
    """Where an algorithm is tried that has no preset."""
    return "circuit" if CONTINUOUS in load_algorithm(algo).actions else "highway"


# Every algorithm with every kind of world that it has a preset for, or else with one.
PAIRS = sorted(
    {*TRAINED.values()}
    | {
        (algo, first_world(algo))
        for algo in ALGORITHMS
        if algo not in [trained for trained, _ in TRAINED.values()]
    }
)


def trained_in(world: str) -> list[str]:
    """The algorithms that are tried in a kind of world."""
    return [algo for algo in ALGORITHMS if (algo, world) in PAIRS]


def few_updates(algo: str) -> dict[str, Any]:
    """Settings of an algorithm for quick updates: those of `FEW` that it has, a small buffer."""
    algorithm = load_algorithm(algo)
    rows = 2000 if isinstance(algorithm, ReplayAlgorithm) else 8
    wanted = {**FEW, algorithm.size_setting: rows}
    known = algorithm.settings.__dataclass_fields__
    return {name: value for name, value in wanted.items() if name in known}


def tiny_run(algo: str, world: str, **changes: Any) -> TrainConfig:
    """A run in a kind of world by a preset of it, with quick updates.

    Args:
        algo: the algorithm; without a preset for these worlds it takes another one's.
        world: name of the kind.
        changes: fields that win; tables change the named keys only.
    """
    if (algo, world) not in PAIRS:
        raise ValueError(f"{algo} is not tried in {world}")
    own = [name for name, trained in TRAINED.items() if trained == (algo, world)]
    own.sort(key=lambda name: name != algo)  # others may train on hundreds of circuits
    actions = {*load_algorithm(algo).actions}
    others = [
        name
        for name, (other, kind) in TRAINED.items()
        if kind == world and {*load_algorithm(other).actions} <= actions
    ]
    content = load_preset((own or others)[0])
    settings = content.pop(content["algo"], {}) if own else {}
    content |= {"algo": algo, algo: {**settings, **few_updates(algo)}}
    return load_train_config(content, "tiny", **changes)
