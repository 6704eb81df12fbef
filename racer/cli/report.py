"""`racer report`: what training runs came to, as a page or as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `report` command."""
    parser = sub.add_parser(
        "report",
        help="report on training runs: curves, best lap, where time is lost",
        description="Writes one HTML file on one or several training runs, side by side: learning"
        " curves, the best valid lap against the minimum-time lap, speed and gap over distance, the"
        " time lost in each corner, settings and versions. It needs no network.",
        epilog="example: racer report runs/first runs/second --out report.html",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument(
        "--out", type=Path, metavar="HTML", help="the file (default report.html in the first run)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON; a page only with --out")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the page, or prints JSON."""
    import json

    from racer.errors import RacerError
    from racer.formats.files import atomic_write
    from racer.formats.text import show_path
    from racer.plots.run_facts import FORMAT, FORMAT_VERSION, run_facts

    out = args.out
    if out is not None and out.suffix != ".html":
        raise RacerError(f"--out {out}: the name of a report ends in .html.")
    found = [run_facts(path) for path in args.runs]
    if out is None and not args.json:
        out = args.runs[0] / "report.html"
    if out is not None:
        from racer.plots.run_report import report_html

        atomic_write(out, report_html(found))
    if args.json:
        content = [one.content for one in found]
        print(json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, "runs": content}))
    elif out is not None:
        print(show_path(out))
    return 0
