"""Known minimum times: shipped, found by fingerprint, shown where lap times are."""

from __future__ import annotations

import dataclasses
import json
import sys
from itertools import product

import numpy as np
import pytest

from racer import _core
from racer.cli.main import main
from racer.errors import RacerError
from racer.laps import load_lap, save_lap, verify_lap
from racer.optimal import reference
from racer.optimal.reference import (
    COLUMNS,
    SHIPPED,
    Reference,
    cache_folder,
    cache_path,
    demonstrated_lap,
    gaps,
    load_reference,
    reference_lap,
    save_reference,
)
from racer.optimal.solver.quasi_steady import quasi_steady_lap
from racer.tools import optimal_data
from racer.tracks import list_tracks, load_track

PAIRS = sorted(product(list_tracks(), _core.vehicles()))


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(reference, "cache_folder", lambda: tmp_path / "cache")
    reference.forget()
    yield
    reference.forget()


@pytest.mark.parametrize(("name", "vehicle"), PAIRS)
def test_catalogue_has_its_minimum_times(name, vehicle):
    track = load_track(name)
    known = reference_lap(track, vehicle)
    assert known is not None, "compute it: python -m racer.tools.optimal_data"
    assert known.violation < 1e-4
    assert 0.88 * known.quasi_steady_s < known.flying_lap_s < known.quasi_steady_s
    assert known.standing_lap_s > known.flying_lap_s
    (_, before), (_, last) = known.meshes[-2:]
    assert abs(last - before) < 5e-4 * last
    lap = known.lap
    assert set(lap) == set(COLUMNS)
    assert lap["t"][-1] == pytest.approx(known.flying_lap_s, abs=1e-3)
    assert lap["s"][-1] == pytest.approx(track.length, abs=0.1)
    assert np.all(np.diff(lap["s"]) > 0.0)
    assert known.quasi_steady_s == pytest.approx(quasi_steady_lap(track, vehicle).time_s, rel=1e-3)


@pytest.mark.parametrize(("name", "vehicle"), PAIRS)
def test_catalogue_has_its_demonstrated_laps(name, vehicle):
    track = load_track(name)
    known, path = reference_lap(track, vehicle), demonstrated_lap(track, vehicle)
    assert path is not None, "drive it: python -m racer.tools.optimal_data"
    check = verify_lap(path)
    assert check.ok
    assert check.proved  # the file holds everything since the car stood on the line
    assert check.valid
    assert not check.record.standing
    assert check.lap_time_s == known.demonstrated_lap_s
    assert known.flying_lap_s < check.lap_time_s <= 1.01 * known.flying_lap_s


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*")), ids=lambda path: path.name)
def test_shipped_results_are_small(path):
    assert path.stat().st_size <= (60_000 if path.suffix == ".json" else 100_000)


def test_gaps_are_shares_of_the_known_times():
    track = load_track("harbour")
    known = reference_lap(track, "gt")
    found = gaps(track, "gt", 1.1 * known.flying_lap_s)
    assert found["gap_to_optimal"] == pytest.approx(0.1)
    assert found["gap_to_demonstrated"] == pytest.approx(
        1.1 * known.flying_lap_s / known.demonstrated_lap_s - 1.0
    )
    standing = gaps(track, "gt", known.standing_lap_s, standing=True)
    assert standing == {"gap_to_optimal": 0.0, "gap_to_demonstrated": None}
    unknown = {"gap_to_optimal": None, "gap_to_demonstrated": None}
    assert gaps(track, "gt", None) == unknown
    assert gaps(ring(), "gt", 50.0) == unknown


def ring() -> _core.circuit.Track:
    """A track that nobody has solved."""
    line = np.exp(2j * np.pi * np.arange(40) / 40) * 80.0
    width = np.full(40, 5.0)
    return _core.circuit.Track(line.real.copy(), line.imag.copy(), width, width)


def test_the_maintainers_command_leaves_alone_what_is_there(monkeypatch, capsys, tmp_path):
    def forbidden(*_arguments, **_rest):
        raise RacerError("solved again")

    monkeypatch.setattr(optimal_data, "compute", forbidden)
    assert optimal_data.main(["--vehicle", "gt", "formula"]) == 0
    assert "all there" in capsys.readouterr().out
    assert optimal_data.main(["--vehicle", "gt", "--track", "harbour", "--again"]) == 1
    assert "harbour, gt" in capsys.readouterr().out.splitlines()[-1]
    assert optimal_data.main(["--track", "harbour", "--out", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []


def example(track: _core.circuit.Track) -> Reference:
    lap = {name: np.linspace(0.0, 1.0, 9) for name in COLUMNS}
    physics = _core.physics_fingerprint("gt")
    return Reference(
        "t", track.fingerprint, "gt", physics, 50.0, 55.0, 52.0, None, 1e-8, ((9, 50.0),), lap
    )


def test_results_are_read_as_written(tmp_path):
    wanted = example(load_track("harbour"))
    save_reference(wanted, tmp_path / "a.json")
    found = load_reference(tmp_path / "a.json")
    assert dataclasses.replace(found, lap={}) == dataclasses.replace(wanted, lap={})
    for name in COLUMNS:
        np.testing.assert_allclose(found.lap[name], wanted.lap[name], atol=0.006)
    assert len(found.thinned(4).lap["s"]) == 4


def test_a_cached_result_comes_before_a_shipped_one():
    track = load_track("harbour")
    mine, shipped = example(track), reference_lap(track)
    save_reference(mine, cache_path(track.fingerprint, "gt", mine.physics))
    assert reference_lap(track).flying_lap_s == 50.0
    assert reference_lap(track).demonstrated_lap_s == shipped.demonstrated_lap_s


def test_a_cached_lap_without_its_run_up_is_no_demonstration():
    """As versions before lap format 2 wrote them: the time of the shipped lap stands."""
    track = load_track("harbour")
    shipped = reference_lap(track)
    mine = dataclasses.replace(example(track), demonstrated_lap_s=40.0)
    target = cache_path(track.fingerprint, "gt", mine.physics)
    save_reference(mine, target)
    assert reference_lap(track).demonstrated_lap_s == shipped.demonstrated_lap_s
    proof = SHIPPED / "harbour-gt.lap.npz"
    reference.lap_path(target).write_bytes(proof.read_bytes())
    assert reference_lap(track).demonstrated_lap_s == shipped.demonstrated_lap_s
    faster = dataclasses.replace(mine, demonstrated_lap_s=verify_lap(proof).lap_time_s)
    save_reference(faster, target)
    assert reference_lap(track).demonstrated_lap_s == shipped.demonstrated_lap_s
    assert demonstrated_lap(track) == reference.lap_path(target)
    reference.lap_path(target).write_bytes(b"no lap")
    assert demonstrated_lap(track) == proof


@pytest.mark.parametrize("dropped", [0, 600])
def test_a_false_lap_in_the_cache_demonstrates_nothing(dropped):
    """Faster by its own word: the engine, which drives it again, does not agree."""
    track = load_track("harbour")
    shipped = reference_lap(track)
    proof = SHIPPED / "harbour-gt.lap.npz"
    record = load_lap(proof)
    false = dataclasses.replace(
        record,
        lap_time_s=record.lap_time_s - 10.0,
        inputs=record.inputs[dropped:],
        hashes=record.hashes[dropped // 60 :],
        first_tick=record.first_tick - dropped,
    )
    mine = dataclasses.replace(example(track), demonstrated_lap_s=false.lap_time_s)
    target = cache_path(track.fingerprint, "gt", mine.physics)
    save_reference(mine, target)
    save_lap(false, reference.lap_path(target))
    reference.forget()
    assert reference_lap(track).demonstrated_lap_s == shipped.demonstrated_lap_s
    assert demonstrated_lap(track) == proof


def test_laps_are_driven_again_only_where_they_prove_nothing(monkeypatch, capsys, tmp_path):
    def forbidden(*_arguments, **_rest):
        raise RacerError("driven again")

    monkeypatch.setattr(optimal_data, "demonstrate", forbidden)
    again = ["--vehicle", "gt", "--track", "harbour", "--prove-again"]
    assert optimal_data.main(again) == 0
    assert optimal_data.main([*again, "--out", str(tmp_path)]) == 1
    assert "there is no demonstrated lap of harbour, gt" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_progress_goes_to_stderr_beside_json(monkeypatch, capsys):
    def slow(track, _vehicle, *, report, **_rest):
        report("quasi-steady estimate 52.000 s")
        return example(track)

    monkeypatch.setattr("racer.optimal.solver.compute.known_or_computed", slow)
    assert main(["optimal", "harbour", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["flying_lap_s"] == 50.0
    assert "quasi-steady estimate" in told.err


def test_the_maintainers_command_keeps_no_result_that_breaks_limits(monkeypatch, capsys, tmp_path):
    known = reference_lap(load_track("harbour"))
    poor = dataclasses.replace(known, violation=2e-4)
    monkeypatch.setattr(optimal_data, "compute", lambda *_arguments, **_rest: poor)
    assert optimal_data.main(["--vehicle", "gt", "--track", "harbour", "--out", str(tmp_path)]) == 1
    assert "limits are broken by 2.0e-04" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_another_track_or_physics_has_no_result(monkeypatch):
    assert reference_lap(ring()) is None
    monkeypatch.setattr(reference._core, "physics_fingerprint", lambda _vehicle: "0" * 16)
    assert reference_lap(load_track("harbour")) is None


NUMBERS = ["flying_lap_s", "quasi_steady_s", "standing_lap_s", "demonstrated_lap_s", "violation"]


@pytest.mark.parametrize("name", [*NUMBERS, "track", "lap"])
def test_results_with_values_that_cannot_be_are_refused_and_not_used(name):
    track = load_track("harbour")
    content = example(track).as_json()
    content[name] = {column: [] for column in COLUMNS} if name == "lap" else [-1.0]
    path = cache_path(track.fingerprint, "gt", content["physics"])
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    with pytest.raises(RacerError, match="holds no minimum-time result"):
        load_reference(path)
    assert reference_lap(track).track == "Harbour"  # the shipped one


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"format": 1}', '{"format": 2}', '{"format": 1, "meshes": 3}']
)
def test_bad_results_are_refused(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(RacerError, match=r"bad\.json"):
        load_reference(path)


def test_cache_folder_follows_the_platform(monkeypatch, tmp_path):
    folder = cache_folder.__wrapped__ if hasattr(cache_folder, "__wrapped__") else cache_folder
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert folder() == tmp_path / "racer" / "optimal"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folder().parts[-3:] == ("Caches", "racer", "optimal")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert folder() == tmp_path / "racer" / "Cache" / "optimal"


def test_command_tells_the_known_times(capsys, tmp_path):
    assert main(["optimal", "harbour", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["flying_lap_s"] == reference_lap(load_track("harbour")).flying_lap_s
    assert main(["optimal", "harbour", "--out", str(tmp_path), "--no-picture", "--rows", "50"]) == 0
    assert "minimum time, flying" in capsys.readouterr().out
    assert len(load_reference(tmp_path / "harbour-gt.json").lap["s"]) == 50
    copy = tmp_path / "harbour-gt.lap.npz"
    assert verify_lap(copy).ok
    # The same again is no second file, and another lap of that name stays.
    again = ["optimal", "harbour", "--out", str(tmp_path), "--no-picture"]
    assert main(again) == 0
    assert len(list(tmp_path.iterdir())) == 2
    copy.write_bytes(b"mine")
    assert main(again) == 0
    assert copy.read_bytes() == b"mine"
    assert verify_lap(tmp_path / "harbour-gt_2.lap.npz").ok


def test_command_draws_a_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="needs the extra 'plots'")
    assert main(["optimal", "harbour", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "harbour-gt.png").stat().st_size > 20_000
    assert capsys.readouterr().out


def test_fast_estimate(capsys, tmp_path):
    assert main(["optimal", "harbour", "--fast", "--json", "--out", str(tmp_path)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["quasi_steady_s"] > reference_lap(load_track("harbour")).flying_lap_s
    assert (tmp_path / "harbour-gt-fast.json").exists()


@pytest.mark.parametrize("args", [["--vehicle", "boat"], ["--rows", "1"]])
def test_wrong_arguments_are_named(args, capsys):
    assert main(["optimal", "harbour", *args]) == 2
    assert args[1] in capsys.readouterr().err


def test_missing_solver_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "casadi", None)
    for module in ("solve", "collocation", "model"):
        monkeypatch.delitem(sys.modules, f"racer.optimal.solver.{module}", raising=False)
    assert main(["optimal", "harbour", "--again"]) == 2
    assert "racer-sim[optimal]" in capsys.readouterr().err


def test_track_list_has_the_times(capsys):
    assert main(["tracks", "--json"]) == 0
    for facts in json.loads(capsys.readouterr().out):
        assert facts["optimal_lap_s"] > 20.0
        assert facts["demonstrated_lap_s"] is None or facts["demonstrated_lap_s"] > 20.0
