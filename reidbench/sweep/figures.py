"""The results of a sweep as figures: mean and deviation over seeds, paired differences, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..config.modes import MODES
from ..evaluation.bootstrap import intervals
from ..results.significance import p_values
from ..results.verify import read_verified
from .plan import Cell, Declaration

MEAN = "mean"
"""Stands for all tasks of a mode: the plain mean of their figures."""


class Part(NamedTuple):
    """The queries of a table that a figure is the mean of."""

    rows: np.ndarray
    weights: np.ndarray
    """of mean 1"""
    pids: list[str]
    meaning: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Figures query by query of one row in one mode, for the seeds that have a result."""

    by_seed: Mapping[int, Mapping[str, np.ndarray]]
    """seed -> metric -> figures over the queries of all tasks, task after task"""
    pids: Sequence[str]
    tasks: Mapping[str, slice]
    """task -> its queries in the figures"""
    meaning: Mapping[str, str]
    """task -> hash of its identity: rows are compared only where it is equal"""

    def part(self, task: str) -> Part:
        """The queries of a task, or of all of them for `MEAN`: there every task counts the same,
        however many queries it has."""
        slices = self.tasks if task == MEAN else {task: self.tasks[task]}
        numbers = [part.stop - part.start for part in slices.values()]
        weights = [np.full(n, sum(numbers) / (len(numbers) * n)) for n in numbers]
        rows = np.concatenate([np.arange(len(self.pids))[part] for part in slices.values()])
        meaning = tuple(self.meaning[name] for name in slices)
        return Part(rows, np.concatenate(weights), [self.pids[row] for row in rows], meaning)


def collect(
    cells: Sequence[Cell], folders: Mapping[str, Path]
) -> dict[tuple[tuple[str, ...], str], Table]:
    """(labels, mode) -> figures; cells without a folder are left out."""
    parts: dict[tuple[tuple[str, ...], str], dict[int, Any]] = {}
    for cell in cells:
        if cell.name not in folders:
            continue
        record, per_query = read_verified(folders[cell.name])
        for mode in dict.fromkeys(row.mode for row in record.scores):
            rows = [row for row in record.scores if row.mode == mode]
            tasks = {row.identity.task.name: row for row in rows}
            found = {task: per_query[task, mode] for task in tasks}
            parts.setdefault((cell.labels, mode), {})[cell.seed] = (tasks, found)
    return {key: _table(by_seed) for key, by_seed in parts.items()}


def _table(by_seed: Mapping[int, Any]) -> Table:
    tasks, found = next(iter(by_seed.values()))
    slices, start = {}, 0
    for task in tasks:
        slices[task] = slice(start, start + len(found[task].item_ids))
        start = slices[task].stop
    figures = {}
    for seed, (_, per_query) in by_seed.items():
        figures[seed] = {
            name: np.concatenate([per_query[task].figures[name] for task in tasks])
            for name in next(iter(tasks.values())).metrics
            if all(name in per_query[task].figures for task in tasks)
        }
    return Table(
        figures,
        [pid for task in tasks for pid in found[task].pids],
        slices,
        {task: row.identity.hash for task, row in tasks.items()},
    )


def figures(
    cells: Sequence[Cell], declared: Declaration, folders: Mapping[str, Path]
) -> list[dict[str, Any]]:
    """A row for each mode, task (and their mean), metric and line of the table, as plain JSON:
    labels, mean, deviation over seeds (null for one), per_seed and, where there is a baseline,
    difference, interval, p, separable; `groups`: rows that share a letter cannot be told apart;
    `resolution`: the half width of the median interval between two rows."""
    tables = collect(cells, folders)
    rows = []
    for mode in (m for m in MODES if any(key[1] == m for key in tables)):
        here = {labels: table for (labels, of), table in tables.items() if of == mode}
        tasks = list(dict.fromkeys(task for table in here.values() for task in table.tasks))
        for task in [MEAN, *tasks] if len(tasks) > 1 else tasks:
            # A mean over fewer tasks is another figure: rows that lack a task have none.
            wanted = tasks if task == MEAN else [task]
            having = {k: t for k, t in here.items() if t.tasks.keys() >= set(wanted)}
            names = dict.fromkeys(n for t in having.values() for s in t.by_seed.values() for n in s)
            for metric in names:
                rows += _compared(having, declared, mode, task, metric)
    return rows


def _compared(
    tables: Mapping[tuple[str, ...], Table],
    declared: Declaration,
    mode: str,
    task: str,
    metric: str,
) -> list[dict[str, Any]]:
    parts = {labels: table.part(task) for labels, table in tables.items()}
    values = {}
    for labels, table in tables.items():
        rows, weights = parts[labels].rows, parts[labels].weights
        found = {s: f[metric][rows] * weights for s, f in table.by_seed.items() if metric in f}
        if found:
            values[labels] = found
    means = {
        labels: {s: float(v.mean()) for s, v in by_seed.items()}
        for labels, by_seed in values.items()
    }
    pairs = _pairs(values, parts)
    letters = _letters({k: float(np.mean(list(m.values()))) for k, m in means.items()}, pairs)
    widths = [(high - low) / 2 for _, low, high, _ in pairs.values() if not np.isnan(low)]
    made = []
    for labels, by_seed in means.items():
        numbers = list(by_seed.values())
        row: dict[str, Any] = {
            "labels": dict(zip(declared.axes, labels, strict=True)),
            "mode": mode,
            "task": task,
            "metric": metric,
            "mean": float(np.mean(numbers)),
            "deviation": float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None,
            "per_seed": {str(seed): value for seed, value in by_seed.items()},
            "groups": letters.get(labels, ""),
            "resolution": float(np.median(widths)) if widths else None,
        }
        base = baseline_of(labels, declared)
        if base is not None and base != labels and (labels, base) in pairs:
            mean, low, high, p = pairs[labels, base]
            known = not np.isnan(low)
            row |= {
                "difference": mean,
                "difference_interval": [low, high] if known else None,
                "separable": bool(low > 0 or high < 0) if known else None,
                "p": p,
            }
        made.append(row)
    return made


def baseline_of(labels: tuple[str, ...], declared: Declaration) -> tuple[str, ...] | None:
    """The labels of the row that this one is compared with."""
    if not declared.baseline:
        return None
    return tuple(
        declared.baseline.get(axis, label)
        for axis, label in zip(declared.axes, labels, strict=True)
    )


Pairs = Mapping[tuple[tuple[str, ...], tuple[str, ...]], tuple[float, float, float, float | None]]


def _pairs(
    values: Mapping[tuple[str, ...], Mapping[int, np.ndarray]],
    parts: Mapping[tuple[str, ...], Part],
) -> Pairs:
    """(row, other row) -> mean difference, its 95% interval, p: queries averaged over the seeds
    that both have, identities resampled. Rows that do not mean the same have no pair."""
    gaps: dict[tuple[str, ...], dict[Any, np.ndarray]] = {}
    for first, second in combinations(values, 2):
        seeds = sorted(values[first].keys() & values[second].keys())
        if parts[first].meaning == parts[second].meaning and seeds:
            by_seed = [values[first][seed] - values[second][seed] for seed in seeds]
            gaps.setdefault(parts[first].meaning, {})[first, second] = np.mean(by_seed, axis=0)
    found: dict[Any, tuple[float, float, float, float | None]] = {}
    for pairs in gaps.values():
        # All pairs at once: identities are drawn once for all of them.
        named = {str(i): gap for i, gap in enumerate(pairs.values())}
        pids = parts[next(iter(pairs))[0]].pids
        edges, p = intervals(named, pids), p_values(named, pids)
        for i, ((first, second), gap) in enumerate(pairs.items()):
            low, high = edges[str(i)]
            mean = float(gap.mean())
            found[first, second] = mean, low, high, p[str(i)]
            found[second, first] = -mean, -high, -low, p[str(i)]
    return found


def _letters(means: Mapping[tuple[str, ...], float], pairs: Pairs) -> dict[tuple[str, ...], str]:
    """Rows from best to worst; a letter for every longest stretch of rows whose ends the data
    cannot tell apart. Empty where some rows have no pair: they do not mean the same."""
    order = sorted(means, key=lambda labels: -means[labels])
    if len(order) < 2 or any((a, b) not in pairs for a in order for b in order if a != b):
        return {}
    letters: dict[tuple[str, ...], str] = dict.fromkeys(order, "")
    reached, letter = -1, ord("a")
    for first, labels in enumerate(order):
        last = first
        for place in range(first + 1, len(order)):
            _, low, high, _ = pairs[labels, order[place]]
            if low > 0 or high < 0:
                break
            last = place
        if last > reached:
            for member in order[first : last + 1]:
                letters[member] += chr(letter)
            reached, letter = last, letter + 1
    return letters
