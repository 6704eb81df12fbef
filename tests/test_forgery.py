"""Forged laps: whatever is shown as proved is true, and no file does more than be refused."""

from pathlib import Path

import pytest
from forgery import KINDS, forgeries, judge


def test_what_forged_laps_are_shown_to_prove_is_true(tmp_path: Path) -> None:
    outcomes = {kind: set() for kind in KINDS}
    for number, (kind, data) in enumerate(forgeries(300, seed=1)):
        path = tmp_path / f"{kind}-{number}.lap.npz"
        path.write_bytes(data)
        outcomes[kind].add(judge(path))
        path.unlink()
    assert all("wrong" in seen for seen in outcomes.values())
    # An attacker may change what was driven, if it is driven again: another lap, and a true one.
    assert "proved" in outcomes["inputs"]
    assert "proved" in outcomes["placement"]


@pytest.mark.slow
def test_ten_thousand_forged_laps(tmp_path: Path) -> None:
    path = tmp_path / "forged.lap.npz"
    for _, data in forgeries(10_000, seed=2):
        path.write_bytes(data)
        judge(path)
