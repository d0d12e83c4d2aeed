"""Results side by side: the same task, the same queries, differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reidbench_registry import ConfigError, DataError, did_you_mean

from ..evaluation.bootstrap import paired
from ..tools.terminal import quoted, safe
from .differences import differences
from .level import Level
from .per_query import PerQuery
from .record import ResultRecord
from .rows import Identity, Row
from .significance import p_values
from .verify import read_verified


@dataclass(frozen=True)
class Result:
    """One result record with its figures query by query."""

    label: str
    path: Path
    record: ResultRecord
    per_query: Mapping[tuple[str, str], PerQuery]

    @classmethod
    def read(cls, path: Path, label: str) -> Result:
        """From a run folder or a result file, computed again as far as that goes. Raises DataError
        naming what is missing or does not belong together."""
        return cls(label, path, *read_verified(path))

    def rows(self, task: str) -> dict[str, Row]:
        """mode -> row of the task"""
        return {r.mode: r for r in self.record.scores if _task(r) == task}


def compare(results: Sequence[Result], metrics: Sequence[str] | None = None) -> dict[str, Any]:
    """Values, intervals, and paired differences to the first result, as plain JSON:

    - `results`: label, path and run of each;
    - `rows`: per task, mode and metric a list `values`, one for each result that has it: value,
      interval and, except for the first, difference and difference_interval (this result minus
      the first), separable: whether that interval leaves 0 out, and p of a paired permutation test
      (null with a single identity);
    - `conditions`: where the results differ in what surrounds a number: mode, name, value by label.

    Rows of one mode are compared; a result that has a single mode for a task is compared with the
    first result's only one whatever they are called. Raises ConfigError when a task's identity
    differs between results, naming the fields, and for a metric that no result has."""
    tasks = list(dict.fromkeys(_task(r) for f in results for r in f.record.scores))
    for task in tasks:
        _check_identity(task, results)
        _check_pictures(task, results)
    rows = []
    for task in tasks:
        for mode, members in _modes(task, results).items():
            rows += _rows(task, mode, members, metrics)
    known = {name for f in results for r in f.record.scores for name in r.metrics}
    for name in metrics or ():
        if name not in known:
            raise ConfigError(
                f"no result has a metric {name!r}{did_you_mean(name, known)} "
                f"(metrics: {', '.join(sorted(known))})"
            )
    return {
        "results": [{"label": f.label, "path": str(f.path), "run": f.record.run} for f in results],
        "rows": rows,
        "conditions": _conditions(results),
    }


def _task(row: Row) -> str:
    return row.identity.task.name


def _check_identity(task: str, results: Sequence[Result]) -> None:
    first: tuple[Result, Identity] | None = None
    for result in results:
        for row in result.rows(task).values():
            if first is None:
                first = result, row.identity
            elif row.identity.hash != first[1].hash:
                fields = differences(_plain(first[1]), _plain(row.identity))
                fields.pop("hash")
                words = [f"{safe(k)}: {_short(a)} / {_short(b)}" for k, (a, b) in fields.items()]
                raise ConfigError(
                    f"task {quoted(task)} is not the same in {first[0].path} and {result.path}, so "
                    f"its numbers cannot be compared: {'; '.join(words)}"
                )


def _check_pictures(task: str, results: Sequence[Result]) -> None:
    """The same index may name other pictures, where both results know theirs."""
    known = [(f, r.pictures) for f in results for r in f.rows(task).values() if r.pictures]
    for result, pictures in known[1:]:
        if pictures != known[0][1]:
            raise ConfigError(
                f"task {quoted(task)}: the pictures behind {known[0][0].path} and {result.path} "
                "are not the same, so its numbers cannot be compared"
            )


def _plain(level: Level) -> dict[str, Any]:
    return level.model_dump(mode="json", exclude_unset=True)


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return list(interval) if interval else None


def _short(value: Any) -> str:
    text = safe(value)
    return text if len(text) <= 40 else f"{text[:12]}..."


def _modes(task: str, results: Sequence[Result]) -> dict[str, list[tuple[Result, Row]]]:
    """mode -> the results that have it, with their row."""
    modes: dict[str, list[tuple[Result, Row]]] = {}
    reference = list(results[0].rows(task))
    for result in results:
        rows = result.rows(task)
        alone = len(rows) == len(reference) == 1
        for mode, row in rows.items():
            modes.setdefault(reference[0] if alone else mode, []).append((result, row))
    return modes


def _rows(
    task: str,
    mode: str,
    members: Sequence[tuple[Result, Row]],
    metrics: Sequence[str] | None,
) -> list[dict[str, Any]]:
    first, first_row = members[0]
    rows: dict[str, list[dict[str, Any]]] = {}
    for result, row in members:
        paired_with_first: dict[str, dict[str, Any]] = {}
        if result is not first:
            paired_with_first = _paired(result, row, first, first_row, metrics)
        for name, value in row.metrics.items():
            if metrics and name not in metrics:
                continue
            one = {
                "result": result.label,
                "mode": row.mode,
                "value": value,
                "interval": _pair(row.interval.get(name)),
            }
            if name in paired_with_first:
                one |= paired_with_first[name]
            rows.setdefault(name, []).append(one)
    meaning = first_row.identity.hash
    return [
        {"task": task, "mode": mode, "identity": meaning, "metric": n, "values": v}
        for n, v in rows.items()
    ]


def _difference(mean: float, low: float, high: float, p: float | None) -> dict[str, Any]:
    known = not np.isnan(low)
    return {
        "difference": mean,
        "difference_interval": [low, high] if known else None,
        "separable": bool(low > 0 or high < 0) if known else None,
        "p": p,
    }


def _paired(
    result: Result, row: Row, first: Result, first_row: Row, metrics: Sequence[str] | None
) -> dict[str, dict[str, Any]]:
    """metric -> the difference to the first result, with its interval and p"""
    mine = result.per_query[_task(row), row.mode]
    theirs = first.per_query[_task(first_row), first_row.mode]
    place = {item: i for i, item in enumerate(mine.item_ids)}
    if place.keys() != set(theirs.item_ids):
        raise DataError(
            f"{result.path} and {first.path} were scored over different queries of "
            f"{safe(_task(row))}"
        )
    # The order of a manifest is not part of a task's identity.
    order = [place[item] for item in theirs.item_ids]
    aligned = {
        name: values[order]
        for name, values in mine.figures.items()
        if name in theirs.figures and (not metrics or name in metrics)
    }
    if not aligned:
        return {}
    edges = paired(aligned, theirs.figures, theirs.pids)
    p = p_values({n: v - theirs.figures[n] for n, v in aligned.items()}, theirs.pids)
    return {name: _difference(*edges[name], p[name]) for name in aligned}


def _conditions(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Conditions in which results differ, for the modes that several of them have."""
    modes = list(dict.fromkeys(m for f in results for m in f.record.conditions))
    rows = []
    for mode in modes:
        flat = {
            f.label: _flat(_plain(f.record.conditions[mode]))
            for f in results
            if mode in f.record.conditions
        }
        for name in dict.fromkeys(n for values in flat.values() for n in values):
            values = {label: fields.get(name) for label, fields in flat.items()}
            if any(v != next(iter(values.values())) for v in values.values()):
                rows.append({"mode": mode, "name": name, "values": values})
    return rows


def _flat(value: Any, where: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {where: value}
    leaves: dict[str, Any] = {}
    for key, inner in value.items():
        leaves |= _flat(inner, f"{where}.{key}" if where else key)
    return leaves
