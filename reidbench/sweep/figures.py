"""The results of a sweep as figures: mean and deviation over seeds, paired differences, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..config.modes import MODES
from ..evaluation.bootstrap import intervals
from ..results.significance import p_values
from ..results.verify import read_verified
from .plan import Cell, Declaration

MEAN = "mean"
"""Stands for all tasks of a mode: the plain mean of their figures."""


@dataclass(frozen=True)
class Table:
    """Figures query by query of one row in one mode, for the seeds that have a result."""

    by_seed: Mapping[int, Mapping[str, np.ndarray]]
    """seed -> metric -> figures over the queries of all tasks, task after task"""
    pids: Sequence[str]
    tasks: Mapping[str, slice]
    """task -> its queries in the figures"""
    meaning: str
    """Hashes of the tasks' identities: rows are compared only where they are equal."""
    chance: Mapping[str, float]
    """task -> Rank-1 of a random order"""

    def weights(self, task: str) -> np.ndarray:
        """What each query counts in the mean: nothing when it is of another task; every task
        counts the same in the mean of tasks."""
        number = len(self.pids)
        weights = np.zeros(number)
        chosen = list(self.tasks) if task == MEAN else [task]
        for name in chosen:
            part = self.tasks[name]
            weights[part] = number / (len(chosen) * (part.stop - part.start))
        return weights


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
        " ".join(row.identity.hash for row in tasks.values()),
        {task: row.chance_R1 for task, row in tasks.items()},
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
            having = {k: t for k, t in here.items() if task == MEAN or task in t.tasks}
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
    values = {}
    for labels, table in tables.items():
        if found := {s: f[metric] for s, f in table.by_seed.items() if metric in f}:
            values[labels] = found
    means = {
        labels: {s: float((v * tables[labels].weights(task)).mean()) for s, v in by_seed.items()}
        for labels, by_seed in values.items()
    }
    pairs = _pairs(values, tables, task)
    letters = _letters({k: float(np.mean(list(m.values()))) for k, m in means.items()}, pairs)
    widths = [(high - low) / 2 for _, low, high, _ in pairs.values() if not np.isnan(low)]
    rows = []
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
        rows.append(row)
    return rows


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
    tables: Mapping[tuple[str, ...], Table],
    task: str,
) -> Pairs:
    """(row, other row) -> mean difference, its 95% interval, p: queries averaged over the seeds
    that both have, identities resampled. Rows that do not mean the same have no pair."""
    found: dict[Any, tuple[float, float, float, float | None]] = {}
    keys = list(values)
    for place, first in enumerate(keys):
        differences, pids = {}, tables[first].pids
        for second in keys[:place]:
            seeds = values[first].keys() & values[second].keys()
            if tables[first].meaning != tables[second].meaning or not seeds:
                continue
            gap = sum(values[first][s] - values[second][s] for s in sorted(seeds)) / len(seeds)
            differences[second] = gap * tables[first].weights(task)
        if not differences:
            continue
        names = {str(i): gap for i, gap in enumerate(differences.values())}
        edges, p = intervals(names, pids), p_values(names, pids)
        for i, (second, gap) in enumerate(differences.items()):
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
