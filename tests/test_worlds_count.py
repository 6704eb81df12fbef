"""`--n-envs auto`: the smallest number of worlds that is nearly as fast as the fastest."""

import json
from pathlib import Path

import pytest
from test_train import tiny

from racer.cli.main import main
from racer.errors import ConfigError
from racer.train import worlds_count
from racer.train.config import TrainConfig, read_toml
from racer.train.worlds_count import COUNTS, Choice, choose, measure


def rates(*found: float):
    """Gives rates in the order of `COUNTS`; where they end, memory does, too."""
    table = dict(zip(COUNTS, found, strict=False))

    def rate(config: TrainConfig) -> float:
        config.algorithm.check(config.algo_settings, config.n_envs)  # it could be built
        if config.n_envs not in table:
            raise ConfigError("n_envs needs about 9 GB of memory, but 1 GB are free.")
        return table[config.n_envs]

    return rate


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ((10, 20, 30, 40, 50), 1024),
        ((10, 90, 95, 100, 99), 128),
        ((100, 90, 80, 70, 60), 64),
        ((10, 89.9, 100, 99, 98), 256),
        ((10, 20), 128),  # no memory for more
    ],
)
def test_the_smallest_that_is_fast_enough(found: tuple[float, ...], count: int) -> None:
    choice = choose(tiny(ppo={"batch_size": 4096, "n_steps": 32}), rates(*found))
    assert choice.n_envs == count
    assert list(choice.rates.values()) == list(found)


def test_what_cannot_be_built_at_all_is_said() -> None:
    with pytest.raises(ConfigError, match="9 GB"):
        choose(tiny(), rates())


def test_a_real_measurement() -> None:
    assert measure(tiny()) > 0.0


def test_the_command_keeps_the_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds_count, "choose", lambda _: Choice(8, {8: 1234.0}))
    command = ["train", "--track", "random:1", "--steps", "32", "--n-envs", "auto", "--quiet"]
    command += ["--log-dir", str(tmp_path), "--name", "run"]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "--n-envs auto: 8 environments (steps per second: 1,234 with 8)." in said
    assert "with 8 environments ppo.batch_size is 256 instead of 4,096." in said
    assert read_toml(tmp_path / "run" / "config.toml")["n_envs"] == 8


def test_several_seeds_have_one_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command goes on with the number of the first run, whatever is fast by then."""
    command = ["train", "--track", "random:1", "--steps", "32", "--n-envs", "auto", "--quiet"]
    command += ["--log-dir", str(tmp_path), "--name", "s", "--json", "--seeds"]
    monkeypatch.setattr(worlds_count, "choose", lambda _: Choice(8, {8: 1.0}))
    assert main([*command, "1"]) == 0
    monkeypatch.setattr(worlds_count, "choose", lambda _: Choice(4, {4: 1.0}))
    capsys.readouterr()
    assert main([*command, "2"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 2
    assert read_toml(tmp_path / "s-seed1" / "config.toml")["n_envs"] == 8


@pytest.mark.parametrize("word", ["many", "1.5", ""])
def test_other_words_are_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--n-envs", word])
    assert "but it must be a whole number or 'auto'" in capsys.readouterr().err
