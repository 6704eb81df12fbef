"""The command line: help that shows an example, exit codes, one sentence for every mistake."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import racer
from racer.cli.doctor import EXTRAS
from racer.cli.main import COMMANDS, _missing, main
from racer.tracks import list_tracks
from racer.train.config import read_toml


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"racer {command}" in text.partition("example")[2]


def test_wrong_usage_is_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out
    for wrong in (["fly"], ["train", "--steps", "many"], ["evaluate"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
    capsys.readouterr()
    for wrong in (
        ["train", "--preset", "none", "--steps", "1"],
        ["train", "--track", "none", "--steps", "1"],
        ["train", "--steps", "-5"],
        ["train", "--minutes", "nan"],
        ["train", "--algo", "dqn", "--steps", "1"],
        ["resume", "none"],
        ["export", "none"],
        ["tracks", "show", "none"],
        ["evaluate", "--policy", "none.onnx", "--track", "harbour"],
        ["evaluate", "--policy", "casual", "--track", "harbour", "--vehicle", "truck"],
        ["evaluate", "--policy", "casual", "--track", "harbour", "--seed", "-1"],
        ["play", "--track", "harbour", "--vehicle", "truck"],
        ["play", "--track", "harbour", "--seed", "-1"],
        ["record", "--driver", "casual", "--track", "harbour", "--vehicle", "truck"],
        ["record", "--driver", "keyboard", "--track", "harbour", "--seed", "-1"],
        ["record", "--driver", " ", "--track", "harbour"],
        ["optimal", "harbour", "--prove", "--seed", "-1"],
    ):
        assert main(wrong) == 2
        answer = capsys.readouterr()
        assert answer.out == ""
        assert answer.err.startswith(f"racer {wrong[0]}: ")
        assert answer.err.count("\n") == 1


def test_a_file_where_a_folder_should_be_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for words in (
        ["optimal", "harbour", "--out"],
        ["evaluate", "--env", "HighwayRisk", "--policy", "idle", "--episodes", "1", "--out"],
        ["train", "--steps", "1", "--log-dir"],
    ):
        assert main([*words, str(file)]) == 2
        problem = capsys.readouterr().err
        assert problem.startswith(f"racer {words[0]}: {file}")
        assert problem.count("\n") == 1
    for words in (["play"], ["record", "--driver", "Ada"]):  # before anybody drives
        assert main([*words, "--track", "harbour", "--laps-dir", str(file)]) == 2
        assert "is a file, but laps need a folder" in capsys.readouterr().err
    assert main(["tracks", "draw", "harbour", "--out", str(file / "a.png")]) == 2
    assert "a.png: cannot be written (Not a directory)." in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"racer {racer.__version__}\n"


def test_the_installed_command_runs(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("racer")
    answer = subprocess.run(
        [command, "tracks"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(name in answer.stdout for name in list_tracks())
    assert answer.stderr == ""


def test_tracks_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tracks", "show", "harbour", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["name"] == "harbour"
    assert 1000.0 < facts["length_m"] < 10_000.0
    assert facts["corners"] == len(facts["corner_list"]) == 13
    for words in (["tracks", "--json"], ["tracks", "list", "--json"]):
        assert main(words) == 0
        found = {facts["name"]: facts for facts in json.loads(capsys.readouterr().out)}
        assert list(found) == list_tracks()
        assert found["harbour"]["optimal_lap_s"] > 40.0
    assert main(["tracks", "show", "random:8", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["optimal_lap_s"] is None
    assert facts["demonstrated_lap_s"] is None


def test_the_doctor_finds_a_healthy_house(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lap"]["time_s"] > 0.0
    project = read_toml(Path(__file__).parent.parent / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    for other in ("all", "research", "dev"):  # the doctor looks after users' extras, one by one
        del extras[other]
    wanted = {
        extra: [re.split("[<>=]", package)[0] for package in packages]
        for extra, packages in extras.items()
    }
    assert {extra: list(packages) for extra, packages in EXTRAS.items()} == wanted
    assert found["missing"] == {extra: [] for extra in EXTRAS}


def test_what_to_install_for_a_missing_module() -> None:
    for module, extra in (
        ("torch", "train"),
        ("stable_baselines3.common", "train"),
        ("pygame", "view"),
        ("matplotlib.pyplot", "plots"),
        ("defusedxml.ElementTree", "tracks"),
    ):
        text = _missing(ModuleNotFoundError("no", name=module))
        assert f"racer-sim[{extra}]" in text
    with pytest.raises(ModuleNotFoundError):
        _missing(ModuleNotFoundError("no", name="racer.nothing"))


def test_few_environments_get_a_smaller_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--n-envs", "4", "--steps", "128", "--vehicle", "kart", "--seed", "3"]
    assert main([*command, "--log-dir", str(tmp_path), "--quiet"]) == 0
    answer = capsys.readouterr()
    assert "ppo.batch_size is 128 instead of" in answer.err
    assert "no valid lap yet" in answer.out
    config = read_toml(tmp_path / "ppo-harbour" / "config.toml")
    assert config["ppo"]["batch_size"] == 128
    assert config["env"]["vehicle"] == "kart"
    assert main([*command, "--log-dir", str(tmp_path), "--quiet"]) == 0
    assert (tmp_path / "ppo-harbour-2").is_dir()
