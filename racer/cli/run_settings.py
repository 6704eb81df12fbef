"""From the options of a command that begins a run to the settings of the run."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from racer.cli.kind_options import chosen
from racer.formats.text import show_path

if TYPE_CHECKING:
    from racer.train.config import TrainConfig

AUTO = "auto"  # as a number of environments


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run, and where they come from.

    Attributes:
        config: of the run.
        preset: name or file of the preset.
        before: what the preset says, as it was read.
    """

    config: TrainConfig
    preset: str
    before: dict[str, Any]


def worlds_wanted(word: str) -> int | str:
    """A number of environments as somebody typed it, or the word that lets us measure."""
    if word == AUTO:
        return word
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"is {show_path(word)}, but it must be a whole number or {AUTO!r}"
        ) from None


def check_flags(args: argparse.Namespace) -> None:
    """Raises ConfigError if an option's value cannot be used, whatever the preset says."""
    from racer.train.config import check_ends, check_flag

    check_ends(args.steps, args.minutes)
    check_flag("seed", args.seed)
    if args.n_envs != AUTO:
        check_flag("n_envs", args.n_envs)


def read_settings(args: argparse.Namespace, base: dict[str, Any] | None = None) -> RunSettings:
    """Lays preset, file and options over each other, and checks what can be checked quickly.

    Args:
        args: the parsed arguments; `--n-envs auto` is left to `measured`.
        base: settings below those of the preset that `args` name.

    Raises:
        RacerError: something cannot be used.
    """
    from racer.errors import ConfigError
    from racer.formats.settings import merged
    from racer.kinds import preset_of
    from racer.train.config import load_preset, load_train_config

    content, preset = {}, args.preset
    if preset is not None:
        content = merged(base or {}, load_preset(preset))
    kind, env_id = chosen(args, "train", _env_of(content, preset))
    runs = kind.load("runs")
    if preset is None:
        preset = runs.preset(args.algo, env_id)
        content = load_preset(preset)
    before = dict(content)
    content["env_id"] = env_id
    given = {"algo": args.algo, "seed": args.seed}
    given["n_envs"] = None if args.n_envs == AUTO else args.n_envs
    changes = {name: value for name, value in given.items() if value is not None}
    if args.steps is not None or args.minutes is not None:
        changes["steps"] = args.steps or 0
        changes["minutes"] = args.minutes or 0.0
    if args.config is not None and kind.settings:
        kind.load("settings")(args.config, preset_of(env_id))  # names the file if it is wrong
    try:
        runs.lay(content, args)
    except ConfigError as problem:
        raise ConfigError(f"preset {preset}: {problem}") from None
    config = load_train_config(content, f"preset {preset}", **changes)
    runs.prepare(config)  # complains before heavy imports
    return RunSettings(config, preset, before)


def _env_of(content: dict[str, Any], preset: str | None) -> str | None:
    """The environment that a preset names, if it is one that there is."""
    from racer.errors import ConfigError
    from racer.kinds import DEFAULT_ID, env_ids

    env_id = content.get("env_id", DEFAULT_ID)
    if env_id not in env_ids():
        raise ConfigError(
            f"preset {preset}: env_id is {env_id!r}, but it must be one of {', '.join(env_ids())}."
        )
    return str(env_id)


def measured(config: TrainConfig, count: int | None) -> TrainConfig:
    """With as many environments as are fast here; says how many.

    Args:
        config: of the run.
        count: what was found before; None: it is measured now.
    """
    from racer.train.worlds_count import choose

    if count is None:
        choice = choose(config)
        count = choice.n_envs
        print(choice.sentence(), file=sys.stderr)
    return dataclasses.replace(config, n_envs=count)


def fitting(config: TrainConfig) -> TrainConfig:
    """The settings as they suit the number of environments; says what differs."""
    before = config.algo_settings
    after = config.algorithm.fitted(before, config.n_envs)
    for item in dataclasses.fields(after):
        old, new = getattr(before, item.name), getattr(after, item.name)
        if old != new:
            print(
                f"with {config.n_envs:,} environments {config.algo}.{item.name} is {new:,} instead "
                f"of {old:,}.",
                file=sys.stderr,
            )
    return dataclasses.replace(config, algo_settings=after)


def comment_of(settings: RunSettings, config: TrainConfig) -> str:
    """What a run does otherwise than its preset, as comments of its config.toml."""
    from racer.errors import ConfigError
    from racer.formats.settings import differences, shown_value
    from racer.train.config import load_train_config

    before, preset = dict(settings.before), settings.preset
    endless = not (before.get("steps") or before.get("minutes"))  # the command line says how long
    if endless:
        before["steps"] = 1
    try:
        base = load_train_config(before, preset).to_dict()
    except ConfigError:  # it cannot be used as it is; what was used stands in config.toml
        return ""
    if endless:
        base |= {"steps": config.steps, "minutes": config.minutes}
    lines = [
        f"# {key} = {shown_value(new)} (preset: {shown_value(old)})"
        for key, (old, new) in differences(base, config.to_dict()).items()
        if new is not None and not isinstance(old, dict) and not isinstance(new, dict)
    ]
    from racer.formats.text import shown

    return "\n".join([f"# differs from the preset {shown(preset)}:", *lines]) if lines else ""
