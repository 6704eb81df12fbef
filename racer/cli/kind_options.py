"""Options that belong to a kind of world: offered by every command, refused for another kind."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from racer import kinds
from racer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from racer.kinds import Kind
    from racer.options import Option


def own_modules(words: Sequence[str]) -> None:
    """Imports the module of `--env MODULE:ID`, so that options of its kind are known.

    Raises:
        ConfigError: it cannot be imported.
    """
    for i, word in enumerate(words):
        given = word.partition("=")[2] if word.startswith("--env=") else ""
        if word == "--env" and i + 1 < len(words):
            given = words[i + 1]
        if ":" in given:
            kinds.find_id(given)


def env_option(parser: argparse._ActionsContainer) -> None:
    """Adds `--env`."""
    first, *rest = (kinds.short_name(env_id) for env_id in kinds.env_ids())
    parser.add_argument(
        "--env",
        metavar="ID",
        help=f"{first} (the default), {', '.join(rest)}, a full id, or MODULE:ID of a kind of "
        "world of your own",
    )


def driver_names() -> str:
    """Who can be named as a driver, for the help, kind by kind."""
    parts = [f"on {kind.noun or kind.name}: {kind.driver_names}" for kind in kinds.kinds()]
    return f"{'; '.join(parts)}; a policy (.onnx, or a name of `racer policies`) or a run's folder"


def add_kind_options(parser: argparse.ArgumentParser, command: str) -> None:
    """Adds the options of every kind of world; one that several kinds take stands once."""
    known: dict[str, tuple[argparse.Action, list[Option]]] = {}
    for kind in kinds.kinds():
        group = parser.add_argument_group(f"for {kind.noun or kind.name}")
        for option in _options(kind, command):
            if option.name in known:
                action, same = known[option.name]
                same.append(option)
                action.choices = _all_choices(same) or None
                action.help = "; ".join(dict.fromkeys(map(_help, same)))
                continue
            action = group.add_argument(
                option.name,
                help=_help(option),
                choices=option.choices or None,
                **option.settings,
            )
            known[option.name] = (action, [option])


def chosen(args: argparse.Namespace, command: str, env_id: str | None = None) -> tuple[Kind, str]:
    """The kind of world that a command is for, and the id; its options get their defaults.

    Args:
        args: the parsed arguments; `env` says which.
        command: its name.
        env_id: where `args` do not say; None: the default.

    Raises:
        ConfigError: there is no such environment, or an option belongs to another kind of world.
    """
    if args.env is not None:
        env_id = kinds.find_id(args.env)
    env_id = env_id or kinds.DEFAULT_ID
    kind = kinds.kind_of(env_id)
    own = {option.dest: option for option in _options(kind, command)}
    for other in kinds.kinds():
        for option in _options(other, command):
            if option.dest not in own and _given(args, option):
                hint = "" if args.env else "; name one with --env"
                raise ConfigError(f"{option.name} is for {_takers(option, command)}, not for "
                                  f"{env_id}{hint}.")  # fmt: skip
    for dest, option in own.items():
        value = getattr(args, dest)
        if value is None:
            setattr(args, dest, option.default)
        elif option.choices and value not in option.choices:
            takers = _takers(option, command, value)
            raise ConfigError(
                f"{option.name} {value} is for {takers}, not for {env_id}; "
                f"choose from {', '.join(option.choices)}."
            )
    return kind, env_id


def _options(kind: Kind, command: str) -> tuple[Option, ...]:
    found: tuple[Option, ...] = kind.load("options").get(command, ())
    return found


def _takers(option: Option, command: str, value: Any = None) -> str:
    """The kinds that take an option, or a value of it, in words."""
    takers = [
        kind.noun or kind.name
        for kind in kinds.kinds()
        for other in _options(kind, command)
        if other.dest == option.dest and (value is None or value in other.choices)
    ]
    return " and ".join(takers)


def _given(args: argparse.Namespace, option: Option) -> bool:
    return getattr(args, option.dest) is not None


def _help(option: Option) -> str:
    return option.help.format(", ".join(option.choices))


def _all_choices(options: Sequence[Option]) -> tuple[Any, ...]:
    if not all(option.choices for option in options):
        return ()
    return tuple(word for option in options for word in option.choices)
