"""Hyperparameter files of rl-baselines3-zoo as presets.

The format: https://rl-baselines3-zoo.readthedocs.io/en/master/guide/config.html. A file `ALGO.yml`
has an entry for each environment, and an entry names what differs from the defaults of
Stable-Baselines3. Values that the zoo would evaluate as Python (`policy_kwargs`, `normalize`) are
parsed here and never run.
"""

from __future__ import annotations

import ast
from pathlib import Path
from reprlib import repr as short_repr
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError
from racer.formats.files import read_text
from racer.formats.text import show_path, shown
from racer.kinds import DEFAULT_ID, env_ids, kind_of
from racer.train.algorithms import ALGORITHMS, load_algorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENDINGS = (".yml", ".yaml")
MOST_NAMES = 12  # entries that a message lists
MERGE = "tag:yaml.org,2002:merge"
# What a file may say because it changes nothing here.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "policy": ("MlpPolicy",),
    "env_wrapper": (None, []),
    "vec_env_wrapper": (None, []),
    "callback": (None, []),
    "frame_stack": (None, 1),
    "use_sde": (False,),
    "use_sde_at_warmup": (False,),
    "sde_sample_freq": (-1,),
    "normalize_advantage": (True,),
    "clip_range_vf": (None, "None"),
    "noise_type": (None, "None"),
    "optimize_memory_usage": (False,),
    "ortho_init": (True,),
    "n_critics": (2,),
    "share_features_extractor": (True, False),
    "target_entropy": ("auto",),
    "device": ("auto", "cpu"),
}
RENAMED = {
    "exploration_final_eps": "exploration_final",
    "top_quantiles_to_drop_per_net": "drop_quantiles",
}
ACTIVATIONS = {
    **dict.fromkeys(("nn.ReLU", "th.nn.ReLU", "torch.nn.ReLU", "ReLU", "relu"), "relu"),
    **dict.fromkeys(("nn.Tanh", "th.nn.Tanh", "torch.nn.Tanh", "Tanh", "tanh"), "tanh"),
}


class UnusableError(ConfigError):
    """A value that has no counterpart here; the message follows the name of its key."""


def is_zoo(name: str) -> bool:
    """Whether a preset's name is that of such a file, with or without `:ENTRY`."""
    return any(name.endswith(ending) or f"{ending}:" in name for ending in ENDINGS)


def load_zoo(name: str, load: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The content of a preset that an entry of a file makes.

    Args:
        name: `PATH/ALGO.yml`, or `PATH/ALGO.yml:ENTRY` if the file has several entries.
        load: gives the content of a preset that comes with Racer.

    Raises:
        ConfigError: the file cannot be read, has no such entry, or says something that has no
            counterpart here.
        ModuleNotFoundError: PyYAML is not installed.
    """
    path, entry = _parts(name)
    where = show_path(path)
    algo = path.stem
    if algo not in ALGORITHMS:
        raise ConfigError(
            f"{where}: the name of a file of rl-baselines3-zoo must be an algorithm's, one of "
            f"{', '.join(f'{known}.yml' for known in ALGORITHMS)}."
        )
    entries = _read(path)
    if entry is None and len(entries) == 1:
        entry = next(iter(entries))
    if entry not in entries:
        names = ", ".join(shown(known, 40) for known in list(entries)[:MOST_NAMES])
        more = ", ..." if len(entries) > MOST_NAMES else ""
        wanted = (
            "name an entry" if entry is None else f"has no entry {shown(entry, 80)!r}; name one"
        )
        raise ConfigError(f"{where}: {wanted} as {path.name}:ENTRY; there are {names}{more}.")
    world = entry if entry in env_ids() else _world(algo)
    content = load(kind_of(world).load("runs").preset(algo, world))
    content |= {"algo": algo, "env_id": world}
    return _laid(content, algo, entries[entry], f"{where}, entry {shown(entry, 80)}")


def _parts(name: str) -> tuple[Path, str | None]:
    """A file and the entry that is wanted of it."""
    for ending in ENDINGS:
        before, found, entry = name.rpartition(f"{ending}:")
        if found and not name.endswith(ENDINGS):
            return Path(before + ending), entry
    return Path(name), None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The entries of a file."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Merges one table into another, not lists of them, which can double at every level."""

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            for key, value in node.value:
                if key.tag == MERGE and not isinstance(value, yaml.MappingNode):
                    raise yaml.constructor.ConstructorError(
                        None, None, "a merge key takes one table", value.start_mark
                    )
            super().flatten_mapping(node)

    text = read_text(path, error=ConfigError, what="preset")
    where = show_path(path)
    try:
        content = yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as problem:
        reason = " ".join(str(problem).split())
        raise ConfigError(f"{where}: is not valid YAML ({shown(reason, 200)}).") from None
    except (RecursionError, ValueError, TypeError) as problem:  # too deep, or no such number
        reason = shown(str(problem), 200)
        raise ConfigError(f"{where}: cannot be read as YAML ({reason}).") from None
    whole = isinstance(content, dict) and all(
        isinstance(key, str) and isinstance(value, dict) for key, value in content.items()
    )
    if not whole or not content:
        raise ConfigError(
            f"{where}: must have a table for each environment, as the files of rl-baselines3-zoo."
        )
    return dict(content)


def _world(algo: str) -> str:
    """Where settings that were made for another environment are used: the first with a preset."""
    for env_id in env_ids():
        try:
            kind_of(env_id).load("runs").preset(algo, env_id)
        except ConfigError:  # other actions
            continue
        return env_id
    return DEFAULT_ID


def _laid(
    content: dict[str, Any], algo: str, said: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """A preset's content with what an entry says, and with the zoo's defaults."""
    algorithm = load_algorithm(algo)
    if not algorithm.library_defaults:
        raise ConfigError(f"{where}: Stable-Baselines3 has no defaults for {algo}.")
    known = algorithm.settings.__dataclass_fields__
    content |= {"n_envs": 1, "normalise_observation": False, "normalise_reward": False}
    settings: dict[str, Any] = dict(algorithm.library_defaults)
    for key, value in _flattened(said, where).items():
        found = _setting(key, value, where)
        if key in RUN:
            content |= found
        elif set(found) <= set(known):
            settings |= found
        else:
            raise ConfigError(f"{where}: {_said(key, value)} is no setting of {algo}.")
    if settings.get("gradient_steps") == -1:  # as many as steps were taken
        settings["gradient_steps"] = content["n_envs"] * settings["train_freq"]
    return {**content, algo: settings}


def _setting(key: str, value: Any, where: str) -> dict[str, Any]:
    """What a key of an entry says, in our words."""
    if key in NEUTRAL:
        if value not in NEUTRAL[key]:
            raise ConfigError(f"{where}: {_said(key, value)} has no counterpart here.")
        return {}
    read = RUN.get(key) or OWN.get(key)
    try:
        return read(value) if read else {RENAMED.get(key, key): value}
    except UnusableError as problem:
        raise ConfigError(f"{where}: {_said(key, value)} {problem}.") from None


def _said(key: str, value: Any) -> str:
    return f"{shown(key, 40)} = {shown(short_repr(value), 80)}"


def _flattened(said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The entry with the keys of `policy_kwargs` beside the others."""
    flat = {str(key): value for key, value in said.items() if key != "policy_kwargs"}
    if "policy_kwargs" in said:
        try:
            inner = literal(said["policy_kwargs"])
        except UnusableError as problem:
            text = _said("policy_kwargs", said["policy_kwargs"])
            raise ConfigError(f"{where}: {text} {problem}.") from None
        flat |= {str(key): value for key, value in inner.items()}
    return flat


def literal(value: Any) -> dict[str, Any]:
    """A table, or what text like "dict(net_arch=[64], activation_fn=nn.ReLU)" means.

    Raises:
        UnusableError: it is something else.
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise UnusableError("is no table of keywords")
    try:
        found = _value(ast.parse(value.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, dict):
        raise UnusableError("is no table of keywords")
    return found


def _value(node: ast.expr) -> Any:
    """Numbers, texts, lists and tables; names stand for themselves. Nothing is called."""
    if isinstance(node, ast.Call):
        plain = isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args
        if not plain or any(keyword.arg is None for keyword in node.keywords):
            raise ValueError("a call")
        return {str(keyword.arg): _value(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError("a table in a table")
        keys = [_value(key) for key in node.keys if key is not None]
        return dict(zip(keys, map(_value, node.values), strict=True))
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Name | ast.Attribute):
        return ast.unparse(node)
    return ast.literal_eval(node)


def _rate(value: Any) -> dict[str, Any]:
    first, last = _linear(value)
    return {"learning_rate": first, "final_learning_rate": last}


def _linear(value: Any) -> tuple[Any, Any]:
    """Beginning and end of a schedule: a number, or "lin_0.001", which ends at zero."""
    if isinstance(value, str) and value.startswith("lin_"):
        return _number(value.removeprefix("lin_")), 0.0
    return _number(value), _number(value)


def _number(value: Any) -> float:
    """A number; YAML takes some, such as 1e6, for text."""
    if not isinstance(value, bool):
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    raise UnusableError("is no number")


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():  # nor are infinity and NaN
        raise UnusableError("is no whole number")
    return int(number)


def _constant(name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        first, last = _linear(value)
        if first != last:
            raise UnusableError("changes during the run, which is not possible here")
        return {name: first}

    return read


def _entropy(value: Any) -> dict[str, Any]:
    """A weight of PPO's entropy, or where SAC's temperature starts."""
    if isinstance(value, str) and value.startswith("auto"):
        start = value.removeprefix("auto").removeprefix("_")
        return {"ent_coef_init": _number(start) if start else 1.0}
    return {"ent_coef": _number(value), "final_ent_share": 1.0}


def _frequency(value: Any) -> dict[str, Any]:
    pair = literal_pair(value)
    if pair is not None:
        number, unit = pair
        if unit != "step":
            raise UnusableError("counts episodes, which is not possible here")
        value = number
    return {"train_freq": _whole(value)}


def literal_pair(value: Any) -> tuple[Any, Any] | None:
    """Two values, maybe written as text: [1, step] or "(1, 'step')"."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if isinstance(value, list | tuple) and len(value) == 2:
        return value[0], value[1]
    return None


def _layers(value: Any) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]  # as older files have it
    if isinstance(value, dict):
        parts = list(value.values())
        if not set(value) <= {"pi", "vf", "qf"} or any(part != parts[0] for part in parts):
            raise UnusableError("has different networks for actor and critic, not possible here")
        value = parts[0] if parts else []
    if not isinstance(value, list) or not value:
        raise UnusableError("is no list of widths")
    return {"net_arch": [_whole(width) for width in value]}


def _activation(value: Any) -> dict[str, Any]:
    if value not in ACTIVATIONS:
        raise UnusableError("is neither ReLU nor Tanh")
    return {"activation": ACTIVATIONS[value]}


def _kl(value: Any) -> dict[str, Any]:
    return {"target_kl": 0.0 if value is None else _number(value)}


def _normalise(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = literal(value)
    if isinstance(value, bool):
        value = {"norm_obs": value, "norm_reward": value}
    if not isinstance(value, dict) or not set(value) <= {"norm_obs", "norm_reward", "clip_obs"}:
        raise UnusableError("is not true, false, or a table of norm_obs, norm_reward and clip_obs")
    found: dict[str, Any] = {
        "normalise_observation": value.get("norm_obs", True),
        "normalise_reward": value.get("norm_reward", True),
    }
    if "clip_obs" in value:
        found["clip_observation"] = _number(value["clip_obs"])
    return found


# What is a setting of the run here.
RUN: dict[str, Callable[[Any], dict[str, Any]]] = {
    "n_timesteps": lambda value: {"steps": _whole(value)},
    "n_envs": lambda value: {"n_envs": _whole(value)},
    "seed": lambda value: {"seed": _whole(value)},
    "normalize": _normalise,
}
# What is written otherwise than the algorithm's settings here.
OWN: dict[str, Callable[[Any], dict[str, Any]]] = {
    "learning_rate": _rate,
    "clip_range": _constant("clip_range"),
    "ent_coef": _entropy,
    "train_freq": _frequency,
    "net_arch": _layers,
    "activation_fn": _activation,
    "target_kl": _kl,
    **{
        name: lambda value, name=name: {name: _whole(value)}  # type: ignore[misc]
        for name in ("buffer_size", "batch_size", "learning_starts", "n_steps", "n_epochs")
    },
    **{
        name: lambda value, name=name: {name: _number(value)}  # type: ignore[misc]
        for name in ("gamma", "tau", "gae_lambda", "vf_coef", "max_grad_norm", "log_std_init")
    },
}
