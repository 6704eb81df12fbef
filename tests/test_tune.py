"""`racer tune`: a search that goes on where it was interrupted, as if nothing had happened."""

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from test_train import tiny

from racer.cli.main import main
from racer.errors import ConfigError
from racer.train import tune as search
from racer.train.algorithms import ALGORITHMS, load_algorithm
from racer.train.callback import Look
from racer.train.config import TrainConfig, load_preset, load_train_config
from racer.train.run_folder import RunFolder
from racer.train.study import UNPRUNED_TRIALS, space_of, with_values
from racer.train.trainer import resume, train
from racer.train.tune import objective, tune

Fake = dict[str, Any]


def fake_runs(monkeypatch: pytest.MonkeyPatch, **behaviour: Any) -> list[tuple[str, TrainConfig]]:
    """Replaces training by a formula: the nearer the learning rate is to 1e-3, the better.

    Args:
        monkeypatch: puts training back.
        behaviour: number of a call -> "interrupt", or an error to raise.

    Returns:
        A list that gets name and settings of each run.
    """
    made: list[tuple[str, TrainConfig]] = []

    def run(config: TrainConfig, path: Path, *, watch: Any, **_: Any) -> Fake:
        made.append((path.name, config))
        event = behaviour.get(f"call{len(made) - 1}")
        if isinstance(event, Exception):
            raise event
        if event == "interrupt":
            return {"finished": False}
        worth = -abs(math.log(config.algo_settings.learning_rate / 1e-3))
        for k in range(1, config.evaluations + 1):
            if watch(Look(k, (2, worth), f"worth {worth:.3f}", 10 * k)):
                return {"finished": False}
        return {"finished": True}

    monkeypatch.setattr(search, "train", run)
    return made


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies that are not kept, which saves most of the time."""
    import optuna

    def study(_: Path) -> Any:
        pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS)
        return optuna.create_study(direction="maximize", pruner=pruner)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    monkeypatch.setattr(search, "open_study", study)
    monkeypatch.setattr(search, "close_study", lambda _: None)


def test_ranks_become_numbers_of_the_same_order() -> None:
    ranks = [(0, 10.0), (0, 5000.0), (1, -90.0), (2, -50.02), (2, -50.01), (2, -20.0)]
    assert sorted(ranks, key=objective) == ranks
    assert len({objective(rank) for rank in ranks}) == len(ranks)
    assert objective((12.5,)) == 12.5
    assert objective((0.97, 1e9)) < objective((0.971, -1e9))


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_value_of_a_search_space_can_be_used(algo: str) -> None:
    algorithm = load_algorithm(algo)
    assert set(algorithm.space) <= set(algorithm.settings.__dataclass_fields__)
    assert "learning_rate" in algorithm.space
    for name, choice in algorithm.space.items():
        ends = choice.values if hasattr(choice, "values") else (choice.low, choice.high)
        for value in ends:
            found = choice.value_of(choice.name_of(value))
            assert getattr(algorithm.settings(**{name: found}), name) == value


def test_the_run_s_own_values_are_in_the_space() -> None:
    config = tiny(ppo={"learning_rate": 0.5, "net_arch": [7, 9], "n_epochs": 5})
    space = space_of(config)
    own = {
        name: choice.name_of(getattr(config.algo_settings, name)) for name, choice in space.items()
    }
    assert own["net_arch"] == "7x9"
    assert space["learning_rate"].high == 0.5
    assert with_values(config, space, own) == config
    small = with_values(config, space, own | {"batch_size": 8192})
    assert small.algo_settings.batch_size == 64  # 8 worlds, 8 steps


def test_a_study_goes_on_as_if_it_had_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RANDOM_TRIALS", 2)  # what comes later learns from earlier ones
    whole = fake_runs(monkeypatch)
    config = tiny(evaluations=2)
    once = tune(config, tmp_path / "a", 5, show=False)
    assert once["finished"]
    assert [name for name, _ in whole] == [f"trial-{k:04d}" for k in range(5)]
    assert whole[0][1] == config  # the first is what is varied
    assert len({run.algo_settings for _, run in whole}) == 5

    parts = fake_runs(monkeypatch, call1="interrupt")
    stopped = tune(config, tmp_path / "b", 3, show=False)
    assert not stopped["finished"]
    assert stopped["trials"][-1]["state"] == "running"
    assert tune(config, tmp_path / "b", 3, show=False)["finished"]
    again = tune(config, tmp_path / "b", 5, show=False)
    assert parts[1] == parts[2]  # the same trial, once more
    del parts[1]
    assert parts == whole
    assert again["trials"] == once["trials"]
    assert again["best"] == once["best"]
    assert len(tune(config, tmp_path / "b", 3, show=False)["trials"]) == 5  # nothing is left


@pytest.mark.usefixtures("in_memory")
def test_the_best_settings_are_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fake_runs(monkeypatch)
    config = tiny(ppo={"learning_rate": 4e-3})
    summary = tune(config, tmp_path / "s", 6, show=False)
    rates = [run.algo_settings.learning_rate for _, run in made]
    best = min(range(6), key=lambda k: abs(math.log(rates[k] / 1e-3)))
    assert summary["best"] == best != 0
    assert summary["changes"]["ppo.learning_rate"] == {"from": 4e-3, "to": rates[best]}
    assert load_train_config(load_preset(summary["preset"]), "best") == made[best][1]
    assert Path(summary["preset"]).read_text().startswith(f"# Trial {best} of ")


@pytest.mark.usefixtures("in_memory")
def test_hopeless_trials_are_stopped_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_runs(monkeypatch)
    trials = tune(tiny(evaluations=4), tmp_path / "s", 9, show=False)["trials"]
    states = [row["state"] for row in trials]
    assert states[:4] == ["complete"] * 4  # until it is known what is usual
    assert "pruned" in states
    pruned = [row for row in trials if row["state"] == "pruned"]
    complete = [row["rank"] for row in trials if row["state"] == "complete"]
    assert all(row["steps"] < 40 and row["rank"] < max(complete) for row in pruned)


@pytest.mark.usefixtures("in_memory")
def test_a_trial_that_fails_is_noted_but_not_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_runs(monkeypatch, call2=ValueError("loc holds nan"))
    summary = tune(tiny(), tmp_path / "a", 4, show=False)
    assert summary["finished"]
    assert [row["state"] for row in summary["trials"]] == [
        *("complete", "complete", "fail", "complete")
    ]
    assert summary["trials"][2]["note"] == "failed: loc holds nan"
    fake_runs(monkeypatch, call0=ConfigError("too much memory."))
    with pytest.raises(ConfigError, match="too much memory"):
        tune(tiny(), tmp_path / "b", 4, show=False)
    fake_runs(monkeypatch)
    assert tune(tiny(), tmp_path / "b", 4, show=False)["best"] is not None


def test_what_is_no_study_or_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_runs(monkeypatch)
    tune(tiny(), tmp_path / "s", 1, show=False)
    with pytest.raises(ConfigError, match=r"s: holds a study with seed = 0 instead of 7; choose"):
        tune(tiny(seed=7), tmp_path / "s", 1, show=False)
    (tmp_path / "s" / "study.db").write_bytes(b"nonsense" * 99)
    with pytest.raises(ConfigError, match=r"study\.db: is not a study's record"):
        tune(tiny(), tmp_path / "s", 2, show=False)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thing").write_text("mine")
    for place in ("other", "other/thing"):
        with pytest.raises(ConfigError, match="exists and is no study"):
            tune(tiny(), tmp_path / place, 1, show=False)


def test_a_run_that_is_watched_stops_and_can_go_on(tmp_path: Path) -> None:
    looks: list[Look] = []

    def watch(look: Look) -> bool:
        looks.append(look)
        return len(looks) == 1

    config = tiny(track="random:1", steps=256, evaluations=3)
    report = train(config, tmp_path / "run", show=False, watch=watch)
    assert not report["finished"]
    assert [look.evaluations for look in looks] == [1]
    report = resume(tmp_path / "run", show=False, watch=watch)
    assert report["finished"]
    assert looks[-1].evaluations == 3
    assert looks[-1].steps == report["steps"] == 256
    resume(tmp_path / "run", show=False, watch=watch)  # nothing is left, but it is told
    assert looks[-1] == looks[-2]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real runs; a killed one, whose folder is there, is resumed."""
    command = ["tune", "--track", "random:1", "--steps", "64", "--n-envs", "4", "--quiet"]
    command += ["--log-dir", str(tmp_path)]
    assert main([*command, "--trials", "1"]) == 0
    said = capsys.readouterr()
    assert "with 4 environments ppo.batch_size is 128 instead of 4,096." in said.err
    place = tmp_path / "tune-ppo-random-1"
    assert f"use it: racer train --preset {place / 'best.toml'}" in said.out
    assert main([*command, "--trials", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["trial"] for row in answer["trials"]] == [0, 1]
    assert RunFolder.open(place / "trial-0001")[1].steps == 64
    preset = ["train", "--preset", str(place / "best.toml"), "--quiet", "--log-dir", str(tmp_path)]
    assert main([*preset, "--name", "better"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trials", "3"], "--steps or --minutes must say how long each trial trains"),
        (["--steps", "9", "--trials", "0"], "--trials is 0, but it must be a whole number from 1"),
        (["--steps", "9", "--name", "../x"], "cannot be the name of a run"),
        (["--env", "Highway", "--steps", "9", "--track", "harbour"], "--track is for circuits"),
    ],
)
def test_wrong_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", *words]) == 2
    assert said in capsys.readouterr().err


def test_without_optuna(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "optuna"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.chdir(tmp_path)
    assert main(["tune", "--steps", "9"]) == 2
    assert "needs the package optuna; install it with `pip install 'racer-sim[tune]'`" in (
        capsys.readouterr().err
    )
    assert list(tmp_path.iterdir()) == []
