"""The game without pixels: races, timing, kept laps and drives in a process that has no pygame."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, sys
for name in ("pygame", "matplotlib", "torch"):
    sys.modules[name] = None  # importing it fails
from pathlib import Path
from racer.drivers import make_driver
from racer.drivers.keys import Keys
from racer.envs.highway.settings import highway_settings
from racer.laps import verify_lap
from racer.play.circuit.keeper import LapKeeper
from racer.play.circuit.race import Race
from racer.play.circuit.recording import lap_table, record_agent
from racer.play.highway.drive import HighwayDrive
from racer.play.highway.person import HighwayPerson
from racer.play.keyboard import HumanDriver, ScriptedKeyboard
from racer.tracks import load_track

track = load_track(sys.argv[1])
person = HumanDriver(ScriptedKeyboard(lambda: Keys(up=True)), "Ada")
race = Race(track, [person, make_driver("casual", track)])
race.restart()
for _ in range(240):
    race.tick()
rival, gap = race.gap()
keeper = LapKeeper(Path(sys.argv[2]))
rows = record_agent(track, make_driver("casual", track), keeper, laps=1)
keeper.close()

settings = highway_settings({"vehicles_count": 10, "duration": 4}, "highway")
hands = HighwayPerson(ScriptedKeyboard(lambda: Keys(right=True)), settings, "Ada")
drive = HighwayDrive(hands, settings, seed=3)
while not drive.over:
    drive.step()
print(json.dumps({
    "speed": float(race.row["v_x"][0]), "lap": race.timing.cars[1].time, "rival": rival,
    "gap": gap, "table": lap_table(rows), "proved": verify_lap(rows[0].path).proved,
    "steps": drive.score.steps, "shots": len(drive.shots), "speeds": drive.score.mean_speed,
}))
"""


def test_the_game_runs_without_a_window(tmp_path: Path) -> None:
    oval = Path(__file__).parent / "fixtures" / "house_of_2026" / "oval.csv"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(oval), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["speed"] > 15.0  # m/s after four seconds of the whole throttle
    assert said["lap"] > 3.0
    assert said["rival"] == "casual"
    assert said["gap"] is not None
    assert said["proved"]
    assert "standing" in said["table"]
    assert said["steps"] == 4  # seconds, one action in each
    assert said["shots"] == 16  # 15 frames a second, and that before
    assert said["speeds"] > 15.0
