"""`racer evaluate --env Highway...`: how well does a driver get through traffic?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path, shown

if TYPE_CHECKING:
    import argparse

FILE_NAME = "evaluation_metrics.json"


def run_highway(args: argparse.Namespace, env_id: str) -> int:
    """Evaluates, writes the file if asked to, and prints; 0."""
    import json

    from racer.drivers.highway.drivers import make_highway_driver
    from racer.envs.highway.episodes import evaluate_highway
    from racer.envs.highway.policy import ENVIRONMENTS
    from racer.envs.highway.settings import highway_settings
    from racer.errors import ConfigError

    for option in ("track", "save_laps"):
        if getattr(args, option) is not None:
            raise ConfigError(f"--{option.replace('_', '-')} is for circuits, not for {env_id}.")
    preset = ENVIRONMENTS[env_id]
    settings = highway_settings(args.config, preset)
    driver = make_highway_driver(args.policy, env_id, settings.values, args.seed)
    if args.video is not None:
        _check_video(args)
    result = evaluate_highway(driver, preset, settings, episodes=args.episodes, seed=args.seed)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        result.save(args.out / FILE_NAME)
    if args.video is not None:
        from racer.cli.film_progress import FilmProgress
        from racer.play.highway.drive import HighwayDrive
        from racer.viewer.highway.films import shoot_highway

        driver = make_highway_driver(args.policy, env_id, settings.values, args.seed)
        drive = HighwayDrive(driver, settings, args.seed)
        episodes = min(args.video_episodes, args.episodes)
        shoot_highway(drive, args.video, episodes=episodes, progress=FilmProgress())
    if args.json:
        print(json.dumps(result.as_json(), indent=1))
        return 0
    print(f"{shown(result.driver)} in {env_id}, {args.episodes} episodes, seed {args.seed}")
    print(table(result.total()))
    if result.policy_faults:
        print(f"{result.policy_faults} actions could not be used; the neutral one stood in.")
    if args.out is not None:
        print(show_path(args.out / FILE_NAME))
    if args.video is not None:
        print(show_path(args.video))
    return 0


def _check_video(args: argparse.Namespace) -> None:
    """Says what is wrong with the options of the film before the long work begins."""
    from racer.errors import ConfigError
    from racer.viewer.need import need

    need("pygame", "the viewer")
    from racer.viewer.offscreen import check_target

    if not 1 <= args.video_episodes <= 1000:
        raise ConfigError(f"--video-episodes must be 1 to 1000, got {args.video_episodes}.")
    if check_target(args.video) == ".png":
        raise ConfigError(f"{args.video}: a film ends in .mp4 or .gif.")


def table(total: dict[str, dict[str, Any]]) -> str:
    """Every number with its 95 % interval, for people."""
    from racer.envs.highway.episodes import MEANS

    lines = []
    for name, entry in total.items():
        unit = MEANS.get(name, ("1", ""))[0]
        percent = name.endswith("_rate") and unit == "1"
        factor, unit = (100.0, "%") if percent else (1.0, "" if unit == "1" else unit)
        value, low, high = (factor * entry[key] for key in ("value", "low", "high"))
        shown = f"{value:.2f} {unit}".strip()
        title = name.replace("_", " ")
        lines.append(f"{title:22}{shown:>18}  [{low:.2f}, {high:.2f}] {entry['interval']}")
    return "\n".join(lines)
