import dataclasses

import numpy as np
import pytest
from lap_scene import egg_laps, rolling_lap
from laps_for_viewer import agent_records

from racer import _core
from racer.errors import RacerError
from racer.laps.traces import gap_over_distance, time_at, trace_lap
from racer.plots.laps import label_of, lap_figure, lap_picture


@pytest.fixture(scope="module")
def traces():
    return [trace_lap(record) for name in ("good", "casual") for record in agent_records(name)]


def test_a_trace_begins_and_ends_on_the_line_at_the_recorded_times(traces):
    for trace in traces:
        record, length = trace.record, trace.record.track.length
        assert len(trace) == record.ticks - record.first_tick
        assert trace.place[-1] >= length
        assert trace.place[-2] < length
        ends = np.asarray(record.track.sector_ends)
        assert time_at(trace, np.array([length]))[0] == pytest.approx(record.lap_time_s, abs=1e-6)
        assert time_at(trace, ends) == pytest.approx(np.cumsum(record.sectors_s), abs=1e-6)
        assert np.diff(trace.time) == pytest.approx(_core.TICK_SECONDS)
        # Above the line the car's place is its place along the lap.
        inside = (trace.place > 1) & (trace.place < length - 1)
        assert np.abs(trace.place - trace.s)[inside].max() < 1e-6
        assert trace.speed.max() > 15


def test_the_gap_ends_at_the_difference_of_the_lap_times(traces):
    _, fast, _, slow = traces
    length = fast.record.track.length
    gap = gap_over_distance(slow, fast, np.array([0.5, length]))
    assert gap[0] == pytest.approx(0.0, abs=0.05)
    assert gap[1] == pytest.approx(slow.record.lap_time_s - fast.record.lap_time_s, abs=1e-6)
    assert not gap_over_distance(fast, fast, np.arange(0, length, 7.0)).any()


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_is_written(traces, tmp_path, suffix):
    path = tmp_path / f"laps.{suffix}"
    lap_picture(traces, path, labels=["a", "b", "c", "d"], title="Four laps")
    assert path.stat().st_size > 20_000
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_drawn_is_one_sentence(traces, tmp_path):
    with pytest.raises(RacerError, match=r"must end in \.png"):
        lap_picture(traces, tmp_path / "laps.bmp")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(RacerError, match="cannot be written"):
        lap_picture(traces[:1], tmp_path / "file" / "laps.png")
    (tmp_path / "file").unlink()
    with pytest.raises(RacerError, match="at least one lap"):
        lap_picture([], tmp_path / "laps.png")
    assert not list(tmp_path.iterdir())


def test_names_are_no_mathematics_and_unproved_laps_have_no_gap() -> None:
    record = dataclasses.replace(egg_laps()[0], driver="$\\frac{$ _x")
    traces = [trace_lap(record), trace_lap(rolling_lap())]
    figure = lap_figure(traces)
    figure.canvas.draw()
    gap = figure.axes[2]
    assert len(gap.lines) <= len(lap_figure(traces[:1]).axes[2].lines)
    assert "(not proved)" in label_of(traces[1])
