"""Files and command lines of 2026 still work, and give the numbers that they gave then.

`tests/fixtures/house_of_2026` holds runs, laps and commands as they were before the packages were
reorganised; its README says how they were made. Nothing in it is ever made anew.
"""

import io
import json
import shlex
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from racer.cli.main import build_parser, main
from racer.train.config import list_presets, load_preset, load_train_config, read_toml

HOUSE = Path(__file__).parent / "fixtures" / "house_of_2026"
# What training went on to. Rounding grows in it: by up to 1.6 % between AVX2 and AVX-512, on which
# the numbers were made. That a resumed run is the uncut one to the bit, tests/test_resume.py shows.
TRAINED_ON = {"state", "resumed", "driven"}
TIGHT, LOOSE = 2e-4, 5e-2  # relative
SAME_PROCESSOR = torch.backends.cpu.get_cpu_capability() == "AVX512"
REDONE = ("ppo", "sac")  # now on the observation `road`
EXPECTED: dict[str, Any] = json.loads((HOUSE / "expected.json").read_text("utf-8"))
JUDGED = {
    "circuit": ("starts", "laps", "completed", "valid", "policy_faults", "best_lap_s",
                "median_lap_s", "standing_lap_s"),
    "highway": ("success_rate", "collision_rate", "return", "length", "speed", "minimum_distance",
                "lane_changes", "jerk", "policy_faults"),
}  # fmt: skip
SAID = ("env_id", "observation", "action", "ticks_per_action", "vehicle", "physics", "algorithm",
        "training_steps", "rules_version", "format_version")  # fmt: skip
PROVED = ("ok", "proved", "lap_time_s", "valid", "standing", "track_fingerprint", "vehicle",
          "identity", "motion", "claimed")  # fmt: skip
# Run -> where it drives, and the new end to resume to.
RUNS = {
    "circuit-ppo": (["--track", "oval.csv", "--starts", "4"], 161_792),
    "circuit-sac": (["--track", "oval.csv", "--starts", "2"], 160),
    "highway-ppo": (["--env", "HighwayRisk", "--episodes", "3"], 256),
    "highway-dqn": (["--env", "Highway", "--episodes", "3"], 240),
}


def racer(*words: str) -> Any:
    """What a command prints as JSON."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = main([*words, "--json"])
    assert code == 0 or words[0] == "evaluate", words  # 1: it drove, and no lap was valid
    return json.loads(said.getvalue())


def pick(content: Any, names: Sequence[str]) -> dict[str, Any]:
    """The first value of each name in a report, wherever it stands."""
    found: dict[str, Any] = {}
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("units", "meanings"):
                continue
            if key in names and key not in found:
                found[key] = value.get("value", value) if isinstance(value, dict) else value
            for name, inner in pick(value, names).items():
                found.setdefault(name, inner)
    elif isinstance(content, list):
        for value in reversed(content):
            found |= pick(value, names)
    return found


def actions(policy: str) -> list[Any]:
    """What a policy does about observations that are always the same."""
    session = onnxruntime.InferenceSession(policy, providers=["CPUExecutionProvider"])
    size = session.get_inputs()[0].shape[1]
    seen = np.random.default_rng(7).uniform(-1.0, 1.0, (16, size)).astype(np.float32)
    seen[8:] *= 9.0
    answer: list[Any] = session.run(None, {"observation": seen})[0].tolist()
    return answer


def state_of(run: str) -> dict[str, Any]:
    """Sums over the newest checkpoint: of every weight, moment and transition."""
    path = max(Path(run, "checkpoints").glob("[0-9]*.pt"))
    state = torch.load(path, weights_only=True)
    found: dict[str, float] = {}

    def add(name: str, content: Any) -> None:
        if isinstance(content, dict):
            for key, value in content.items():
                add(f"{name}.{key}", value)
        elif isinstance(content, list):
            for number, value in enumerate(content):
                add(f"{name}.{number}", value)
        elif isinstance(content, torch.Tensor):
            found[name] = float(content.double().abs().sum())

    for name in ("parameters", "replay", "log_ent_coef", "normalise"):
        add(name, state.get(name))
    top = {name.split(".")[0] for name in found}
    sums = {key: sum(v for name, v in found.items() if name.split(".")[0] == key) for key in top}
    return {"counters": pick(state["counters"], ("num_timesteps", "_n_updates")), "sums": sums}


def drive(run: str) -> dict[str, Any]:
    """Everything that is compared, of one run in the folder where we are."""
    where, end = RUNS[run]
    judged = JUDGED[run.partition("-")[0]]
    shutil.unpack_archive(HOUSE / f"{run}.zip", ".")
    shutil.copy(HOUSE / "oval.csv", ".")
    found: dict[str, Any] = {"actions": actions(f"{run}/policy.onnx")}
    found["evaluate"] = pick(racer("evaluate", "--policy", run, *where), judged)
    found["export"] = pick(racer("export", run, "--output", "best.onnx"), SAID)
    racer("export", run, "--newest", "--output", "before.onnx")
    found["newest"] = actions("before.onnx")
    report = racer("resume", run, "--steps", str(end), "--quiet")
    found["resume"] = {"steps": report["steps"], "finished": report["finished"]}
    found["state"] = state_of(run)
    racer("export", run, "--newest", "--output", "after.onnx")
    found["resumed"] = actions("after.onnx")
    found["driven"] = pick(racer("evaluate", "--policy", "after.onnx", *where), judged)
    return found


def laps() -> list[dict[str, Any]]:
    """What the laps prove."""
    checks = racer("verify", *(str(HOUSE / f"format{number}.lap.npz") for number in (1, 2)))
    return [pick(check, PROVED) for check in checks]


def assert_same(now: Any, then: Any, where: str, trained: float = TIGHT) -> None:
    """Equal; numbers to what rounding may change, those that training made by `trained`."""
    if isinstance(then, dict):
        assert isinstance(now, dict), where
        assert then.keys() <= now.keys(), (where, then.keys() - now.keys())
        for key in then:
            assert_same(now[key], then[key], f"{where}.{key}", trained)
    elif isinstance(then, list):
        assert len(now) == len(then), where
        for number, (a, b) in enumerate(zip(now, then, strict=True)):
            assert_same(a, b, f"{where}[{number}]", trained)
    elif isinstance(then, float):
        rel = trained if set(where.replace("[", ".").split(".")) & TRAINED_ON else TIGHT
        assert now == pytest.approx(then, rel=rel, abs=2e-5), where
    else:
        assert now == then, where


@pytest.mark.parametrize("run", RUNS)
def test_a_run_resumes_evaluates_exports_and_drives_as_before(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the update that made the numbers, which is Stable-Baselines3's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("racer.train.algorithms.fast.ppo.towers_of", lambda _: None)
    assert_same(drive(run), EXPECTED[run], run, TIGHT if SAME_PROCESSOR else LOOSE)


def test_the_faster_update_goes_on_with_a_run_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_same(drive("circuit-ppo"), EXPECTED["circuit-ppo"], "circuit-ppo", LOOSE)


def test_laps_are_verified_as_before() -> None:
    found = laps()
    assert found == EXPECTED["laps"]  # to the last bit
    assert [check["proved"] for check in found] == [True, True]


def test_a_run_of_before_is_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for run in RUNS:
        shutil.unpack_archive(HOUSE / f"{run}.zip", ".")
        path = f"{run}/config.toml"
        config = load_train_config(load_preset(path), path)
        made_from = read_toml(HOUSE / "runs_made_from" / f"{run}.toml")
        own = config.to_dict()[config.algo]
        for key, value in made_from[config.algo].items():
            assert own[key] == (tuple(value) if isinstance(value, list) else value), key
        Path("again.toml").write_text(config.to_toml(), "utf-8")
        assert load_train_config(load_preset("again.toml"), "again.toml") == config


def flat(content: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of nested tables by their paths, lists as tuples."""
    if not isinstance(content, dict):
        return {prefix: tuple(content) if isinstance(content, list) else content}
    leaves: dict[str, Any] = {}
    for key, value in content.items():
        leaves |= flat(value, f"{prefix}.{key}")
    return leaves


def test_presets_say_what_they_said() -> None:
    """No preset is missing, and the files of before mean what those of now mean.

    The file of one that was redone since can still be used; it means what it says.
    """
    paths = sorted((HOUSE / "presets").glob("*.toml"))
    assert {path.stem for path in paths} <= set(list_presets())
    for path in paths:
        before = load_train_config(load_preset(str(path)), path.name)
        if path.stem in REDONE:
            meant = before.to_dict()
            for key, value in read_toml(path).items():
                assert flat(meant[key]).items() >= flat(value).items(), key
            continue
        assert before == load_train_config(load_preset(path.stem), path.stem)


def unknown(lines: list[str]) -> dict[str, str]:
    """Command lines that are not understood, with the complaint."""
    parser, found = build_parser(), {}
    for line in lines:
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                parser.parse_args(shlex.split(line)[1:])
        except SystemExit:
            found[line] = said.getvalue()
    return found


def test_command_lines_are_still_understood() -> None:
    lines = (HOUSE / "commands.txt").read_text("utf-8").splitlines()
    assert len(lines) > 50
    assert unknown(lines) == {}
    assert unknown(["racer train --algorithm ppo"])  # a parser that takes anything proves nothing
