"""Films and pictures of drives on the highway, and the commands that make them."""

import io

import pytest

from racer.cli import main as cli
from racer.cli.film_progress import FilmProgress
from racer.drivers.highway.drivers import IdleDriver
from racer.envs.highway.settings import highway_settings
from racer.play.highway.drive import HighwayDrive
from racer.viewer.highway.films import shoot_highway


def idle_drive(**settings):
    rules = highway_settings(None, "risk", settings)
    return HighwayDrive(IdleDriver(rules["action"]), rules, 0)


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_films_have_frames_and_take_their_place_when_complete(tmp_path, suffix):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / f"film{suffix}"
    path.write_bytes(b"old")
    shares = []
    size = (320, 160)
    shoot_highway(
        idle_drive(duration=1), path, episodes=2, size=size, frames_per_second=10,
        progress=shares.append,
    )  # fmt: skip
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list(tmp_path.iterdir()) == [path]
    frames = imageio_ffmpeg.read_frames(str(path))
    meta = next(frames)
    pictures = list(frames)
    frames.close()
    assert meta["size"] == size
    assert 30 <= len(pictures) <= 50
    assert pictures[0] != pictures[5]


def test_a_film_that_fails_leaves_the_old_one(tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shoot_highway(idle_drive(), path, size=(160, 80), progress=stop)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_commands(tmp_path, capsys):
    picture = tmp_path / "a.png"
    words = ["play", "--env", "HighwayRisk", "--driver", "idle", "--seconds", "1"]
    assert cli.main([*words, "--size", "320x160", "--offscreen", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    for wrong, sentence in (
        (["play", "--env", "Highway", "--track", "harbour"], "--track is for circuits"),
        (["play", "--env", "Highway", "--camera", "north"], "choose from along, behind."),
        (
            ["play", "--track", "harbour", "--camera", "along"],
            "choose from follow, north,",
        ),
        (["play", "--track", "harbour", "--episode", "1"], "is for the highway"),
        (["play"], "choose a circuit with --track NAME, or another environment with --env."),
        (
            ["evaluate", "--policy", "good"],
            "choose a circuit with --track NAME, or another environment with --env.",
        ),
        (["evaluate", "--env", "Highway", "--policy", "idle", "--video", "a.avi"], "a.avi"),
    ):
        assert cli.main(wrong) == 2
        assert sentence in capsys.readouterr().err


def test_a_film_of_an_evaluation(tmp_path, capsys):
    pytest.importorskip("imageio_ffmpeg")
    config = tmp_path / "short.json"
    config.write_text('{"duration": 1}')
    path = tmp_path / "a.mp4"
    words = ["evaluate", "--env", "HighwayRisk", "--policy", "idle", "--episodes", "1"]
    assert cli.main([*words, "--config", str(config), "--video", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    assert path.stat().st_size > 1000


def test_a_terminal_shows_how_far_a_film_is(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    now = [0.0]
    monkeypatch.setattr("racer.cli.film_progress.time.monotonic", lambda: now[0])
    terminal, file = Terminal(), io.StringIO()
    shown, silent = FilmProgress(terminal), FilmProgress(file)
    for second in range(11):
        now[0] = float(second)
        for progress in (shown, silent):
            progress(second / 10)
    assert "video  40%, 6 s left" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
    assert file.getvalue() == ""
