"""A declaration -> its cells: one config for each case, each point of the grid and each seed."""

from __future__ import annotations

import copy
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, did_you_mean

from .. import config
from ..config import Experiment, overrides
from ..config.fill import fill
from ..config.walk import key_settings
from ..pluginhost import PluginHost
from ..run.context import Context
from ..run.folder import check_name
from ..run.stages.needed import teacher_is_needed
from ..terminal.reporter import Reporter
from ..tools.digests import json_digest

CASE = "case"
"""The axis of the named cases."""
_NOT_IN_NAMES = re.compile(r"[^\w.+=-]+")


@dataclass(frozen=True)
class Declaration:
    """What a config says under `sweep`, or the command line."""

    seeds: tuple[int, ...] = (0,)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """name -> config path -> value: rows that differ in several places"""
    grid: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """config path -> label -> value; the product of all of them"""
    baseline: Mapping[str, str] = field(default_factory=dict)
    """axis -> label: every row is compared with the row that has these labels and its own others"""

    @property
    def axes(self) -> list[str]:
        return [*([CASE] if self.cases else []), *self.grid]


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    labels: tuple[str, ...]
    """one for each axis"""
    seed: int
    experiment: Experiment
    shares: str | None
    """Cells with the same word train the same teacher; None: no teacher is trained."""

    @property
    def name(self) -> str:
        """Of its run folder."""
        return self.experiment.run.name or ""


def declaration(given: Any) -> Declaration:
    """A plain dict -> Declaration. Raises ConfigError for what does not belong there."""
    if not isinstance(given, dict):
        raise ConfigError(f"sweep: expected dict(seeds=..., grid=...), got {given!r}")
    known = ("seeds", "cases", "grid", "baseline")
    for key in given:
        if key not in known:
            raise ConfigError(f"sweep: unknown key {key!r}{did_you_mean(key, known)}")
    made = Declaration(
        seeds=_seeds(given.get("seeds", [0])),
        cases=_cases(given.get("cases", {})),
        grid=_grid(given.get("grid", {})),
    )
    return Declaration(made.seeds, made.cases, made.grid, _baseline(given, made))


def _seeds(given: Any) -> tuple[int, ...]:
    if (
        not isinstance(given, list | tuple)
        or not given
        or any(not isinstance(seed, int) or isinstance(seed, bool) for seed in given)
        or len(set(given)) < len(given)
    ):
        raise ConfigError(f"sweep.seeds: expected different integers, got {given!r}")
    return tuple(given)


def _cases(given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, dict) or not all(isinstance(v, dict) for v in given.values()):
        raise ConfigError(
            f"sweep.cases: expected {{'name': {{'config.path': value}}}}, got {given!r}"
        )
    return {str(name): dict(options) for name, options in given.items()}


def _grid(given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, dict):
        raise ConfigError(f"sweep.grid: expected {{'config.path': [values]}}, got {given!r}")
    return {path: _labelled(path, values) for path, values in given.items()}


def _labelled(path: str, values: Any) -> dict[str, Any]:
    if path == "run.seed":
        raise ConfigError("sweep.grid: seeds stand in sweep.seeds")
    if isinstance(values, dict) and values:
        return {str(label): value for label, value in values.items()}
    if not isinstance(values, list) or not values:
        raise ConfigError(f"sweep.grid: {path}: expected a list of values, got {values!r}")
    if any(isinstance(value, dict | list) for value in values):
        raise ConfigError(
            f"sweep.grid: {path}: sections and lists need names: {{'name': value, ...}}"
        )
    labels = [str(value) for value in values]
    if len(set(labels)) < len(labels):
        raise ConfigError(f"sweep.grid: {path}: a value occurs twice: {values!r}")
    return dict(zip(labels, values, strict=True))


def _baseline(given: dict[str, Any], made: Declaration) -> dict[str, str]:
    baseline = given.get("baseline", {})
    if not isinstance(baseline, dict):
        raise ConfigError(f"sweep.baseline: expected {{'axis': value}}, got {baseline!r}")
    for axis, label in baseline.items():
        if axis not in made.axes:
            raise ConfigError(
                f"sweep.baseline: no axis {axis!r}{did_you_mean(axis, made.axes)} "
                f"(axes: {', '.join(made.axes) or 'none'})"
            )
        labels = made.cases if axis == CASE else made.grid[axis]
        if str(label) not in labels:
            raise ConfigError(
                f"sweep.baseline: {axis} has no {str(label)!r}{did_you_mean(str(label), labels)} "
                f"(it has {', '.join(labels)})"
            )
    return {axis: str(label) for axis, label in baseline.items()}


def cells(
    raw: dict[str, Any], declared: Declaration, options: list[str], name: str, work_dir: Path
) -> list[Cell]:
    """Every cell, each config checked whole. Raises ConfigError naming the cell that is wrong, and
    for two cells of one name."""
    host = PluginHost()
    base = fill(Experiment, raw)
    overrides.apply(base, options)
    made = []
    cases = declared.cases or {"": {}}
    points = [list(values.items()) for values in declared.grid.values()]
    for case, settings in cases.items():
        for point in itertools.product(*points):
            labels = (*([case] if declared.cases else []), *(label for label, _ in point))
            changes = {
                **settings,
                **dict(zip(declared.grid, (value for _, value in point), strict=True)),
            }
            for seed in declared.seeds:
                made.append(_cell(base, changes, labels, seed, declared, name, host, work_dir))
    twice = [n for n, count in Counter(cell.name for cell in made).items() if count > 1]
    if twice:
        raise ConfigError(f"sweep: two cells have the name {twice[0]!r}: name their values apart")
    return made


def _cell(
    base: dict[str, Any],
    changes: Mapping[str, Any],
    labels: tuple[str, ...],
    seed: int,
    declared: Declaration,
    name: str,
    host: PluginHost,
    work_dir: Path,
) -> Cell:
    words = [name, *_words(declared.axes, labels), f"seed{seed}"]
    run_name = check_name("-".join(words))
    plain = copy.deepcopy(base)
    try:
        overrides.put(plain, copy.deepcopy(changes).items())
        plain["run"] |= {"seed": seed, "name": run_name}
        # Hundreds of pages would take more disk and time than anybody looks at.
        plain["run"].setdefault("report", False)
        experiment = config.resolve(plain, [], host)
    except ConfigError as error:
        raise ConfigError(f"{', '.join(labels) or name}: {error}") from None
    return Cell(labels, seed, experiment, _shares(experiment, host, work_dir))


def _words(axes: Sequence[str], labels: Sequence[str]) -> list[str]:
    """`random`, `lr=0.001`: the labels as parts of a name; values that say nothing alone get the
    last word of their path."""
    words = []
    for axis, label in zip(axes, labels, strict=True):
        plain = _NOT_IN_NAMES.sub("_", label).strip("_.") or "_"
        named = axis == CASE or not re.fullmatch(r"[-+\d.e]+|None|True|False", label)
        words.append(plain if named else f"{axis.rpartition('.')[2]}={plain}")
    return words


def _shares(experiment: Experiment, host: PluginHost, work_dir: Path) -> str | None:
    context = Context(experiment, host, work_dir, work_dir, Reporter(work_dir / "log.jsonl"))
    if not teacher_is_needed(context) or experiment.teacher is None:
        return None
    return json_digest(
        [
            experiment.data,
            key_settings(experiment.teacher),
            experiment.run.seed,
            experiment.run.precision,
        ]
    )


def as_config(cell: Cell) -> dict[str, Any]:
    """The cell's config, complete, as `reidbench run` reads it."""
    return asdict(cell.experiment)
