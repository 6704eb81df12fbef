import numpy as np
import pygame
import pytest
from laps_for_viewer import Person, short_track

from racer import _core
from racer.drivers import make_driver
from racer.errors import RacerError
from racer.play.circuit.race import Race
from racer.viewer import need as need_module
from racer.viewer import palette
from racer.viewer.camera import Camera, CameraMan, overview
from racer.viewer.circuit.films import shoot_race
from racer.viewer.circuit.hud import HudState
from racer.viewer.circuit.renderer import Renderer
from racer.viewer.circuit.scene import build_scene
from racer.viewer.circuit.views import CarView, between, car_views, frozen
from racer.viewer.offscreen import film, save_picture
from racer.viewer.shapes import Lines, Quads

TICK = _core.TICK_SECONDS


def person_race(person, against=()):
    track = short_track()
    return Race(track, [person.driver, *(make_driver(name, track) for name in against)])


# Scene and camera.


def test_scene_paints_the_very_boundary_of_the_rules():
    track = short_track()
    scene = build_scene(track)
    edges = scene.layers[-1]
    assert isinstance(edges, Lines)
    assert len(edges.points) == len(track.left) + len(track.right)
    tarmac = next(
        q for q in scene.layers if isinstance(q, Quads) and len(q.points) == len(track.left)
    )
    assert np.abs(tarmac.points[:, 0] - track.left).max() < 1e-3
    x0, _, _, y1 = scene.bounds
    assert x0 < track.left[:, 0].min()
    assert y1 > track.left[:, 1].max()
    walls = np.maximum(track.stations["wall_left"], track.stations["wall_right"])
    centre = np.stack([track.stations["x"], track.stations["y"]], 1)
    apart = np.linalg.norm(scene.trees.centres[:, None] - centre[None], axis=2) - walls
    assert (apart.min(axis=1) > scene.trees.radii).all()


def test_camera_puts_what_lies_ahead_up_and_left_left():
    camera = Camera(10.0, 20.0, heading=0.3, scale=4.0, anchor=(100.0, 200.0))
    c, s = np.cos(0.3), np.sin(0.3)
    here, ahead, left = camera.to_screen(
        np.array([[10.0, 20.0], [10 + 5 * c, 20 + 5 * s], [10 - 5 * s, 20 + 5 * c]])
    )
    assert here == pytest.approx((100, 200))
    assert ahead == pytest.approx((100, 180))
    assert left == pytest.approx((80, 200))
    x, y, radius = camera.view((400, 300))
    corners = np.array([[0.0, 0.0], [400, 0], [0, 300], [400, 300]])
    middle = camera.to_screen(np.array([[x, y]]))[0]
    assert np.linalg.norm(corners - middle, axis=1).max() <= radius * 4.0 + 1e-6


def test_camera_man_turns_the_short_way_and_sees_more_at_speed():
    man = CameraMan((0, 0, 100, 100))
    man.shoot((960, 600), 0, 0, 3.1, 0.0, TICK)
    turned = man.shoot((960, 600), 0, 0, -3.1, 0.0, TICK).heading
    assert 3.1 < turned < 3.3
    slow = man.shoot((960, 600), 0, 0, 0, 0.0, 9.0).scale
    assert man.shoot((960, 600), 0, 0, 0, 80.0, 9.0).scale < slow
    assert [man.next_mode() for _ in range(3)] == ["north", "overview", "follow"]
    wide = overview((800, 600), (0, 0, 1000, 100), (50, 50, 50, 50))
    ends = wide.to_screen(np.array([[0.0, 0.0], [1000.0, 100.0]]))
    assert ends[:, 0] == pytest.approx([50, 750])


# Pictures.


def test_renderer_shows_the_car_and_repeats_itself():
    track = short_track()
    race = Race(track, [make_driver("good", track), make_driver("casual", track)])
    race.restart()
    for _ in range(200):
        race.tick()
    telemetry = race.session.telemetry
    frames = [
        Renderer(track, (640, 400), camera=mode).frame(telemetry, race.names, hud=HudState())
        for mode in ("follow", "follow", "north", "overview")
    ]
    for frame in frames:
        assert frame.shape == (400, 640, 3)
        assert frame.dtype == np.uint8
        assert len(np.unique(frame.reshape(-1, 3), axis=0)) > 50
        assert (np.abs(frame.astype(int) - palette.CARS[0]).sum(axis=2) < 12).sum() > 20
    assert (frames[0] == frames[1]).all()
    assert (frames[0] != frames[2]).any()
    fine = Renderer(track, (640, 400), fine=2).frame(telemetry)
    assert fine.shape == (400, 640, 3)


def test_renderer_refuses_sizes_that_cannot_be():
    with pytest.raises(RacerError, match="not usable"):
        Renderer(short_track(), (10, 100_000))


def test_between_two_ticks_but_not_across_a_jump():
    race = person_race(Person())
    before = frozen(race.row)
    after = {name: values + 1.0 for name, values in before.items()}
    assert between(before, after, 0.25)["x"] == pytest.approx(before["x"] + 0.25)
    after["x"] = after["x"] + 50
    assert (between(before, after, 0.25)["x"] == after["x"]).all()
    (view,) = car_views(before, ["Ada"])
    assert isinstance(view, CarView)
    assert not view.ghost


def test_pictures_and_films_are_written_whole_or_not_at_all(tmp_path):
    track = short_track()
    shoot_race(Race(track, [make_driver("good", track)]), tmp_path / "a.png", seconds=0.5)
    assert (tmp_path / "a.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    race = Race(track, [make_driver("good", track), make_driver("casual", track)])
    shares = []
    shoot_race(
        race,
        tmp_path / "a.mp4",
        seconds=0.5,
        size=(320, 200),
        frames_per_second=30,
        progress=shares.append,
    )
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"
    assert len(shares) == 15
    assert shares[-1] == 1.0
    with pytest.raises(ZeroDivisionError), film(tmp_path / "b.mp4", (320, 200), 30) as add:
        add(np.full((200, 320, 3), 1 // (len(shares) - 15), np.uint8))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "a.png"]


def test_wrong_suffix_and_missing_packages_are_one_sentence(tmp_path, monkeypatch):
    race = Race(short_track(), [make_driver("good", short_track())])
    with pytest.raises(RacerError, match=r"must end in \.png, of a video in \.mp4 or \.gif"):
        shoot_race(race, tmp_path / "a.avi", seconds=1.0)
    monkeypatch.setattr(need_module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RacerError, match=r"pip install 'racer-sim\[plots\]'"):
        shoot_race(race, tmp_path / "a.mp4", seconds=1.0)
    with pytest.raises(RacerError, match=r"pip install 'racer-sim\[view\]'"):
        need_module.need("pygame", "the viewer")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    frame = np.zeros((20, 30, 3), np.uint8)
    with pytest.raises(RacerError, match="cannot be written"):
        save_picture(frame, tmp_path / "file" / "x.png")
    with (
        pytest.raises(RacerError, match="cannot be written"),
        film(tmp_path / "file" / "x.mp4", (30, 20), 30),
    ):
        pass


def test_save_picture_keeps_pixels(tmp_path):
    frame = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    save_picture(frame, tmp_path / "x.png")
    again = pygame.surfarray.array3d(pygame.image.load(tmp_path / "x.png")).transpose(1, 0, 2)
    assert (again == frame).all()
