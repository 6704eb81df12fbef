"""`racer tracks`: the circuits; import, check and draw yours."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.tracks.source import Source
    from racer.tracks.survey import Survey

EXAMPLES = """\
examples:
  racer tracks                                  list all
  racer tracks import Monza.csv                 check, smooth, keep and draw a circuit of yours
  racer tracks import folder/                   every circuit of a folder
  racer tracks import lap.gpx --width 12 --name "My lap"
  racer tracks draw monza --out monza.png
"""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `tracks` command."""
    parser = sub.add_parser(
        "tracks",
        help="list, import, check and draw circuits",
        description="The circuits that come with Racer, and yours.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run, act=_list)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")

    one = actions.add_parser("list", help="all circuits (also without an action)")
    _add_json(one)
    one.set_defaults(act=_list)

    one = actions.add_parser("show", help="one circuit and its corners")
    one.add_argument(
        "name", metavar="NAME", help="a circuit's name, random:SEED[-KIND] or a .csv file"
    )
    _add_json(one)
    one.set_defaults(act=_show)

    one = actions.add_parser("validate", help="check a file as an import does, but keep nothing")
    _add_source(one)
    one.add_argument("--draw", type=Path, metavar="FILE", help="draw it, with the findings")
    _add_json(one)
    one.set_defaults(act=_validate)

    one = actions.add_parser("import", help="check circuits and keep them under their names")
    _add_source(one)
    one.add_argument("--name", default="", help="name of the circuit (default: the file's)")
    one.add_argument("--country", default="", help="where the circuit is")
    one.add_argument("--licence", default="", help="licence of the data")
    one.add_argument("--force", action="store_true", help="overwrite an imported circuit")
    one.add_argument("--no-picture", action="store_true", help="draw no picture")
    _add_json(one)
    one.set_defaults(act=_import)

    one = actions.add_parser("draw", help="a picture of a circuit")
    one.add_argument(
        "name", metavar="NAME", help="a circuit's name, random:SEED[-KIND] or a .csv file"
    )
    one.add_argument(
        "--out", type=Path, metavar="FILE", help=".png, .svg or .pdf; default NAME.png"
    )
    one.set_defaults(act=_draw)


def _add_json(parser: argparse.ArgumentParser) -> None:
    # SUPPRESS: without it the default here would overwrite a --json before the action.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=".csv, .geojson, .gpx or .kml, or a folder of them"
    )
    parser.add_argument(
        "--width", type=float, metavar="M", help="width of the whole road, for files without widths"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="FACTOR",
        help="multiply positions and widths: 10 for a track of 1:10",
    )  # fmt: skip
    parser.add_argument(
        "--tolerance", type=float, metavar="M",
        help="how far smoothing may move the line (default 2, or 5 for positions in degrees; "
        "0: not at all)",
    )  # fmt: skip
    parser.add_argument(
        "--runoff", type=float, metavar="M", help="distance from the edge to the wall"
    )
    parser.add_argument("--reverse", action="store_true", help="reverse the driving direction")
    parser.add_argument(
        "--start-offset", type=float, default=0.0, metavar="M",
        help="move the start line this far in driving direction",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Runs the action; 0 if all is well, 1 if a file is no circuit."""
    act: Callable[[argparse.Namespace], int] = args.act
    return act(args)


def _list(args: argparse.Namespace) -> int:
    from racer.optimal.track_facts import track_facts
    from racer.tracks import list_tracks, list_user_tracks

    found, bad = [], 0
    for name in [*list_tracks(), *list_user_tracks()]:
        bad += not _or_say(lambda name=name: found.append(track_facts(name)))  # type: ignore[misc]
    if args.json:
        print(json.dumps(found, indent=2))
        return int(bad > 0)
    print(f"{'':<20} {'length':>8} {'corners':>8} {'optimal':>9} {'demonstrated':>13}")
    for facts in found:
        print(
            f"{shown(facts['name']):<20} {facts['length_m']:6.0f} m {facts['corners']:>8} "
            f"{_seconds(facts['optimal_lap_s']):>9} {_seconds(facts['demonstrated_lap_s']):>13}"
            f"  {facts['description']}"
        )
    return int(bad > 0)


def _show(args: argparse.Namespace) -> int:
    from racer.optimal.track_facts import track_facts
    from racer.tracks import corners, load_track

    facts = track_facts(args.name)
    bends = corners(load_track(args.name))
    if args.json:
        facts["corner_list"] = [vars(corner) for corner in bends]
        print(json.dumps(facts, indent=2))
        return 0
    print(
        f"{facts['title']} ({show_path(facts['name'])}): {facts['length_m']:,.0f} m, "
        f"{facts['direction']}"
    )
    for key in ("description", "country", "licence"):
        if facts[key]:
            print(f"  {facts[key]}")
    print(
        f"  width {facts['width_min_m']:.1f}-{facts['width_max_m']:.1f} m, run-off "
        f"{facts['runoff_m']:.1f} m, fingerprint {facts['fingerprint']}"
    )
    if facts["optimal_lap_s"] is not None:
        print(f"  minimum lap time of gt: {_seconds(facts['optimal_lap_s'])}")
    for number, corner in enumerate(bends, start=1):
        side = "left" if corner.turn > 0.0 else "right"
        print(
            f"  {number:>3}  {corner.start:7.0f} m  {side:<5} "
            f"{math.degrees(abs(corner.turn)):4.0f} deg  radius {corner.radius:4.0f} m"
        )
    return 0


def _validate(args: argparse.Namespace) -> int:
    files = _files(args.file)
    results: list[dict[str, Any]] = []
    for path in files:
        _or_say(lambda path=path: results.append(_checked(path, args)))  # type: ignore[misc]
    if args.json:
        print(json.dumps(results, indent=2))
    return int(len(results) < len(files) or any(not result["ok"] for result in results))


def _checked(path: Path, args: argparse.Namespace) -> dict[str, Any]:
    result = _survey(_source(path, args), args)
    if args.draw is not None:
        from racer.plots.tracks import draw_survey

        many = args.file.is_dir()
        draw_survey(result, args.draw / f"{path.stem}.png" if many else args.draw, title=path.stem)
    if not args.json:
        print(f"{show_path(path)}: {'no circuit' if result.errors else 'fit to drive'}")
        for finding in result.findings:
            print(f"  {finding.level:<9} {finding.text}")
    return _report(path, result)


def _import(args: argparse.Namespace) -> int:
    from racer.errors import TrackError
    from racer.tracks.store import ImportOptions, import_track

    files = _files(args.file)
    if args.name and args.file.is_dir():
        raise TrackError(f"--name names one circuit, and {args.file} is a folder.")
    options = ImportOptions(
        name=args.name, country=args.country, licence=args.licence, tolerance=args.tolerance,
        runoff=args.runoff, reverse=args.reverse, start_offset=args.start_offset, force=args.force,
    )  # fmt: skip
    results: list[dict[str, Any]] = []

    def bring(path: Path) -> None:
        source = _source(path, args)
        try:
            done = import_track(source, options, draw=_drawing(args))
        except TrackError as problem:  # of a folder's files any may be meant
            if args.file.is_dir() and path.name not in str(problem):
                raise TrackError(f"{path}: {problem}") from None
            raise
        results.append({**_report(path, done.survey), "name": done.key, "path": str(done.path)})
        if args.json:
            return
        if args.file.is_dir():
            print(f"{show_path(path)}:")
        for finding in done.survey.findings:
            print(f"  {finding.level:<9} {finding.text}")
        print(
            f"{done.key:<20} {results[-1]['length_m']:6.0f} m  {results[-1]['corners']:>2} corners"
            f"  moved {done.survey.largest_move:.2f} m at most, "
            f"{done.survey.largest_gap:.2f} m from its chords  "
            f"{show_path(done.picture or done.path)}"
        )

    failed = sum(not _or_say(lambda path=path: bring(path)) for path in files)  # type: ignore[misc]
    if args.json:
        print(json.dumps(results, indent=2))
    elif args.file.is_dir():
        print(f"{len(results)} of {len(files)} imported")
    return int(failed > 0)


def _draw(args: argparse.Namespace) -> int:
    from racer.plots.tracks import draw_circuit
    from racer.tracks import load_track, track_key

    out = args.out or Path(f"{track_key(Path(args.name).stem)}.png")
    draw_circuit(load_track(args.name), out)
    print(show_path(out))
    return 0


def _files(path: Path) -> list[Path]:
    """The file, the track files of the folder (sorted), or the file of a circuit by name."""
    from racer.errors import TrackError
    from racer.tracks import track_path
    from racer.tracks.source import SUFFIXES

    if not path.is_dir():
        if path.suffix or path.exists():
            return [path]
        return [track_path(path)]
    files = sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES)
    if not files:
        raise TrackError(
            f"{path}: the folder holds no file whose name ends in {', '.join(SUFFIXES)}."
        )
    return files


def _or_say(act: Callable[[], object]) -> bool:
    """Whether it went well; says what did not."""
    from racer.errors import RacerError

    try:
        act()
    except RacerError as problem:
        print(f"racer tracks: {problem}", file=sys.stderr)
        return False
    return True


def _source(path: Path, args: argparse.Namespace) -> Source:
    from racer.tracks.source import read_source

    # Only what lacks widths takes --width: a folder may hold both kinds.
    return read_source(path, width=args.width, scale=args.scale, keep_widths=args.file.is_dir())


def _survey(source: Source, args: argparse.Namespace) -> Survey:
    from racer.tracks.survey import survey

    return survey(
        source,
        tolerance=args.tolerance,
        runoff=args.runoff,
        reverse=args.reverse,
        start_offset=args.start_offset,
    )


def _report(path: Path, result: Survey) -> dict[str, Any]:
    """What a script wants to know of a file."""
    from racer.tracks import corners

    track = result.track
    return {
        "file": str(path),
        "ok": not result.errors,
        "length_m": None if track is None else float(track.length),
        "corners": None if track is None else len(corners(track)),
        "noise_m": result.noise,
        "largest_move_m": result.largest_move,
        "rms_move_m": result.rms_move,
        "largest_gap_m": result.largest_gap,
        "findings": [
            {"level": finding.level, "text": finding.text, "xy": finding.xy}
            for finding in result.findings
        ],
    }


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"


def _drawing(args: argparse.Namespace) -> Callable[[Survey, Path, str], None] | None:
    """What draws an imported circuit: nothing without matplotlib, or if nobody wants a picture."""
    import importlib.util

    if args.no_picture or importlib.util.find_spec("matplotlib") is None:
        return None
    from racer.plots.tracks import draw_survey

    return lambda survey, path, title: draw_survey(survey, path, title=title)
