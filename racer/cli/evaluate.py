"""`racer evaluate`: how well does a driver drive?"""

from __future__ import annotations

import argparse
from pathlib import Path

from racer.cli.kind_options import add_kind_options, chosen, driver_names, env_option
from racer.formats.text import show_path


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `evaluate` command."""
    parser = sub.add_parser(
        "evaluate",
        help="measure how well a driver drives",
        description="Measures a driver. On circuits it drives laps from fixed places, all at rest,"
        " the first on the line, so that every lap is proved; only valid laps are timed. Elsewhere"
        " it drives episodes with fixed random seeds. Results are deterministic; rates come with"
        " Wilson's 95 % intervals, means with bootstrap intervals.",
        epilog="examples: racer evaluate --policy runs/ppo-harbour --track harbour --json; "
        "racer evaluate --env HighwayRisk --policy traffic --episodes 200 --out results",
    )
    parser.add_argument(
        "--policy",
        "--driver",
        required=True,
        metavar="DRIVER",
        help=driver_names(),
    )
    env_option(parser)
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed of the scenarios (default 0)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for evaluation_metrics.json"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_kind_options(parser, "evaluate")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluates and prints; 0, or 1 if some circuit has no valid lap."""
    import json

    from racer.cli.checks import check_seed
    from racer.evaluate.report import FILE_NAME, fault_lines

    kind, env_id = chosen(args, "evaluate")
    check_seed(args.seed)
    video = getattr(args, "video", None)
    film = None
    if video is not None:
        from racer.viewer.need import need

        need("pygame", "the viewer")
        film = kind.load("film")(env_id, args)
    episodes = kind.load("episodes")(env_id, args)
    report = episodes.run(args.policy, args.seed)
    written = []
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        written.append(args.out / FILE_NAME)
        report.save(written[0])
    if film is not None:
        from racer.cli.film_progress import FilmProgress

        film.shoot(FilmProgress())
        written.append(video)
    if args.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        lines = [*episodes.lines(report), *fault_lines(report), *map(show_path, written)]
        print("\n".join(lines))
    return 0 if report.good else 1
