"""A lap that counts is proved from rest; everything else is shown as what it is."""

import dataclasses
import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lap_scene import (
    circuit,
    egg,
    egg_laps,
    from_state,
    laps_of,
    old_form,
    old_laps,
    pedals,
    rolling_lap,
)
from track_scene import ring, write_csv

from racer import _core
from racer.cli.compare import compare, table
from racer.cli.main import main
from racer.cli.verify import copies, describe
from racer.envs.circuit.session import Session
from racer.errors import LapError, RacerError
from racer.formats.lookalike import mixes_scripts, skeleton
from racer.formats.text import is_plain
from racer.laps import (
    MAX_TICKS,
    LapRecord,
    Placement,
    check_track_name,
    drive_again,
    encode_lap,
    identity_of,
    load_lap,
    open_car,
    put_at_start,
    save_lap,
    save_new_lap,
    states_of,
    track_title,
    verify_lap,
)
from racer.laps.traces import trace_lap
from racer.tracks import load_track

SHIPPED = Path(__file__).parents[1] / "racer" / "data" / "optimal"


# --- from rest ------------------------------------------------------------------------------------


def test_laps_from_rest_are_proved_and_hold_everything_since() -> None:
    standing, flying = egg_laps()
    assert standing.placement == flying.placement == Placement()
    assert standing.first_tick == 0
    assert flying.first_tick == standing.ticks - 1  # one line crossing ends one and starts the next
    assert np.array_equal(flying.inputs[: standing.ticks], standing.inputs)
    assert all(verify_lap(record).proved for record in egg_laps())


def test_a_start_at_rest_anywhere_proves_the_flying_lap() -> None:
    session = Session(egg())
    session.place(0, 0, 151.2346, -1.00049, 0.1)
    (lap,) = laps_of(session, 1)
    record = lap.record()
    assert record.placement == Placement(151_235, -1000, 100_000)
    assert not record.standing
    assert record.first_tick > 300
    check = verify_lap(record)
    assert (check.ok, check.proved, check.reason) == (True, True, "")


def test_a_rolling_start_is_ok_and_not_proved(tmp_path: Path, capsys) -> None:
    path = tmp_path / "rolling.lap.npz"
    save_lap(rolling_lap(), path)
    check = verify_lap(path)
    assert (check.ok, check.proved, check.valid) == (True, False, True)
    assert main(["verify", str(path)]) == 0
    assert "not proved: its start is its recorder's word" in capsys.readouterr().out
    assert main(["verify", "--proved", str(path)]) == 1
    capsys.readouterr()
    assert main(["verify", "--json", str(path)]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert (item["ok"], item["proved"], item["gap_to_optimal"]) == (True, False, None)


def test_a_lap_whose_start_was_made_faster_is_not_proved() -> None:
    """The issue's first example: v_x is raised, and everything is made right again."""
    old = old_laps()[1]
    start = old.start.copy()
    start["v_x"] = 60.0
    forged = from_state(old, start, old.inputs)
    check = verify_lap(forged)
    assert not check.proved
    rows = compare([trace_lap(record) for record in (egg_laps()[1], old)])
    assert [row["gap_s"] for row in rows] == [0.0, None]


def test_old_standing_laps_are_proved_if_the_engine_starts_them_so() -> None:
    standing, flying = (verify_lap(record) for record in old_laps())
    assert (standing.ok, standing.proved) == (True, True)
    assert (flying.ok, flying.proved) == (True, False)
    grid = [old_form(lap.record()) for lap in laps_of(Session(circuit(), cars=3), 3)]
    assert all(verify_lap(record).proved for record in grid)
    start = old_laps()[0].start.copy()
    for name, value in {"x": 0.1, "y": 0.1}.items():  # beside the middle: the recorder's word
        start[name] += value
    assert not verify_lap(from_state(old_laps()[0], start, old_laps()[0].inputs)).proved


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sector_start", 1100.0),
        ("lap_start", 100.0),
        ("lap_start", -100.0),
        ("episode_ticks", 60),
        ("sector_time_1", 3.0),
        ("sector", 1),
        ("checkpoint", 3),
        ("lap_reasons", 1),
        ("lap", 7),
        ("steer", 0.1),
        ("a_x", 5.0),
        ("v_x", 1e-9),
        ("yaw_rate", 0.1),
        ("distance", 5.0),
        ("stillness_ticks", 5),
        ("input_throttle", 5),
        ("world_done", 1),
    ],
)
def test_every_field_of_an_old_standing_start_is_the_engines(name: str, value: float) -> None:
    old = old_laps()[0]
    start = old.start.copy()
    start[name] = value
    check = verify_lap(from_state(old, start, old.inputs))
    assert not check.ok
    assert name in check.reason or "no lap ends" in check.reason


def test_cars_of_one_world_do_not_change_each_others_laps() -> None:
    alone, company = Session(circuit()), Session(circuit(), cars=4)
    grid = laps_of(company, 4)
    for lap in grid:
        place = lap.begin
        alone.place(0, 0, place.s, place.n, place.heading_error)
        replay = drive_again(circuit(), "gt", place, lap.inputs)
        assert float(replay.event["time"]) == lap.time_s
        assert lap.record().placement == place
    assert len({lap.begin.n_mm for lap in grid}) == 4


def test_a_session_forgets_what_nobody_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("racer.envs.circuit.session.MAX_TICKS", 3 * 3600)
    session = Session(egg())
    laps = []
    while session.ticks < 5 * 3600:
        laps += session.tick(pedals(session))
    assert laps[0].proved
    assert not laps[-1].proved  # too long since the start: as after a rolling one
    assert verify_lap(laps[-1].record()).ok
    assert len(session._log._chunks) <= 2
    assert MAX_TICKS * 10 < 16 << 20  # the longest drive fits into a file


# --- what is stored -------------------------------------------------------------------------------


def test_the_run_up_is_small() -> None:
    flying = egg_laps()[1]
    inputs = np.repeat(flying.inputs[::6], 6, axis=0)[: flying.ticks]  # a driver at 10 Hz
    small = encode_lap(dataclasses.replace(flying, inputs=inputs))
    assert len(small) < 0.4 * len(encode_lap(flying))


def test_a_copy_has_the_same_identity_whoever_claims_it(tmp_path: Path, capsys) -> None:
    flying = egg_laps()[1]
    stolen = dataclasses.replace(
        flying, driver="Eve", device="gamepad", created="2020-01-01T00:00:00+00:00"
    )
    assert identity_of(stolen) == identity_of(flying)
    assert identity_of(egg_laps()[0]) != identity_of(flying)
    paths = [str(tmp_path / name) for name in ("a.lap.npz", "b.lap.npz")]
    for path, record in zip(paths, (flying, stolen), strict=True):
        save_lap(record, path)
    assert main(["verify", *paths]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "the same lap" not in lines[0]
    assert f"the same lap as {paths[0]}" in lines[1]
    assert "claimed: Eve, gamepad" in lines[1]
    assert main(["compare", *paths]) == 0
    assert f"the same lap as {paths[0]}" in capsys.readouterr().out


def test_a_copy_with_an_input_changed_that_does_nothing_is_recognised() -> None:
    """Where the steering's rate hides the target, another input is the same drive."""
    flying = egg_laps()[1]
    check = verify_lap(flying)
    for tick in range(200):
        inputs = flying.inputs.copy()
        inputs[tick, 0] += 1
        replay = drive_again(flying.track, "gt", flying.placement, inputs)
        hidden = dataclasses.replace(flying, inputs=inputs, hashes=replay.hashes)
        if float(replay.event["time"]) == flying.lap_time_s:
            again = verify_lap(hidden)
            assert again.proved
            assert again.identity != check.identity
            assert again.motion == check.motion
            assert copies([check, again]) == [None, check.file]
            return
    pytest.fail("no input is hidden by the steering's rate")


def test_hidden_run_up_changes_do_not_make_another_lap() -> None:
    flying = egg_laps()[1]
    waited = np.concatenate([np.repeat([[0, 0, 32767]], 30, axis=0), flying.inputs]).astype("i2")
    replay = drive_again(flying.track, "gt", flying.placement, waited)
    # The clock of the standing lap ran while it waited; the flying lap is the same drive.
    later = dataclasses.replace(
        flying,
        inputs=waited,
        hashes=replay.hashes,
        first_tick=replay.first_tick,
        lap_time_s=float(replay.event["time"]),
        sectors_s=tuple(float(t) for t in replay.event["sectors"]),
    )
    assert verify_lap(later).motion == verify_lap(flying).motion


def test_the_content_is_bound(tmp_path: Path) -> None:
    from forgery import parts

    from racer.formats import npz

    header, arrays = parts(encode_lap(egg_laps()[1]))
    header["driver"] = "Eve"
    text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
    path = tmp_path / "x.lap.npz"
    path.write_bytes(npz.encode({"header": text, **arrays}))
    with pytest.raises(LapError, match="was changed: its field content"):
        load_lap(path)


@pytest.mark.parametrize("spelling", ["spaces", "order", "float", "escape"])
def test_only_one_spelling_is_read(tmp_path: Path, spelling: str) -> None:
    from forgery import parts

    from racer.formats import npz

    header, arrays = parts(encode_lap(egg_laps()[1]))
    text = {
        "spaces": json.dumps(header, sort_keys=True, indent=1),
        "order": json.dumps(dict(reversed(header.items()))),
        "float": json.dumps(header, sort_keys=True).replace('"runoff": 2.5', '"runoff": 2.50'),
        "escape": json.dumps(header, sort_keys=True).replace('"careful"', '"c\\u0061reful"'),
    }[spelling]
    path = tmp_path / "x.lap.npz"
    path.write_bytes(npz.encode({"header": np.frombuffer(text.encode(), np.uint8), **arrays}))
    with pytest.raises(LapError, match="not spelled as Racer spells it"):
        load_lap(path)


def test_shipped_laps_load_as_what_they_are() -> None:
    files = sorted(SHIPPED.glob("*.lap.npz"))
    assert len(files) >= 18
    for path in files[:3]:
        check = verify_lap(path)
        assert check.ok, check.reason
        assert check.proved == (load_lap(path).placement is not None)


# --- text -----------------------------------------------------------------------------------------

HOSTILE = (
    "x\nok     best.lap.npz: 41.000 s, flying lap by Ada on Harbour (valid)",
    "\x1b[2K\rok",
    "a\0b",
    "\u202eadA",
    "\ud800",
    "Ada\u200b",
    "\u2028",
    "Ada\u3164",
    "A" + "\u0316" * 20 + "da",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize("field", ["driver", "device", "track", "package_version"])
def test_hidden_characters_are_refused(tmp_path: Path, text: str, form: int, field: str) -> None:
    from forgery import parts, sealed

    record = (old_laps() if form == 1 else egg_laps())[0]
    header, arrays = parts(encode_lap(record))
    path = tmp_path / "x.lap.npz"
    path.write_bytes(sealed(header | {field: text}, arrays))
    with pytest.raises(LapError, match=f"field {field} with hidden characters") as error:
        load_lap(path)
    assert is_plain(str(error.value))
    assert is_plain(describe(verify_lap(path)))


@pytest.mark.parametrize("text", HOSTILE)
def test_our_own_files_escape_them(text: str) -> None:
    record = egg_laps()[0].driven_by(text, text)
    assert is_plain(record.driver + record.device)
    assert verify_lap(record).ok


@pytest.mark.parametrize("name", ["nl\n.lap.npz", "esc\x1b[2K.lap.npz"])
def test_names_of_files_are_escaped(name: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / name
    assert main(["verify", str(path)]) == 1
    path.write_bytes(encode_lap(egg_laps()[0]))
    assert main(["verify", str(path), str(path)]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 3
    assert "\x1b" not in out
    out.encode("utf-8")
    for command in ("compare", "verify"):
        assert main([command, str(path), "--json"]) == 0


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Harbour ", "Harbour", "HARBOUR", "h-arbour", "H\u0430rbour", "\u0397arbour", "harb0ur",
     "Harb\u00f3ur",
     "\uff28\uff41\uff52\uff42\uff4f\uff55\uff52", "\U0001d407arbour", "O1d Town", "Old  Town",
     "random:3", "Random: 3", "random:1234567890123456789", "random:03", "random\uff1a3",
     "random:99999999999999999999", "random:3-street", "../../x", "/etc/x", "C:\\x", "...", "~x",
     "Harbour\u3164", "Harbour\u115f", "Harbour\u2800", "Harbour\ufe0f", "5altpan", "V|aduct",
     "H@rbour", "ha\xaebour", "\u0265arbour", "H\U0001f170rbour", "\U0001f1edarbour",
     "random:1.0", "random:0x1", "random:1e0", "Harbour (catalogue)", "Harbour [Catalogue]",
     "Egg (random circuit)", "Egg \uff08catalogue\uff09", "Egg (valid; proved", "harbour.csv",
     "x.lap.npz", "file:///x", "E" + "\u0316" * 20],
)  # fmt: skip
def test_imitated_names_are_refused(name: str) -> None:
    track = _core.circuit.Track(*egg().centre_line.T, name=name, **egg().options)
    check = verify_lap(dataclasses.replace(egg_laps()[1], track=track))
    assert not check.ok
    assert "track" in check.reason


@pytest.mark.parametrize("name", ["Harbour", "a\\b", "random-3", "Egg (catalogue)", "c:x"])
def test_no_command_writes_a_lap_that_verify_refuses_for_its_name(
    name: str, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "mine.csv"
    rows = "\n".join(",".join(f"{v:.3f}" for v in row) for row in egg().centre_line)
    file.write_text(f"# x_m,y_m,w_tr_right_m,w_tr_left_m\n{rows}\n")
    file.with_suffix(".toml").write_text(f"name = {json.dumps(name)}\n")
    laps = tmp_path / "laps"
    on = ["--track", str(file)]
    for command in (
        ["record", "--driver", "good", *on, "--laps", "1", "--laps-dir", str(laps)],
        ["evaluate", "--policy", "good", *on, "--save-laps", str(laps)],
        ["optimal", str(file), "--prove", "--out", str(laps)],
        ["play", *on, "--laps-dir", str(laps)],
    ):
        assert main(command) != 0
        said = capsys.readouterr().err
        assert "mine.csv" in said
        assert "Laps on it would be refused" in said
    assert not laps.exists()
    with pytest.raises(LapError, match=r"name|called"):
        laps_of(Session(load_track(file)), 1)[0].record("Ada", "keyboard")


def test_names_of_their_own_are_taken_and_identified() -> None:
    for name in (
        "Egg",
        "Nürburg",
        "Nordschleife / GP",
        "random walk 3",
        "Сочи",
        "鈴鹿",
        "Random (short)",
        "Ring [GP]",
        "Autódromo",
        "Ba\u0308rensee",
        "Track 5",
        "1.5 mile",
    ):
        track = _core.circuit.Track(*egg().centre_line.T, name=name, **egg().options)
        check = verify_lap(dataclasses.replace(egg_laps()[1], track=track))
        assert check.ok, check.reason
        shown = f"{name} (not a catalogue circuit, fingerprint {egg().fingerprint})"
        assert shown in describe(check)
    assert track_title(circuit()) == f"{circuit().name} (catalogue)"
    assert track_title(load_track("random:3")) == "random:3 (random circuit)"
    other = _core.circuit.Track(*circuit().centre_line.T, name="Evil", **circuit().options)
    assert track_title(other) == f"{circuit().name} (catalogue)"


def test_the_users_own_circuits_are_compared_too(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RACER_TRACKS_DIR", str(tmp_path))
    rows = "\n".join(",".join(f"{v:.3f}" for v in row) for row in egg().centre_line * 1.1)
    (tmp_path / "my-ring.csv").write_text(f"# x_m,y_m,w_tr_right_m,w_tr_left_m\n{rows}\n")
    (tmp_path / "my-ring.toml").write_text('name = "Ring of mine"\n')
    for name in ("my-ring", "My Ring", "ring of Mine"):
        track = _core.circuit.Track(*egg().centre_line.T, name=name, **egg().options)
        check = verify_lap(dataclasses.replace(egg_laps()[1], track=track))
        assert not check.ok
        assert "'my-ring' has" in check.reason
    assert "imported here" in track_title(load_track("my-ring"))
    narrower = (tmp_path / "my-ring.csv").read_text().replace(",6.000", ",5.000")
    (tmp_path / "my-r1ng.csv").write_text(narrower)
    for name in ("my-ring", "my-r1ng"):  # both are the user's
        check_track_name(load_track(name), "lap")


def test_skeletons() -> None:
    alike = ("Harbour", "h a r b o u r", "HARB\u200bOUR", "\u041d\u0430rb\u043eur", "harb\u00f6ur")
    assert len({skeleton(name) for name in alike}) == 1
    for name in ("h\u0251rbour", "\u13bbarbour", "\u029c\u1d00\u0280\u0299\u1d0f\u1d1c\u0280"):
        assert skeleton(name) == skeleton("Harbour"), name
    assert skeleton("Forest") != skeleton("Harbour")
    assert mixes_scripts("H\u0430rbour")
    assert not mixes_scripts("Сочи 2014")


# --- claims ---------------------------------------------------------------------------------------


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) != 0
    message = capsys.readouterr().err
    assert "Traceback" not in message
    assert len(message.strip().splitlines()) == 1
    return message


def test_commands_write_no_false_claims(tmp_path: Path, capsys, monkeypatch) -> None:
    # Whatever gets past the checks must not open a window.
    monkeypatch.setattr("racer.viewer.window.Window", None)
    folder = ["--track", "harbour", "--laps-dir", str(tmp_path)]
    message = refused(["record", "--driver", "good", "--device", "gamepad", *folder], capsys)
    assert "--device is for people" in message
    for name in ("Good", "go\u200bod", "\x1b[31mAda", "x" * 300, " "):
        refused(["record", "--driver", name, *folder], capsys)
        refused(["play", "--name", name, *folder], capsys)
    for device in ("agent", "Agent ", "replay", "\n", ""):
        refused(["record", "--driver", "Ada", "--device", device, *folder], capsys)
    assert not list(tmp_path.iterdir())


def test_a_lap_driven_again_by_a_replay_says_so(tmp_path: Path) -> None:
    save_lap(
        dataclasses.replace(egg_laps()[0], driver="Ada", device="wheel"), tmp_path / "a.lap.npz"
    )
    from racer.drivers.circuit.replay import ReplayDriver
    from racer.play.circuit.keeper import LapKeeper
    from racer.play.circuit.recording import record_agent

    driver = ReplayDriver.open(tmp_path / "a.lap.npz", egg())
    keeper = LapKeeper(tmp_path / "again")
    rows = record_agent(egg(), driver, keeper, laps=1, device=driver.device)
    keeper.close()
    record = load_lap(rows[0].path)
    assert (record.driver, record.device) == ("replay of Ada", "replay")
    assert identity_of(record) == identity_of(egg_laps()[0])


# --- bounds ---------------------------------------------------------------------------------------

HUGE = """
import resource, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
from forgery import parts, sealed
from lap_scene import egg_laps
from racer.laps import encode_lap, verify_lap
header, arrays = parts(encode_lap(egg_laps()[0]))
verify_lap(egg_laps()[0])
angle = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for far in (1e7, 1e6, 1e5, 8e3):
    rows = np.stack([far * np.cos(angle), far * np.sin(angle), angle * 0 + 5, angle * 0 + 5], 1)
    arrays["track"] = np.rint(rows * 1e6).astype("<i8")
    open(sys.argv[2], "wb").write(sealed(header, arrays))
    check = verify_lap(sys.argv[2])
    assert not check.ok and "track that cannot be built" in check.reason, check.reason
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is POSIX's")
def test_a_huge_circuit_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HUGE, str(Path(__file__).parent), str(tmp_path / "x.lap.npz")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kilobytes = int(done.stdout)
    assert kilobytes < 100_000 * (1000 if sys.platform == "darwin" else 1)


def test_nothing_swells() -> None:
    from forgery import parts, sealed

    from racer.laps import decode_lap

    header, arrays = parts(encode_lap(egg_laps()[1]))
    arrays["held"] = np.full_like(arrays["held"], 2**32 - 1)
    with pytest.raises(LapError, match=r"has [0-9,]+ ticks of inputs"):
        decode_lap(sealed(header, arrays), "x")
    with pytest.raises(LapError, match="1 to 1,000,000 ticks"):
        drive_again(egg(), "gt", Placement(), np.zeros((MAX_TICKS + 1, 3), np.int16))


# --- names of files -------------------------------------------------------------------------------


def keep_two(folder: str) -> None:
    for record in egg_laps():
        save_new_lap(dataclasses.replace(record, driver="Ada"), Path(folder) / "same.lap.npz")


def test_four_processes_with_two_laps_each_leave_eight_files(tmp_path: Path) -> None:
    processes = [
        multiprocessing.get_context("spawn").Process(target=keep_two, args=(str(tmp_path),))
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    files = sorted(tmp_path.iterdir())
    assert len(files) == 8
    assert all(verify_lap(path).proved for path in files)


def test_evaluate_never_overwrites_a_lap(tmp_path: Path, capsys) -> None:
    track = write_csv(tmp_path / "ring.csv", ring(radius=60.0))
    command = ["evaluate", "--policy", "casual", "--track", str(track)]
    command += ["--starts", "2", "--laps", "1"]
    laps = tmp_path / "laps"
    for count in (3, 6):
        assert main([*command, "--save-laps", str(laps)]) == 0
        assert len(list(laps.iterdir())) == count
    assert main(["verify", "--proved", *map(str, laps.iterdir())]) == 0
    capsys.readouterr()
    assert main([*command, "--start", "rolling", "--save-laps", str(tmp_path / "rolling")]) == 0
    checks = [verify_lap(path) for path in (tmp_path / "rolling").iterdir()]
    assert [check.ok for check in checks] == [True] * 3
    assert sorted(check.proved for check in checks) == [False, True, True]


# --- what is compared -----------------------------------------------------------------------------


def test_only_laps_that_count_are_compared() -> None:
    standing, flying = egg_laps()
    rolling = rolling_lap()
    rows = compare([trace_lap(record) for record in (standing, flying, rolling)])
    assert [row["proved"] for row in rows] == [True, True, False]
    assert [row["gap_s"] for row in rows] == [standing.lap_time_s - flying.lap_time_s, 0.0, None]
    lines = table("Egg", rows).splitlines()
    assert lines[4].endswith("flying, not proved")
    assert "*" not in lines[4]
    alone = compare([trace_lap(rolling)])
    assert alone[0]["gap_s"] is None


def test_a_lap_that_is_not_what_it_says_cannot_be_compared(tmp_path: Path, capsys) -> None:
    path = tmp_path / "x.lap.npz"
    save_lap(dataclasses.replace(egg_laps()[1], lap_time_s=1.0), path)
    message = refused(["compare", str(path)], capsys)
    assert "field lap_time_s says 1.0" in message


def test_the_best_lap_of_a_folder_is_a_proved_one(tmp_path: Path) -> None:
    from racer.play.circuit.keeper import LapKeeper, file_name

    keeper = LapKeeper(tmp_path)
    slow = egg_laps()[1].driven_by("Ada", "keyboard")
    unproved = dataclasses.replace(rolling_lap(), driver="Ada")
    lie = dataclasses.replace(slow, lap_time_s=1.0)
    for record in (slow, unproved, lie):
        save_lap(record, tmp_path / file_name(record))
    best = keeper.best(egg(), "gt", "Ada")
    keeper.close()
    assert best is not None
    assert best.lap_time_s == slow.lap_time_s


def test_the_states_of_a_lap_begin_with_its_clock() -> None:
    flying = egg_laps()[1]
    before, states = states_of(flying)
    assert len(states) == flying.ticks - flying.first_tick
    assert before["s"] > flying.track.length - 5.0
    assert states["s"][0] < 5.0
    car = open_car(flying.track)
    put_at_start(car, flying.begin)
    assert car.facts["v_x"][0, 0] == 0.0


@pytest.mark.parametrize("begin", [Placement(0, 10**7, 0), Placement(0, -(10**7), 0)])
def test_a_placement_beyond_the_wall_is_refused(begin: Placement) -> None:
    with pytest.raises(LapError, match="cannot stand"):
        drive_again(egg(), "gt", begin, egg_laps()[0].inputs)


def test_record_types() -> None:
    assert isinstance(egg_laps()[0], LapRecord)
    with pytest.raises(RacerError):
        _ = dataclasses.replace(egg_laps()[0], placement=None).begin


def test_driving_recorded_inputs_at_once_is_stepping_them() -> None:
    flying = egg_laps()[1]
    at_once, stepped = open_car(egg()), open_car(egg())
    for car in (at_once, stepped):
        flying.placement.put(car)
    answer = at_once.drive(flying.inputs, records=True, hash_every=7)
    hashes, states = [], []
    for tick, action in enumerate(flying.inputs.astype(np.float32) / np.float32(32767)):
        stepped.step(action.reshape(1, 1, 3))
        states.append(stepped.snapshot()[0, 0])
        if (tick + 1) % 7 == 0 or tick + 1 == flying.ticks:
            hashes.append(stepped.state_hash()[0])
    assert answer["hashes"].tolist() == hashes
    for name in _core.circuit.CAR_STATE.names:
        assert [state[name] for state in states] == answer["records"][name].tolist()
    assert answer["ends"].tolist() == [flying.first_tick, flying.ticks - 1]
    assert answer["starts"].tolist() == [-1, flying.first_tick]
    assert answer["running_since"] == flying.ticks - 1
    assert at_once.inputs.tolist() == stepped.inputs.tolist()


def test_only_a_car_alone_drives_recorded_inputs() -> None:
    inputs = np.zeros((3, 3), np.int16)
    for batch in (
        _core.circuit.Batch([egg()], 2, autoreset="disabled"),
        _core.circuit.Batch([egg()], 1, cars_per_world=2, autoreset="disabled"),
        _core.circuit.Batch([egg()], 1, ticks_per_action=2, autoreset="disabled"),
        _core.circuit.Batch([egg()], 1, action="axis", autoreset="disabled"),
        _core.circuit.Batch([egg()], 1),
    ):
        with pytest.raises(ValueError, match="a batch of one car"):
            batch.drive(inputs)
    car = open_car(egg())
    with pytest.raises(ValueError, match="shape"):
        car.drive(inputs[:, :2].copy())
    with pytest.raises(TypeError):
        car.drive(inputs.astype(np.int64))
    with pytest.raises(ValueError, match="hash_every"):
        car.drive(inputs, hash_every=0)
    assert len(car.drive(inputs[:0])["hashes"]) == 0


def test_replays_of_recorded_laps_race_from_their_own_places() -> None:
    from racer.drivers import make_driver
    from racer.drivers.circuit.replay import ReplayDriver
    from racer.play.circuit.race import Race

    flying = egg_laps()[1]
    race = Race(egg(), [make_driver("casual", egg()), ReplayDriver(flying)])
    race.restart()
    laps = [lap for _ in range(flying.ticks) for lap in race.tick() if lap.car == 1]
    assert [lap.time_s for lap in laps] == [record.lap_time_s for record in egg_laps()]
