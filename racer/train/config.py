"""The settings of a training run, and the presets that come with Racer.

A preset is a TOML file: the fields of `TrainConfig`, with a table of the algorithm's name for its
settings (`racer.train.algorithms`), and a table for the kind of world: `[env]` (keys as in
`racer.envs.circuit.settings`), `[highway]` (as in `racer.envs.highway.settings`), or `[world]`.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.envs.circuit.settings import EnvConfig
from racer.errors import ConfigError, RacerError
from racer.formats import files
from racer.formats.settings import (
    Checked,
    choice,
    flag_field,
    from_mapping,
    list_field,
    merged,
    names_field,
    number,
    number_field,
    refuse,
    section_field,
    table_field,
    text_field,
    unknown_key,
    whole_number,
)
from racer.kinds import DEFAULT_ID, env_ids, kind_of, kinds
from racer.tracks import track_names
from racer.train.algorithms import ALGORITHMS, DEFAULT, load_algorithm
from racer.train.algorithms.base import Algorithm
from racer.train.zoo import is_zoo, load_zoo

if TYPE_CHECKING:
    from racer.envs.plain.runs import PlainRuns

PRESETS = Path(__file__).parent.parent / "data" / "presets"
MOST_STEPS = 10**12
MOST_MINUTES = 1e6
OWN = "algo_settings"  # the field that has another key in files
CIRCUIT_COPY = "circuit.csv"  # in a run's folder, with circuit.toml beside it
ROLES = ("track", "selection_track", "report_track")  # lists of circuits
CIRCUIT_COPIES = "circuits"  # the same of several: a folder with files by the place in the list


def _env_field() -> Any:
    """The id of an environment that there is."""

    def check(value: Any, name: str) -> str:
        if value not in env_ids():
            raise refuse(name, value, f"one of {', '.join(env_ids())}, or that of a kind of world "
                         "whose module is imported: --env MODULE:ID")  # fmt: skip
        return str(value)

    return dataclasses.field(default=DEFAULT_ID, metadata={"check": check})


def _algorithm_field() -> Any:
    """The name of an algorithm that there is."""

    def check(value: Any, name: str) -> str:
        return choice(value, name, ALGORITHMS)

    return dataclasses.field(default=DEFAULT, metadata={"check": check})


@dataclass(frozen=True)
class TrainConfig(Checked):
    """Everything that a training run depends on.

    Attributes:
        algo: name of the algorithm, one of `racer.train.algorithms`.
        env_id: id of the environment.
        track: name of the catalogue, or path of a track file; of a circuit's environment. Or
            several of them, which may be "all" or a range such as "random:1-99"
            (`racer.tracks.track_names`): each episode draws one.
        selection_track, report_track: circuits that choose the best model, and that the report is
            made from; empty: those it trains on, or random ones that it does not train on if
            there are more than a few.
        by_faults: share of the episodes whose circuit is drawn by how often episodes on it ended
            in a fault, see `racer.envs.circuit.sampler`; the others draw evenly.
        before_faults: share of the episodes that begin a few seconds before a place where a car
            came to grief.
        steps: environment steps to train for (all environments together); 0: until `minutes`.
        minutes: time to train for; 0: until `steps`. Schedules follow whichever ends first.
        until_gap: ends the run once an evaluation's laps are (nearly) all valid and the best of
            them is above the minimum lap time by no more than this share; 0: never. On circuits.
        n_envs: environments stepped at once.
        start_from: whose weights the run begins with: a run's folder, a file of weights (.npz), or
            a policy that comes with Racer (`racer.train.weights`). Empty: fresh ones.
        seed: of everything random.
        action_scale: on the highway, what the policy's numbers are multiplied by before they are
            actions; exported policies do it themselves. Empty: nothing.
        row_width: on the highway, width of the network that looks at each vehicle's row before the
            others; 0: none, the rows go into the network as they are.
        final_collision_reward: on the highway, `collision_reward` at the end of the run; it
            changes with the square of the share that is done. 0: it stays as it is.
        normalise_observation, normalise_reward: by running statistics.
        clip_observation: largest normalised observation.
        evaluations: how often to evaluate during the run.
        checkpoints: how often to save a checkpoint during the run.
        keep_policies: keep the policy of every evaluation, in the run's folder `policies`.
        evaluation_starts, evaluation_laps: starts per evaluation, flying laps from each; episodes
            on the highway, where the report takes four times as many.
        env: a circuit's environment.
        highway: settings of the highway that differ from those of `env_id`.
        world: the same for kinds of world that have no table of their own.
        algo_settings: the algorithm's own; in files the table of its name.
    """

    algo: str = _algorithm_field()
    env_id: str = _env_field()
    track: str | tuple[str, ...] = names_field("harbour")
    selection_track: str | tuple[str, ...] = names_field(())
    report_track: str | tuple[str, ...] = names_field(())
    by_faults: float = number_field(0.0, 0, 1)
    before_faults: float = number_field(0.0, 0, 1)
    steps: int = number_field(0, 0, MOST_STEPS)
    minutes: float = number_field(0.0, 0, MOST_MINUTES)
    until_gap: float = number_field(0.0, 0, 100)
    n_envs: int = number_field(256, 1, 1_000_000)
    seed: int = number_field(0, 0, 2**32 - 1)
    start_from: str = text_field("")
    action_scale: tuple[float, ...] = list_field((), 0.0, 1.0)
    row_width: int = number_field(0, 0, 4096)
    final_collision_reward: float = number_field(0.0, -1e6, 0)
    normalise_observation: bool = flag_field(default=True)
    normalise_reward: bool = flag_field(default=True)
    clip_observation: float = number_field(10.0, 0.1, 1e6)
    evaluations: int = number_field(12, 0, 100_000)
    checkpoints: int = number_field(12, 0, 100_000)
    keep_policies: bool = flag_field(default=False)
    evaluation_starts: int = number_field(16, 1, 10_000)
    evaluation_laps: int = number_field(2, 1, 1000)
    env: EnvConfig = section_field(EnvConfig)
    # Checked below, when it is known which algorithm it is of.
    algo_settings: Any = dataclasses.field(
        default_factory=dict, metadata={"check": lambda value, _: value}
    )
    highway: Mapping[str, Any] = table_field()
    world: Mapping[str, Any] = table_field()

    def __post_init__(self) -> None:
        super().__post_init__()
        own = _own_settings(self.algo, self.algo_settings)
        object.__setattr__(self, "algo_settings", own)
        for kind in kinds():
            for name in kind.load("runs").own:
                if name not in self.runs.own and getattr(self, name):
                    raise ConfigError(f"{name} is for {kind.noun}, not for {self.env_id}.")
        self.runs.check(self)
        if self.steps == 0 and self.minutes == 0.0:
            raise ConfigError("a training run needs --steps or --minutes.")

    @property
    def tracks(self) -> tuple[str, ...]:
        """The circuits as they were named."""
        return (self.track,) if isinstance(self.track, str) else self.track

    @property
    def runs(self) -> PlainRuns:
        """What the kind of world says about runs."""
        runs: PlainRuns = kind_of(self.env_id).load("runs")
        return runs

    @property
    def algorithm(self) -> Algorithm[Any]:
        """What the algorithm says about itself."""
        return load_algorithm(self.algo)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a dict, keyed as in presets."""
        content: dict[str, Any] = {}
        foreign = {name for kind in kinds() for name in kind.load("runs").tables}
        foreign -= set(self.runs.tables)
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if item.name in foreign:
                continue
            if isinstance(value, EnvConfig):
                content[item.name] = value.to_dict()
            elif item.name == OWN:
                content[self.algo] = dataclasses.asdict(value)
            else:
                content[item.name] = value
        return content

    def to_toml(self) -> str:
        """The settings as a TOML file; `load_train_config` takes it back.

        Raises:
            ConfigError: a value cannot be written so that it is read as what it is.
        """
        text = "\n".join(_toml_lines(self.to_dict(), "")) + "\n"
        try:
            same = load_train_config(files.parse_toml(text, "config.toml"), "") == _plain(self)
        except RacerError as problem:
            raise ConfigError(f"these settings cannot be kept in a file: {problem}") from None
        if not same:
            raise ConfigError(
                "these settings cannot be kept in a file: it would be read as other settings."
            )
        return text


def _plain(config: TrainConfig) -> TrainConfig:
    """The settings as a file can hold them: lists for tuples, nothing for None, one algorithm."""
    return load_train_config(_plain_table(config.to_dict()), "")


def _plain_table(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain_table(value)
        if isinstance(value, Mapping)
        else [*value]
        if isinstance(value, tuple)
        else value
        for key, value in content.items()
        if value is not None
    }


def _toml_lines(content: Mapping[str, Any], prefix: str) -> list[str]:
    lines, tables = [], []
    for key, value in content.items():
        if value is None:  # TOML has no word for it; it is the default of every key that takes it
            continue
        if isinstance(value, Mapping):
            tables += ["", f"[{prefix}{key}]", *_toml_lines(value, f"{prefix}{key}.")]
        else:
            shown = list(value) if isinstance(value, tuple) else value
            lines.append(f"{key} = {json.dumps(shown, ensure_ascii=False)}")
    return lines + tables


def check_ends(steps: int | None, minutes: float | None) -> None:
    """Checks the ends of a run as somebody typed them.

    Raises:
        ConfigError: one is not a number of steps or of minutes above 0.
    """
    if steps is not None:
        whole_number(steps, "--steps", 1, MOST_STEPS)
    if minutes is not None and number(minutes, "--minutes", 0.0, MOST_MINUTES) == 0.0:
        raise refuse("--minutes", minutes, "above 0")


def check_flag(name: str, value: Any) -> None:
    """Checks a field of `TrainConfig` as a command's flag gives it; None: it was not given.

    Raises:
        ConfigError: its value cannot be used; the message names the flag.
    """
    if value is not None:
        known = {item.name: item for item in dataclasses.fields(TrainConfig)}
        known[name].metadata["check"](value, f"--{name.replace('_', '-')}")


def list_presets() -> list[str]:
    """Names of the presets that come with Racer."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_preset(name_or_path: str) -> dict[str, Any]:
    """The content of a preset, not checked yet.

    Raises:
        ConfigError: there is no such preset, or it is no TOML; see `racer.train.zoo` for .yml.
    """
    if name_or_path in list_presets():
        return read_toml(PRESETS / f"{name_or_path}.toml")
    if is_zoo(name_or_path):
        return load_zoo(name_or_path, load_preset)
    if name_or_path.endswith(".toml"):
        content = read_toml(name_or_path)
        _use_copies(content, Path(name_or_path).parent)
        return content
    raise ConfigError(
        f"there is no preset {name_or_path!r}; there are {', '.join(list_presets())}, "
        "and the name of a preset file must end in .toml, or in .yml as in rl-baselines3-zoo."
    )


def _use_copies(content: dict[str, Any], folder: Path) -> None:
    """Of a run: its own copies of track files, wherever we are."""
    track = content.get("track")
    copy = folder / CIRCUIT_COPY
    if isinstance(track, str) and track.endswith(".csv") and copy.is_file():
        content["track"] = os.fspath(copy)
        return
    for role in ROLES:
        names = [content[role]] if isinstance(content.get(role), str) else content.get(role)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            continue  # whoever reads it says what is wrong
        place, own = 0, []
        for name in names:
            copy = copy_of(folder, role, place)
            own.append(os.fspath(copy) if name.endswith(".csv") and copy.is_file() else name)
            place += len(track_names([name]))
        content[role] = own


def copy_of(folder: Path, role: str, place: int) -> Path:
    """Where a run keeps its copy of a circuit, by its place in a list of several."""
    return folder / CIRCUIT_COPIES / f"{role}-{place:04d}.csv"


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it cannot be read as TOML.
    """
    return files.read_toml(path, error=ConfigError, what="preset")


def load_train_config(content: Mapping[str, Any], shown: str, **changes: Any) -> TrainConfig:
    """Checks settings and makes a `TrainConfig` of them.

    Args:
        content: as read from a preset.
        shown: where they come from, for messages.
        changes: fields that win over the content; tables change the named keys only.

    Raises:
        ConfigError: an unknown key, or a value that cannot be used; one sentence names it.
    """
    try:
        return _from_tables(merged(content, changes))
    except ConfigError as problem:
        raise ConfigError(f"{shown}: {problem}") from None


def _from_tables(content: dict[str, Any]) -> TrainConfig:
    """Makes a `TrainConfig` of a preset's keys; tables of other algorithms are checked, too."""
    names = [item.name for item in dataclasses.fields(TrainConfig) if item.name != OWN]
    plain: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key, value in content.items():
        if key in ALGORITHMS:
            own[key] = _own_settings(key, value)
        elif key in names:
            plain[key] = value
        else:
            raise unknown_key(key, (*names, *ALGORITHMS))
    algo = plain.get("algo", DEFAULT)
    if isinstance(algo, str) and algo in own:
        plain[OWN] = own[algo]
    return from_mapping(TrainConfig, plain)


def _own_settings(algo: str, value: Any) -> Any:
    """Settings of an algorithm, of what a file or a program gave.

    Raises:
        ConfigError: they are not of that algorithm, or cannot be used.
    """
    kind = load_algorithm(algo).settings
    if isinstance(value, Mapping):
        return from_mapping(kind, value, algo)
    if not isinstance(value, kind):
        raise refuse(algo, value, "a table of settings")
    return value
