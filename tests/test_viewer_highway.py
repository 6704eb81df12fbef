"""Pictures, films and the keys of the highway, without a display."""

import gymnasium
import numpy as np
import pygame
import pytest

import racer
from racer import _core
from racer.drivers.highway.drivers import make_highway_driver
from racer.drivers.keys import Keys
from racer.envs.highway.episodes import evaluate_highway
from racer.envs.highway.settings import highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.errors import RacerError
from racer.play.highway.drive import HighwayDrive
from racer.play.highway.person import HighwayPerson, driving_keys, meta_action, wheel_angle
from racer.play.highway.views import frozen, leader_of, observed_vehicles, traffic_view
from racer.play.keyboard import ScriptedKeyboard
from racer.viewer.highway.app import HighwayApp
from racer.viewer.highway.hud import HighwayHud
from racer.viewer.highway.stage import PICTURE, HighwayStage, fill_hud

assert racer
IDS = {
    "highway": "racer/Highway-v0",
    "risk": "racer/HighwayRisk-v0",
    "fast": "racer/HighwayFast-v0",
}


def drive_of(spec, preset="risk", **settings):
    rules = highway_settings(None, preset, settings)
    return HighwayDrive(make_highway_driver(spec, IDS[preset], rules.values, 0), rules, 0)


def person_drive(keys, preset="risk", **settings):
    rules = highway_settings(None, preset, settings)
    return HighwayDrive(HighwayPerson(ScriptedKeyboard(keys), rules), rules, 0)


def key_down(key):
    return pygame.event.Event(pygame.KEYDOWN, key=key)


# What `render` shows.


@pytest.mark.parametrize("preset", IDS)
def test_environments_paint_pictures_that_follow_the_world(preset):
    env = gymnasium.make(IDS[preset], render_mode="rgb_array")
    env.reset(seed=1)
    first = env.render()
    assert first.shape == (PICTURE[1], PICTURE[0], 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, env.render())
    env.step(env.action_space.sample() * 0)
    assert (env.render() != first).any(axis=-1).mean() > 0.01
    env.close()


def test_every_world_of_a_vector_has_its_picture():
    env = gymnasium.make_vec("racer/HighwayRisk-v0", num_envs=2, render_mode="rgb_array")
    env.reset(seed=1)
    left, right = env.render()
    assert left.shape == right.shape == (PICTURE[1], PICTURE[0], 3)
    assert (left != right).any()
    env.close()


def test_the_view_for_stable_baselines_paints_too():
    sb3 = pytest.importorskip("racer.envs.sb3")
    env = sb3.HighwayVecEnv(2, preset="risk", render_mode="rgb_array", seed=1)
    env.reset()
    pictures = env.get_images()
    assert [picture.shape for picture in pictures] == [(PICTURE[1], PICTURE[0], 3)] * 2
    assert (pictures[0] != pictures[1]).any()
    env.close()


def test_human_mode_opens_a_window_by_itself(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = gymnasium.make("racer/HighwayRisk-v0", render_mode="human").unwrapped
    assert env.metadata["render_fps"] == 5.0
    env.metadata["render_fps"] = 1000
    env.reset(seed=1)
    env.step(np.zeros(2, np.float32))
    assert pygame.display.get_surface().get_size() == PICTURE
    env.close()


@pytest.mark.parametrize("maker", [gymnasium.make, gymnasium.make_vec])
def test_other_modes_are_refused(maker):
    with pytest.raises(ValueError, match="ansi"):
        maker("racer/Highway-v0", render_mode="ansi")


def worlds_in(change=None, **settings):
    """One world whose vehicles `change` has put where it wants them."""
    worlds = HighwayWorlds(1, None, "risk", settings, autoreset="disabled", seed=0)
    worlds.reset(None, np.array([1], np.uint64))
    if change is not None:
        vehicles, records = worlds.states()
        change(vehicles[0])
        worlds.set_states((vehicles, records))
    return worlds


def pixels_of(worlds, *, marks=True):
    stage, canvas = HighwayStage(int(worlds.settings["lanes_count"])), pygame.Surface((640, 270))
    stage.marks = marks
    stage.paint(canvas, traffic_view(frozen(worlds.telemetry), worlds.settings), None)
    return pygame.surfarray.array3d(canvas)


def test_a_crash_is_seen_by_its_shape_too():
    def crash(vehicles):
        vehicles["crashed"][0] = 1

    whole, broken = pixels_of(worlds_in()), pixels_of(worlds_in(crash))
    changed = (whole != broken).any(axis=-1)
    assert changed.sum() > 60
    # In grey, too: not by colour alone.
    grey = np.abs(whole.mean(axis=-1) - broken.mean(axis=-1))
    assert (grey[changed] > 30).sum() > 60


def test_the_ego_vehicle_and_the_observed_ones_stand_out():
    worlds = worlds_in()
    assert (pixels_of(worlds) != pixels_of(worlds, marks=False)).any()

    def swap(vehicles):  # the ego vehicle and the next one change places
        for name in ("x", "y", "lane", "target_lane"):
            vehicles[name][:2] = vehicles[name][:2][::-1]

    assert (pixels_of(worlds, marks=False) != pixels_of(worlds_in(swap), marks=False)).any()


@pytest.mark.parametrize("see_behind", [False, True])
def test_marked_vehicles_are_the_rows_of_the_observation(see_behind):
    table = {"type": "Kinematics", "vehicles_count": 8, "features": ["presence", "x", "y"],
             "see_behind": see_behind, "normalize": False}  # fmt: skip
    worlds = HighwayWorlds(
        4, {"observation": table, "flatten": False}, "risk", {"traffic_behind": 0.4},
        autoreset="disabled", seed=3,
    )  # fmt: skip
    worlds.reset(None, np.arange(4, dtype=np.uint64))
    for _ in range(10):
        worlds.step(np.tile(np.array([0.5, 0.0], np.float32), (4, 1)))
    for world in range(4):
        x, y = worlds.telemetry["x"][world], worlds.telemetry["y"][world]
        rows = worlds.observations[world][1:]
        rows = rows[rows[:, 0] == 1.0]
        numbers = observed_vehicles(x, y, worlds.settings)
        assert len(numbers) == len(rows) > 0
        np.testing.assert_allclose(x[numbers] - x[0], rows[:, 1], rtol=1e-6)
        np.testing.assert_allclose(y[numbers] - y[0], rows[:, 2], atol=1e-5)


def test_the_leader_is_the_next_one_on_the_lane():
    def place(vehicles):
        vehicles["x"][:4] = (100.0, 150.0, 130.0, 120.0)
        vehicles["x"][4:] = 9000.0
        vehicles["lane"][:4] = (1, 1, 1, 2)

    row = {"x": np.zeros(6), "lane": np.zeros(6, int)}
    place(row)
    assert leader_of(row) == (2, 25.0)
    row["lane"][0] = 3
    assert leader_of(row) is None


# Episodes, frame by frame.


@pytest.mark.parametrize(
    ("preset", "spec"), [("risk", "random"), ("highway", "random"), ("risk", "traffic")]
)
def test_frames_lead_to_the_very_state_of_the_world(preset, spec):
    drive = drive_of(spec, preset)
    frames = drive.frames_per_action
    assert frames == {"risk": 3, "highway": 15}[preset]
    steps = 0
    while not drive.over and steps < 40:
        steps += 1
        drive.step()
        assert len(drive.shots) == frames + 1
        for name in ("x", "y", "heading", "speed", "crashed"):
            np.testing.assert_array_equal(
                drive.shots[-1].row[name], drive._worlds.telemetry[name][0], err_msg=name
            )
    assert steps > 1


def test_an_episode_counts_as_evaluation_does():
    result = evaluate_highway(
        make_highway_driver("idle", IDS["risk"], highway_settings(None, "risk").values),
        "risk", episodes=2, seed=5,
    )  # fmt: skip
    drive = drive_of("idle")
    drive.seed = 5
    drive.start(0)
    collisions = 0
    for episode in range(2):
        drive.start(episode)
        while not drive.over:
            drive.step()
        score, columns = drive.score, result.columns
        collisions += int(columns["collision"][episode])
        assert score.returned == pytest.approx(columns["return"][episode], abs=1e-9)
        assert score.mean_speed == pytest.approx(columns["speed"][episode])
        assert score.least_distance == pytest.approx(columns["minimum_distance"][episode])
        assert (score.steps, score.collisions) == (columns["length"][episode], collisions)


# Keys.


def test_arrows_point_where_the_picture_does():
    up, right = Keys(up=True), Keys(right=True)
    assert driving_keys(up, along=False) == up
    assert driving_keys(up, along=True) == Keys(left=True)
    assert driving_keys(right, along=True) == Keys(up=True)


def test_keys_ask_for_meta_actions():
    names = ("LANE_LEFT", "IDLE", "LANE_RIGHT", "FASTER", "SLOWER")
    wanted = {
        Keys(left=True): 0, Keys(): 1, Keys(right=True): 2, Keys(up=True): 3, Keys(down=True): 4,
        Keys(left=True, right=True): 1,
    }  # fmt: skip
    assert {keys: meta_action(keys, names) for keys in wanted} == wanted
    assert meta_action(Keys(up=True), ("SLOWER", "IDLE", "FASTER")) == 2
    assert meta_action(Keys(up=True), names[:3]) == 1


def test_a_key_tapped_between_two_actions_counts():
    drive = person_drive(Keys, "highway", initial_lane_id=2)
    app = HighwayApp(drive)
    app.advance(1.0)
    assert drive.score.steps == 0  # nobody is run over before they are ready
    app.handle(key_down(pygame.K_UP))  # up on the picture: to the left
    app.advance(0.01)
    assert drive.score.steps == 1
    app.restart()
    app.handle(key_down(pygame.K_UP))
    app.step()
    assert drive.score.action == "LANE_LEFT"
    app.step()
    assert drive.score.action == "IDLE"


def test_a_person_changes_lane_and_straightens_by_letting_go():
    held = [Keys(down=True)]  # down on the picture: to the right
    drive = person_drive(lambda: held[0], initial_lane_id=0, vehicles_count=0)
    for _ in range(8):
        drive.step()
    held[0] = Keys()
    for _ in range(8):
        drive.step()
    outcome = drive.shots[-1].outcome
    assert 2.0 < outcome["y"] < 8.0
    assert abs(outcome["heading"]) < 0.01
    assert outcome["speed"] == pytest.approx(25.0, abs=0.01)
    hud = HighwayHud()
    fill_hud(hud, outcome, drive.shots[-1].row, drive.settings)
    assert hud.lane == hud.target_lane == outcome["lane"] > 0
    assert outcome["target_lane"] == 0  # the engine's, which nobody steers for
    held[0] = Keys(right=True)
    drive.step()
    assert drive.shots[-1].outcome["speed"] == pytest.approx(26.0, abs=0.01)


def test_the_wheels_turn_back_towards_the_road():
    assert wheel_angle(0.0, 25.0, 0.1) < 0.0 < wheel_angle(1.0, 25.0, 0.0)
    assert wheel_angle(1.0, 0.0, 0.0) == pytest.approx(-wheel_angle(-1.0, 0.0, 0.0))
    assert wheel_angle(0.0, -10.0, 0.1) > 0.0  # backwards the wheels work the other way round


# The window's app.


def test_pause_step_rate_camera_and_episodes():
    drive = drive_of("idle")
    app = HighwayApp(drive)
    surface = pygame.Surface((320, 135))
    app.advance(0.1)
    app.paint(surface)
    assert drive.score.steps == 1
    app.handle(key_down(pygame.K_SPACE))
    app.advance(1.0)
    assert drive.score.steps == 1
    app.handle(key_down(pygame.K_PERIOD))
    assert drive.score.steps == 2
    assert app.place == app.last_place
    app.handle(key_down(pygame.K_p))
    app.handle(key_down(pygame.K_PLUS))
    assert app.rate == 2.0
    for _ in range(10):
        app.advance(0.1)  # two seconds of the world: ten actions
    assert drive.score.steps in (12, 13)
    for key in (pygame.K_c, pygame.K_o, pygame.K_h):
        before = pygame.surfarray.array3d(surface)
        app.handle(key_down(key))
        app.paint(surface)
        assert (pygame.surfarray.array3d(surface) != before).any()
    app.handle(key_down(pygame.K_h))
    app.handle(key_down(pygame.K_n))
    assert (drive.episode, drive.score.steps, drive.score.episodes) == (1, 0, 2)
    app.handle(key_down(pygame.K_r))
    assert (drive.episode, drive.score.episodes) == (1, 2)
    app.handle(key_down(pygame.K_ESCAPE))
    assert not app.running


def test_a_watched_driver_goes_on_to_the_next_episode():
    app = HighwayApp(drive_of("idle", duration=1), rate=4.0)
    for _ in range(60):
        app.advance(0.1)
    assert app.drive.episode >= 1


def test_the_crash_is_not_told_before_it_is_seen():
    drive = drive_of("random", "highway")
    app = HighwayApp(drive)
    while not drive.over:
        app.advance(1 / 15)
    assert drive.shots[-1].outcome["crashed"]
    assert not app.at_end
    assert drive.score_before.collisions == 0
    while not app.at_end:
        app.advance(1 / 15)
    assert drive.score.collisions == 1


def test_wrong_settings_of_a_drive_are_named():
    with pytest.raises(RacerError, match="a seed is"):
        HighwayDrive(drive_of("idle").driver, highway_settings(None, "risk"), -1)
    assert _core.highway.VEHICLE_SIZE == (5.0, 2.0)
