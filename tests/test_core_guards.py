"""No use of the engine's classes ends the process: half-made objects, wild arguments, copies."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251  our own objects, in memory
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from racer import _core
from racer.tracks import load_track

KINDS = (_core.circuit, _core.highway)
CLASSES = [value for kind in KINDS for value in vars(kind).values() if isinstance(value, type)]

HALF_MADE = """
import inspect, json
import numpy as np
from racer import _core

tried, wrong = 0, []
SPECIAL = ("__repr__", "__copy__", "__deepcopy__", "__getstate__", "__reduce__", "__reduce_ex__")
classes = [value for kind in (_core.circuit, _core.highway) for value in vars(kind).values()
           if isinstance(value, type)]
for cls in classes:
    class Sub(cls):
        def __init__(self):
            pass

    try:
        Sub()
        wrong.append(f"{cls}: a subclass that never calls __init__ is made")
    except TypeError:
        pass
    for name, member in vars(cls).items():
        if name.startswith("_") and name not in SPECIAL:
            continue
        half = cls.__new__(cls)
        uses = [lambda: getattr(half, name)]
        if isinstance(member, property):
            if member.fset is not None:
                uses.append(lambda: member.fset(half, getattr(cls(), name)))
        else:
            actions = np.zeros((1, 1, 3), np.float32)
            for arguments in ((), (0,), (None,), ({},), (actions,), (0, 0, 0.0)):
                uses.append(lambda a=arguments: getattr(cls, name)(half, *a))
            uses.pop(0)
        for use in uses:
            tried += 1
            try:
                use()
            except TypeError:
                continue
            wrong.append(f"{cls}.{name}")
half = _core.Track.__new__(_core.Track)
rules = _core.BatchConfig.__new__(_core.BatchConfig)
road = _core.HighwayConfig.__new__(_core.HighwayConfig)
for use in (
    lambda: _core.Batch([half], 1),
    lambda: _core.Batch([], 1, config=rules),
    lambda: _core.HighwayBatch(1, road),
    lambda: repr(half),
    lambda: _core.Batch.__init__(_core.Batch.__new__(_core.Batch), [half], 1),
):
    tried += 1
    try:
        use()
        wrong.append("an argument")
    except TypeError:
        pass
print(json.dumps([tried, wrong]))
"""

PEAK = """
def peak():  # [kB] of this process alone; getrusage remembers what it was forked from
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""
WILD = (
    PEAK
    + """
import sys
import numpy as np
from racer import _core
from racer.tracks import load_track

track = load_track("harbour")
random = np.random.default_rng(int(sys.argv[1]))
WILD = [
    None, True, -1, 0, 1, 2, 7, 2**31 - 1, -(2**31), 2**31, 2**63, 10**9, 10**30, 0.5,
    float("nan"), float("inf"), -float("inf"), 1e308, "", "gt", "kart", "axis", "lidar",
    "\\ud800", "x" * 10000, b"x", [], [0], [10**9], [[0]], {}, (),
    np.zeros(0), np.zeros((3, 0, 2)), np.full(5, np.nan),
    np.arange(4, dtype=np.int32), [track], [track] * 3, track, object(), _core.BatchConfig(),
    _core.HighwayConfig(), "same_step", "next_step", "track", "pedals", ("x", "y"), (0.0, 1.0),
]
some = lambda: WILD[random.integers(len(WILD))]
before = peak()
batch = _core.Batch([track], 2)
road = _core.HighwayBatch(2)
calls = 0
for number in range(3000):
    kind = number % 6
    try:
        if kind == 0:
            keys = ("world_tracks", "cars_per_world", "vehicle", "action", "observation",
                    "ticks_per_action", "autoreset", "seed", "config")
            chosen = [k for k in keys if random.random() < 0.2]
            _core.Batch([track] if random.random() < 0.8 else some(), some(),
                        **{k: some() for k in chosen})
        elif kind == 1:
            keys = ("autoreset", "seed", "config")
            _core.HighwayBatch(some(), **{k: some() for k in keys if random.random() < 0.3})
        elif kind == 2:
            line = track.centre_line
            columns = [line[:, i] if random.random() < 0.7 else some() for i in range(4)]
            keys = ("name", "runoff", "start_offset", "reverse")
            _core.Track(*columns, **{k: some() for k in keys if random.random() < 0.3})
        elif kind == 3:
            config = _core.BatchConfig() if random.random() < 0.5 else _core.HighwayConfig()
            names = [n for n, m in vars(type(config)).items() if isinstance(m, property)]
            for name in random.choice(names, 5):
                try:
                    setattr(config, str(name), some())
                except (TypeError, ValueError, OverflowError):
                    pass
            made = (_core.Batch([track], 2, config=config) if isinstance(config, _core.BatchConfig)
                    else _core.HighwayBatch(2, config))
            assert np.isfinite(made.observations).all()
        else:
            target = batch if kind == 4 else road
            names = [n for n in dir(type(target)) if not n.startswith("_")
                     and not isinstance(getattr(type(target), n), property)]
            name = str(random.choice(names))
            getattr(target, name)(*[some() for _ in range(random.integers(0, 4))])
    except (TypeError, ValueError, IndexError, OverflowError, MemoryError, UnicodeError) as problem:
        assert str(problem) or isinstance(problem, MemoryError)
    calls += 1
print(calls, peak() - before)
"""
)


def ran(program: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


def test_an_object_made_without_its_init_raises_everywhere() -> None:
    import json

    tried, wrong = json.loads(ran(HALF_MADE))
    assert wrong == []
    assert tried > 250  # classes times their members
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in CLASSES}
    assert names == {
        *(f"racer._core.circuit.{name}" for name in ("Track", "Config", "Batch")),
        *(f"racer._core.highway.{name}" for name in ("Config", "Batch")),
    }


@pytest.mark.parametrize(
    ("older", "now"),
    [
        ("Track", _core.circuit.Track),
        ("Batch", _core.circuit.Batch),
        ("BatchConfig", _core.circuit.Config),
        ("HighwayBatch", _core.highway.Batch),
        ("HighwayConfig", _core.highway.Config),
    ],
)
def test_what_was_pickled_by_its_older_name_is_found(older: str, now: type[Any]) -> None:
    assert pickle.loads(f"cracer._core\n{older}\n.".encode()) is now  # noqa: S301
    assert pickle.loads(pickle.dumps(now)) is now  # noqa: S301


def test_a_worker_that_never_imported_the_engine_can_unpickle_its_classes() -> None:
    program = (
        "import pickle, sys\n"
        "made = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "print(type(made).__module__, made.num_worlds, made.state_hash().tolist())"
    )
    batch = _core.highway.Batch(2, seed=3)
    module, worlds, *hashes = ran(program, pickle.dumps(batch).hex()).split(maxsplit=2)
    assert (module, worlds) == ("racer._core.highway", "2")
    assert hashes == [f"{batch.state_hash().tolist()}\n"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_wild_arguments_raise_and_cost_no_memory() -> None:
    calls, grown = map(int, ran(WILD, "1").split())
    assert calls == 3000
    assert grown < 400_000  # [kB]; ten million cars would need gigabytes


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_a_batch_that_does_not_fit_is_refused_before_it_is_made() -> None:
    harbour = load_track("harbour")
    with pytest.raises(ValueError, match="worlds x cars_per_world must be 1 to 4194304"):
        _core.Batch([harbour], 10**9)
    program = PEAK + (
        "from racer import _core\n"
        "from racer.tracks import load_track\n"
        "track = load_track('harbour')\n"
        "for make in (lambda: _core.Batch([track], 10**9), lambda: _core.HighwayBatch(10**9),\n"
        "             lambda: _core.Batch([track], 2**31 - 1, cars_per_world=2**31 - 1)):\n"
        "    try:\n"
        "        make()\n"
        "    except ValueError as problem:\n"
        "        print(problem)\n"
        "print(peak())\n"
    )
    *sentences, peak = ran(program).splitlines()
    assert len(sentences) == 3
    assert int(peak) < 300_000


@pytest.mark.parametrize("kind", [_core.BatchConfig, _core.HighwayConfig])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_setting_takes_a_number_that_is_not_finite(kind: type[Any], value: float) -> None:
    numbers = 0
    for name, member in vars(kind).items():
        config = kind()
        before = getattr(config, name) if isinstance(member, property) else None
        if isinstance(before, float):
            with pytest.raises(ValueError, match=name):
                setattr(config, name, value)
        elif isinstance(before, tuple) and before:
            with pytest.raises(ValueError, match=name):
                setattr(config, name, (value, 1.0))
        else:
            continue
        assert getattr(config, name) == before
        numbers += 1
    assert numbers >= 13
    if kind is _core.HighwayConfig:
        with pytest.raises(ValueError, match="target_speeds"):
            config.target_speeds = [10.0, value]
        with pytest.raises(ValueError, match="features_range"):
            config.features_range = {"x": (0.0, value)}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("progress", 1e7, "progress must be -1000000 to 1000000, got 10000000"),
        ("stillness_speed_threshold", -1.0, "stillness_speed_threshold must be 0 to 200, got -1"),
        ("max_steps", -5, "max_steps must be 0 to 2147483647, got -5"),
        ("standing_fraction", 1.5, "standing_fraction must be 0 to 1, got 1.5"),
        ("heading_error", 4.0, "heading_error must be 0 to 3.14"),
    ],
)
def test_rules_stay_within_their_bounds(name: str, value: float, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        setattr(_core.BatchConfig(), name, value)


def test_spawn_speeds_are_in_order() -> None:
    config = _core.BatchConfig()
    config.spawn_speed_low, config.spawn_speed_high = 0.8, 0.2
    with pytest.raises(ValueError, match="spawn_speed_low must not exceed spawn_speed_high"):
        _core.Batch([load_track("harbour")], 1, config=config)


def settings_of(config: Any) -> dict[str, Any]:
    return {
        name: getattr(config, name)
        for name, member in vars(type(config)).items()
        if isinstance(member, property)
    }


COPIES = [copy.copy, copy.deepcopy]
COPIES += [
    lambda thing, protocol=protocol: pickle.loads(pickle.dumps(thing, protocol))  # noqa: S301
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
]


@pytest.mark.parametrize("copied", COPIES)
def test_settings_are_copied_whole(copied: Any) -> None:
    rules = _core.BatchConfig()
    rules.start, rules.max_steps, rules.wall_penalty = "mixed", 77, -0.25
    assert settings_of(copied(rules)) == settings_of(rules)
    road = _core.HighwayConfig()
    road.features, road.features_range = ["presence", "x", "vx"], {"x": (-50.0, 50.0)}
    road.lanes_count, road.target_speeds, road.action = 5, [10.0, 20.0, 40.0], "DiscreteMetaAction"
    assert settings_of(copied(road)) == settings_of(road)
    other = copied(road)
    other.lanes_count = 2
    assert road.lanes_count == 5
