"""A plain dict -> a checked Experiment, before anything heavy is imported.

Harness sections are held against their dataclasses, the arguments of entries against the entries'
signatures. The result is complete: every default is filled in, so it can be saved and run again.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from reidbench_registry import ConfigError, UnknownEntryError, did_you_mean
from reidbench_registry.signature import signature

from ..pluginhost import PluginHost
from . import overrides, schema

WEIGHT = "weight"


def resolve(
    raw: dict[str, Any], options: list[str], host: PluginHost, with_models: bool = True
) -> schema.Experiment:
    """Fill in defaults, apply overrides, check all of it; `with_models`: also that the modes have
    the models that they need. Raises ConfigError."""
    filled = _fill(schema.Experiment, raw)
    overrides.apply(filled, options)
    # Once more: an override may have brought whole sections or items.
    experiment = _build(schema.Experiment, _fill(schema.Experiment, filled), "", host)
    _check_whole(experiment)
    if with_models:
        _check_modes(experiment)
    return experiment


def _fill(section: type, given: Any) -> Any:
    """`given` with the defaults of `section` added; wrong keys stay for the check to find."""
    if not isinstance(given, dict):
        return given
    hints = typing.get_type_hints(section)
    filled = dict(given)
    for f in dataclasses.fields(section):
        if f.name not in filled:
            if f.default is not dataclasses.MISSING:
                filled[f.name] = f.default
            elif f.default_factory is not dataclasses.MISSING:
                default = f.default_factory()
                filled[f.name] = _as_dict(default)
        elif (inner := _section_of(hints[f.name])) is not None:
            filled[f.name] = _fill(inner, filled[f.name])
        if "kind" in f.metadata and isinstance(filled.get(f.name), str):
            filled[f.name] = {"type": filled[f.name]}
        if f.metadata.get("weighted") and isinstance(filled.get(f.name), list):
            items = filled[f.name]
            filled[f.name] = [{**i, WEIGHT: i.get(WEIGHT, 1.0)} if isinstance(i, dict) else i
                              for i in items]  # fmt: skip
    return filled


def _as_dict(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _section_of(hint: Any) -> type | None:
    """The dataclass in `Section` or `Section | None`, if the hint is one."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next((o for o in options if isinstance(o, type) and dataclasses.is_dataclass(o)), None)


def _build(section: type, given: Any, where: str, host: PluginHost) -> Any:
    """A section's dict -> its dataclass, with every field checked."""
    place = where.rstrip(".") or "the config"
    if not isinstance(given, dict):
        raise ConfigError(f"{place}: expected a section, got {given!r}")
    hints = typing.get_type_hints(section)
    fields = {f.name: f for f in dataclasses.fields(section)}
    for key in given:
        if key not in fields:
            raise ConfigError(
                f"{place}: unknown key {key!r}{did_you_mean(key, fields)} "
                f"(keys: {', '.join(fields)})"
            )
    values = {}
    for name, f in fields.items():
        path = f"{where}{name}"
        if name not in given:
            raise ConfigError(f"{place}: {name!r} is missing")
        value = given[name]
        inner = _section_of(hints[name])
        if inner is not None and value is not None:
            values[name] = _build(inner, value, f"{path}.", host)
            continue
        if not _fits(value, hints[name]):
            raise ConfigError(f"{path}: expected {_say(hints[name])}, got {value!r}")
        values[name] = value
        if "kind" in f.metadata:
            for at, item in _items(path, value):
                check_entry(f.metadata["kind"], item, at, f.metadata.get("weighted", False), host)
    return section(**values)


def _items(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{path}.{i}", item) for i, item in enumerate(value)]
    return [(path, value)]


def _find(kind: str, name: str, where: str, host: PluginHost) -> Any:
    try:
        return host.find(kind, name)
    except UnknownEntryError as error:
        raise UnknownEntryError(f"{where}: {error}") from None


def check_entry(kind: str, item: Any, where: str, weighted: bool, host: PluginHost) -> None:
    """Hold `dict(type=..., ...)` against the entry's signature."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        # A class or a dotted path as `type` would run whatever it names.
        raise ConfigError(f"{where}: a {kind} is given as dict(type='name', ...), got {item!r}")
    found = _find(kind, item["type"], where, host)
    takes = signature(found)
    arguments = {key: value for key, value in item.items() if key != "type"}
    if weighted and not _fits(arguments.pop(WEIGHT), float):
        raise ConfigError(f"{where}.{WEIGHT}: expected a number, got {item[WEIGHT]!r}")
    for key in arguments:
        if key not in takes.parameters and not takes.takes_any:
            known = [*takes.parameters, *([WEIGHT] if weighted else [])]
            raise ConfigError(
                f"{where}: {kind} {item['type']!r} takes no {key!r}{did_you_mean(key, known)} "
                f"(it takes: {', '.join(known) or 'nothing'})"
            )
    for key, required in takes.parameters.items():
        if required and key not in arguments:
            raise ConfigError(f"{where}: {kind} {item['type']!r} needs {key!r}")


def _fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if isinstance(hint, types.UnionType):
        return any(_fits(value, option) for option in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(v, typing.get_args(hint)[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _say(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return " or ".join(_say(o) for o in typing.get_args(hint))
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(repr(a) for a in typing.get_args(hint))
    if typing.get_origin(hint) is list:
        return f"a list of {_say(typing.get_args(hint)[0])}"
    if typing.get_origin(hint) is dict:
        return "dict(type=...)"
    return {float: "a number", int: "a whole number", str: "a string"}.get(
        hint, "None" if hint is types.NoneType else str(hint)
    )


def _check_whole(experiment: schema.Experiment) -> None:
    """What no single section can know."""
    student, teacher = experiment.student, experiment.teacher
    for name, model in (("teacher", teacher), ("student", student)):
        training = model.train if model else None
        if training is None:
            continue
        if training.steps < 1:
            raise ConfigError(f"{name}.train.steps: expected at least 1, got {training.steps}")
        if training.batches_per_step < 1:
            raise ConfigError(f"{name}.train.batches_per_step: expected at least 1")
        if not 0 <= training.warmup < 1:
            raise ConfigError(f"{name}.train.warmup: expected a share in [0, 1)")
        if training.validation is not None and training.validation.every < 1:
            raise ConfigError(f"{name}.train.validation.every: expected at least 1")
        if training.selection == "val" and training.validation is None:
            raise ConfigError(
                f"{name}.train.selection: 'val' needs validation=dict(every=STEPS) to choose by"
            )
        if not training.losses and not getattr(training, "distillers", []):
            raise ConfigError(f"{name}.train: there is nothing to train on (no loss)")
    if teacher is None and student and student.train.distillers:
        raise ConfigError("student.train.distillers: there is no teacher to distil from")
    if not experiment.evaluation.modes:
        raise ConfigError("evaluation.modes: expected at least one mode")
    if experiment.evaluation.batch_size < 1:
        raise ConfigError("evaluation.batch_size: expected at least 1")


def _check_modes(experiment: schema.Experiment) -> None:
    for mode in experiment.evaluation.modes:
        lacking = [m for m in schema.SIDES[mode] if getattr(experiment, m) is None]
        if lacking:
            raise ConfigError(f"evaluation.modes: {mode!r} needs a {lacking[0]}, and there is none")
