"""Which queries are shown: the best, the middle, the worst, some at random, the most changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..evaluation.identity import tie_order
from .inputs import Inputs

AP = "mAP"


class Query(NamedTuple):
    item: str
    why: list[str]
    """`best`, `median`, `worst`, `random`, `changed`"""
    figures: dict[str, float]
    """`A/edge` -> its average precision there"""


def queries_of(task: str, runs: Sequence[Inputs], number: int, seed: int = 0) -> list[Query]:
    """`number` queries of each kind. Best, median and worst are those of the first run, by the mean
    over its modes; changed: where another run has the most different figure in the same mode."""
    figures: dict[str, dict[str, float]] = {}
    for run in runs:
        for (name, mode), one in run.per_query.items():
            values = figure_of(one.figures)
            if name == task and values is not None:
                pairs = zip(one.item_ids, values.tolist(), strict=True)
                figures[f"{run.label}/{mode}"] = dict(pairs)
    first = {key: of for key, of in figures.items() if key.startswith(f"{runs[0].label}/")}
    if not first:
        return []
    items = list(next(iter(first.values())))
    # Many queries have equal figures: those are taken in an order that says nothing.
    items = [items[i] for i in tie_order(items)]
    mean = np.array([np.mean([of[i] for of in first.values() if i in of]) for i in items])
    why: dict[str, list[str]] = {}

    def add(kind: str, places: Any) -> None:
        for place in places:
            why.setdefault(items[place], []).append(kind)

    order = np.argsort(-mean, kind="stable")
    add("best", order[:number])
    start = max(0, (len(order) - number) // 2)
    add("median", order[start : start + number])
    add("worst", order[::-1][:number])
    rest = [i for i, item in enumerate(items) if item not in why]
    rng = np.random.default_rng(seed)
    add("random", rng.permutation(rest)[:number].astype(int) if rest else ())
    change = _changes(items, figures, runs)
    if change is not None:
        order = np.argsort(-change, kind="stable")
        add("changed", [i for i in order[:number] if change[i] > 0])
    return [
        Query(item, kinds, {key: of[item] for key, of in figures.items() if item in of})
        for item, kinds in why.items()
    ]


def figure_of(figures: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What queries are chosen by: the average precision or, without it, the first figure."""
    return figures.get(AP, next(iter(figures.values()), None))


def _changes(
    items: Sequence[str], figures: Mapping[str, Mapping[str, float]], runs: Sequence[Inputs]
) -> np.ndarray | None:
    """The largest difference of each query between the first run and another, in one mode."""
    changes = []
    for key, of in figures.items():
        label, _, mode = key.partition("/")
        before = figures.get(f"{runs[0].label}/{mode}")
        if label != runs[0].label and before is not None:
            changes.append([abs(of.get(i, 0) - before.get(i, 0)) for i in items])
    return np.max(changes, axis=0) if changes else None
