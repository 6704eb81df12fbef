"""Tests know no circuits but ours: the user's folder is an empty one."""

from pathlib import Path

import pytest

from racer.tracks.catalogue import FOLDER_VARIABLE


@pytest.fixture(autouse=True)
def no_user_tracks(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.getbasetemp() / "user-tracks"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder
