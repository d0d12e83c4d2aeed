"""A plain dict -> a checked Experiment, before anything heavy is imported.

Sections of the harness are held against their dataclasses, the arguments of entries against the
entries' signatures. The result is complete: every default is filled in, so it can be saved and run
again.
"""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from reidbench_registry import ConfigError, UnknownEntryError, did_you_mean
from reidbench_registry.kinds import SUPPLIED
from reidbench_registry.signature import signature

from ..pluginhost import PluginHost
from . import overrides, schema
from .fill import WEIGHT, fill, section_of
from .modes import MODELS, MODES
from .values import fits, in_words

LONGEST_NAME = 500
"""Of what stands in a result."""


def resolve(
    raw: dict[str, Any], options: list[str], host: PluginHost, with_models: bool = True
) -> schema.Experiment:
    """Fill in defaults, apply overrides, check all of it; `with_models`: also that the modes have
    the models that they need. Raises ConfigError."""
    if "sweep" in raw:
        raise ConfigError("the config declares a sweep: run it with `reidbench sweep`")
    filled = fill(schema.Experiment, raw)
    overrides.apply(filled, options)
    # Once more: an override may have brought whole sections or items.
    experiment = _build(schema.Experiment, fill(schema.Experiment, filled), "", host)
    _check_whole(experiment)
    if with_models:
        _check_models(experiment)
    return experiment


def resolve_trained(raw: dict[str, Any], host: PluginHost) -> schema.Experiment:
    """The config of a finished run, for its models: of the entries only the backbones are needed,
    so that a run can be evaluated where the plugins that trained it are not installed. What
    described the training is left out. Raises ConfigError."""
    experiment = _build(schema.Experiment, fill(schema.Experiment, raw), "", None)
    for name in MODELS.values():
        section = getattr(experiment, name)
        if section is not None:
            check_entry("backbone", section.backbone, f"{name}.backbone", False, host)
            setattr(experiment, name, _without_training(section))
    return experiment


def _without_training(section: Any) -> Any:
    if section.train is None:
        return section
    nothing: dict[str, Any] = {
        f.name: [] if isinstance(getattr(section.train, f.name), list) else None
        for f in dataclasses.fields(section.train)
        if "kind" in f.metadata
    }
    return dataclasses.replace(section, train=dataclasses.replace(section.train, **nothing))


def _build(section: type, given: Any, where: str, host: PluginHost | None) -> Any:
    """A section's dict -> its dataclass, with every field checked; entries only with a `host`."""
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
        inner = section_of(hints[name])
        if inner is not None and value is not None:
            values[name] = _build(inner, value, f"{path}.", host)
            continue
        if not fits(value, hints[name]):
            raise ConfigError(f"{path}: expected {in_words(hints[name])}, got {value!r}")
        values[name] = value
        if "kind" in f.metadata and value is not None and host is not None:
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
    """Hold `dict(type=..., ...)` against the entry's signature. Raises ConfigError."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        # A class or a dotted path as `type` would run whatever it names.
        raise ConfigError(f"{where}: a {kind} is given as dict(type='name', ...), got {item!r}")
    takes = signature(_find(kind, item["type"], where, host))
    arguments = {key: value for key, value in item.items() if key != "type"}
    if weighted and not fits(arguments.pop(WEIGHT), float):
        raise ConfigError(f"{where}.{WEIGHT}: expected a number, got {item[WEIGHT]!r}")
    for key in arguments:
        if key not in takes.parameters and not takes.takes_any:
            known = [*takes.parameters, *([WEIGHT] if weighted else [])]
            raise ConfigError(
                f"{where}: {kind} {item['type']!r} takes no {key!r}{did_you_mean(key, known)} "
                f"(it takes: {', '.join(known) or 'nothing'})"
            )
    for key, required in takes.parameters.items():
        if required and key not in arguments and key not in SUPPLIED.get(kind, ()):
            raise ConfigError(f"{where}: {kind} {item['type']!r} needs {key!r}")


def _check_whole(experiment: schema.Experiment) -> None:
    """What no single section can know."""
    for name in ("teacher", "student"):
        section = getattr(experiment, name)
        if section is not None and section.train is not None:
            _check_training(f"{name}.train", section.train)
    student = experiment.student
    taught = student.train if student and student.train else None
    if experiment.teacher is None and taught and taught.distillers and not taught.banks:
        raise ConfigError("student.train.distillers: there is no teacher to distil from")
    if not experiment.evaluation.modes:
        raise ConfigError("evaluation.modes: expected at least one mode")
    for mode in experiment.evaluation.modes:
        if mode not in MODES:
            raise ConfigError(
                f"evaluation.modes: unknown mode {mode!r}{did_you_mean(mode, MODES)} "
                f"(modes: {', '.join(MODES)})"
            )
    if not experiment.evaluation.metrics:
        raise ConfigError("evaluation.metrics: expected at least one metric")
    _at_least("evaluation.batch_size", experiment.evaluation.batch_size, 1)
    if experiment.evaluation.dim is not None:
        _at_least("evaluation.dim", experiment.evaluation.dim, 1)
    _check_run(experiment.run)


def _check_training(where: str, training: schema.Training) -> None:
    for name in ("steps", "batches_per_step", "log_every"):
        _at_least(f"{where}.{name}", getattr(training, name), 1)
    if not 0 <= training.warmup < 1:
        raise ConfigError(
            f"{where}.warmup: expected a fraction of the steps in [0, 1), got {training.warmup}"
        )
    for dim in training.dims:
        _at_least(f"{where}.dims", dim, 1)
    if training.validation is not None:
        _at_least(f"{where}.validation.every", training.validation.every, 1)
    if training.selection == "val" and training.validation is None:
        raise ConfigError(f"{where}.selection: 'val' needs validation=dict(every=STEPS)")
    if not training.losses and not getattr(training, "distillers", []):
        raise ConfigError(f"{where}: there is nothing to train on (no loss)")


def _check_run(run: schema.Run) -> None:
    if not 0 <= run.seed < 2**63:
        raise ConfigError(f"run.seed: expected an integer in [0, 2^63), got {run.seed}")
    _at_least("run.workers", run.workers, 0)
    if run.threads is not None:
        _at_least("run.threads", run.threads, 1)
    for name in run.trained_on:
        if not 0 < len(name) <= LONGEST_NAME:
            raise ConfigError(
                f"run.trained_on: expected names of 1 to {LONGEST_NAME} characters, got "
                f"{name[:40]!r}"
            )


def _at_least(where: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"{where}: expected at least {least}, got {value}")


def _check_models(experiment: schema.Experiment) -> None:
    for mode in experiment.evaluation.modes:
        for model in MODES[mode].models:
            if getattr(experiment, MODELS[model]) is None:
                raise ConfigError(f"evaluation.modes: {mode!r} needs a {model}, and there is none")
