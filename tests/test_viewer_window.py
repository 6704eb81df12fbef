import json
import os
import subprocess
import sys

import pygame
import pytest
from laps_for_viewer import Person, agent_laps, agent_records, short_track

from racer import _core
from racer.cli import play as play_command
from racer.drivers import make_driver
from racer.errors import RacerError
from racer.laps import load_lap, save_lap, verify_lap
from racer.laps.traces import trace_lap
from racer.play.circuit.keeper import LapKeeper, default_folder, file_name, slug
from racer.play.circuit.race import Race
from racer.play.circuit.recording import is_agent, lap_table, record_agent
from racer.play.keyboard import Keys
from racer.viewer.circuit.app import PlayApp
from racer.viewer.circuit.guide import GuidedApp
from racer.viewer.window import PygameKeyboard, Window

TICK = _core.TICK_SECONDS


def key_down(key):
    return pygame.event.Event(pygame.KEYDOWN, key=key)


def person_race(person, against=()):
    track = short_track()
    return Race(track, [person.driver, *(make_driver(name, track) for name in against)])


# The window's race.


def test_lights_hold_the_cars_then_a_lap_is_driven_shown_and_saved(tmp_path):
    person = Person()
    race = person_race(person, ["casual"])
    app = PlayApp(race, LapKeeper(tmp_path))
    surface = pygame.Surface((640, 360))
    person.keys = Keys(up=True)
    for _ in range(60):
        app.advance(TICK)
    app.paint(surface, TICK)
    assert app.hud.lights in (1, 2, 3)
    assert race.session.ticks == 0
    said = set()
    for frame in range(60 * 60):
        if frame % 6 == 0:
            person.look(race.session.observation("lidar")[0])
        app.advance(TICK)
        if frame % 30 == 0:
            app.paint(surface, TICK * 30)
            said.add(app.hud.banner)
        if race.timing.cars[0].lap == 2 and race.row["s"][0] > 50:
            break
    app.close()
    assert "GO" in said
    assert any("best lap" in banner for banner in said)
    (path,) = app.laps
    check = verify_lap(path)
    assert check.ok, check.reason
    assert (check.record.driver, check.record.device) == ("Ada", "keyboard")
    assert path.name == file_name(check.record)
    assert check.lap_time_s == race.timing.cars[0].best


def test_pause_help_restart_and_back_on_the_road():
    race = person_race(Person())
    app = PlayApp(race, lights=False)
    app.handle(key_down(pygame.K_p))
    app.advance(1.0)
    assert race.session.ticks == 0
    app.handle(key_down(pygame.K_p))
    app.advance(0.05)
    app.advance(0.05)
    assert race.session.ticks == 6
    app.advance(30.0)  # a machine that hangs does not owe half a minute
    assert race.session.ticks == 14
    app.handle(key_down(pygame.K_h))
    app.advance(1.0)
    assert race.session.ticks == 14
    app.handle(key_down(pygame.K_h))
    app.handle(key_down(pygame.K_m))
    assert not app.hud.minimap
    app.handle(key_down(pygame.K_BACKSPACE))
    assert race.row["v_x"][0] == 0.0
    app.handle(key_down(pygame.K_r))
    assert race.session.ticks == 0
    app.handle(key_down(pygame.K_ESCAPE))
    assert not app.running


def test_leaving_the_track_is_said_at_once_and_a_car_put_back_keeps_its_distance():
    person = Person()
    race = person_race(person)
    app = PlayApp(race, lights=False)
    person.keys = Keys(up=True)
    for _ in range(60 * 12):
        app.advance(TICK)
        if race.row["lap_reasons"][0]:
            break
    app.paint(pygame.Surface((640, 360)), TICK)
    assert app.hud.invalid in ("off track", "wall", "off track, wall")
    assert "will not count" in app.hud.banner
    gone = race.timing.cars[0].distance.places[-1]
    race.put_back(0)
    race.tick()
    assert race.timing.cars[0].distance.places[-1] == pytest.approx(gone, abs=1.0)
    assert race.timing.cars[0].time is None  # an out lap


def test_guided_recording_ends_when_enough_laps_are_valid(tmp_path):
    track = short_track()
    driver = make_driver("good", track)
    app = GuidedApp(Race(track, [driver]), LapKeeper(tmp_path), wanted=2, device="wheel")
    for _ in range(6000):
        app.advance(TICK)
        if not app.running:
            break
    app.close()
    assert not app.running
    assert app.valid == 2
    assert load_lap(app.rows[0].path).device == "wheel"
    assert "2 of 2 valid laps" in app.hud.notes
    assert lap_table(app.rows).count("*") == 1


def test_window_opens_toggles_and_reads_the_keyboard():
    window = Window("test", size=(320, 200))
    assert window.events() is not None
    assert PygameKeyboard().read() == Keys()
    app = PlayApp(person_race(Person()), lights=False)
    app.paint(window.surface, TICK)
    assert 0 <= window.show() <= 0.1
    window.toggle_fullscreen()
    window.toggle_fullscreen()
    window.close()


def test_without_a_display_there_is_one_sentence(monkeypatch):
    monkeypatch.delenv("SDL_VIDEODRIVER")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    pygame.display.quit()
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    with pytest.raises(RacerError, match=r"no display to open a window on .* --offscreen FILE"):
        Window("test")
    pygame.display.quit()


# Files and commands.


def test_agents_are_recorded_without_a_picture(tmp_path):
    track = short_track()
    keeper = LapKeeper(tmp_path)
    rows = record_agent(track, make_driver("casual", track), keeper, laps=2)
    keeper.close()
    assert [row.standing for row in rows] == [True, False]
    for row in rows:
        assert verify_lap(row.path).ok
    assert load_lap(rows[0].path).driver == "casual"
    assert is_agent("good")
    assert is_agent("x.onnx")
    assert not is_agent("Ada")


def test_file_names_are_plain_and_never_overwrite(tmp_path):
    keeper = LapKeeper(tmp_path)
    standing, _ = agent_laps()
    paths = [keeper.keep(standing, "A/../b ü", "agent").result() for _ in range(2)]
    keeper.close()
    assert len(set(paths)) == 2
    assert {p.parent for p in paths} == {tmp_path}
    assert slug("../..") == "unnamed"


def test_the_best_lap_of_earlier_days_is_found_again(tmp_path):
    keeper = LapKeeper(tmp_path)
    track = short_track()
    assert keeper.best(track, "gt", "Ada") is None
    for lap in agent_laps():
        keeper.keep(lap, "Ada", "keyboard").result()
    (tmp_path / "short_0001.000s_ada_flying_x.lap.npz").write_bytes(b"not a lap")
    keeper.close()
    best = keeper.best(track, "gt", "Ada")
    assert best.lap_time_s == agent_laps()[1].time_s
    assert keeper.best(track, "gt", "Bea") is None
    person = Person()
    person.keys = Keys(up=True)
    race = person_race(person)
    race.timing.cars[0].set_best(trace_lap(best))
    race.restart()
    for _ in range(10):
        race.tick()
    assert race.timing.cars[0].best == best.lap_time_s
    assert race.timing.cars[0].delta is not None


def test_laps_go_to_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "racer" / "laps"


def run_cli(*args):
    return subprocess.run(
        [sys.executable, "-m", "racer.cli.main", *map(str, args)],
        capture_output=True,
        text=True,
        env=os.environ | {"SDL_VIDEODRIVER": "dummy"},
        timeout=100,
        check=False,
    )


def test_play_off_screen_from_the_command_line(tmp_path):
    picture = tmp_path / "p.png"
    done = run_cli(
        "play", "--track", "harbour", "--against", "casual", "--offscreen", picture,
        "--seconds", 1, "--size", "640x360",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert pygame.image.load(picture).get_size() == (640, 360)
    for bad in ("640", "0x0", "641x360", "axb"):
        with pytest.raises(play_command.argparse.ArgumentTypeError):
            play_command.size(bad)
    for bad in ("0", "-1", "nan", "1e9"):
        with pytest.raises(play_command.argparse.ArgumentTypeError):
            play_command.duration(bad)


def test_compare_and_replay_from_the_command_line(tmp_path):
    files = []
    for number, record in enumerate(agent_records()):
        files.append(tmp_path / f"{number}.lap.npz")
        save_lap(record, files[-1])
    done = run_cli("compare", *files, "--json")
    assert done.returncode == 0, done.stderr
    laps = json.loads(done.stdout)["laps"]
    assert [lap["lap_time_s"] for lap in laps] == [r.lap_time_s for r in agent_records()]
    picture = tmp_path / "r.png"
    done = run_cli("replay", *files, "--start", 5, "--offscreen", picture)
    assert done.returncode == 0, done.stderr
    assert picture.exists()
    done = run_cli("replay", tmp_path / "none.lap.npz")
    assert done.returncode != 0
    assert "none.lap.npz" in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_the_viewer_needs_no_pygame():
    code = (
        "import sys, racer.viewer, racer.play.circuit.race, racer.play.keyboard"
        ", racer.viewer.circuit.scene"
        ", racer.play.highway.drive, racer.play.highway.person, racer.play.circuit.recording"
        ", racer.cli.play, racer.cli.record, racer.cli.replay, racer.cli.compare, racer.plots.laps;"
        "sys.exit(any(m in sys.modules for m in ('pygame', 'matplotlib', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
