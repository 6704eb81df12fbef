"""No command shows a name of a file as more than one line, or as a terminal's command."""

import shutil
from pathlib import Path

import pytest
from lap_scene import egg, egg_laps

from racer.cli.main import main
from racer.laps import save_lap

EVIL = "x\nok     y: 41.000 s\x1b[2K\u202e"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A circuit, a lap on it and a picture, all of one evil name."""
    table = tmp_path / f"{EVIL}.csv"
    rows = "\n".join(",".join(f"{v:.3f}" for v in row) for row in egg().centre_line)
    table.write_text(f"# x_m,y_m,w_tr_right_m,w_tr_left_m\n{rows}\n", "utf-8")
    table.with_suffix(".toml").write_text('name = "Egg"\n', "utf-8")
    lap = tmp_path / f"{EVIL}.lap.npz"
    save_lap(egg_laps()[1], lap)
    return {"CSV": str(table), "LAP": str(lap), "PNG": str(tmp_path / f"{EVIL}.png")}


@pytest.mark.parametrize(
    "command",
    [
        "evaluate --policy good --track CSV --starts 1 --laps 1",
        "tracks show CSV",
        "tracks validate CSV",
        "tracks draw CSV --out PNG",
        "optimal CSV --fast",
        "verify LAP",
        "compare LAP LAP --out PNG",
        "replay LAP --offscreen PNG --seconds 0.1",
        "record --driver LAP --track CSV --laps 1 --laps-dir PNG",
        "play --track CSV --driver good --offscreen PNG --seconds 0.1",
        "evaluate --env Highway --policy idle --episodes 1 --out PNG",
        "tracks import CSV --name Egg --no-picture",
    ],
)
def test_names_of_files_stay_on_their_line(
    command: str, files: dict[str, str], tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("RACER_TRACKS_DIR", str(tmp_path / EVIL))
    main([files.get(word, word) for word in command.split()])
    said = capsys.readouterr()
    for line in (said.out + said.err).splitlines():
        assert not line.startswith("ok     y"), line
    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
    shutil.rmtree(tmp_path)
