"""What ran: the parts of a report that come from the result record and the index alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reidbench_registry import Record

from ..results.level import Level
from ..results.origin import TrainedOn
from ..results.rows import Row
from .curves import stages
from .inputs import Inputs


def run(inputs: Inputs) -> dict[str, Any]:
    """One of the report's `runs`."""
    record = inputs.record
    environment = dict(inputs.environment or {})
    if record.environment is not None:
        environment |= plain(record.environment)
    return {
        "label": inputs.label,
        "name": inputs.name,
        "protocol": record.protocol,
        "dataset": record.dataset.name,
        "revision": record.dataset.revision,
        "licence": record.dataset.licence,
        "synthetic": record.dataset.synthetic,
        "seed": record.seed,
        "status": record.status,
        "config": dict(inputs.config),
        "components": [
            {"kind": c.kind, "name": c.name, "package": c.distribution, "version": c.version}
            for c in record.components
        ],
        "environment": environment or None,
        "counts": counts(inputs.records),
        "stages": stages(inputs),
        "conditions": {mode: flat(plain(c)) for mode, c in record.conditions.items()},
        "cost": {mode: plain(cost) for mode, cost in record.cost.items()},
        "trained_on": [_words(one) for one in record.trained_on],
    }


def task(row: Row) -> dict[str, Any]:
    """One of the report's `tasks`; `n_gallery` is that of the first trial."""
    of = row.identity.task
    gallery = row.n_gallery
    return {
        "name": of.name,
        "query": of.query.modality,
        "gallery": of.gallery.modality,
        "identity": row.identity.hash,
        "n_query": row.n_query,
        "n_valid": row.n_valid,
        "n_gallery": gallery[0] if isinstance(gallery, list) else gallery,
        "chance_R1": row.chance_R1,
        "exclude": of.exclude,
        "cmc": of.cmc,
        "trials": of.trials.number if of.trials else None,
    }


def row(label: str, row: Row) -> dict[str, Any]:
    """One of the report's `rows`."""
    last = row.last
    return {
        "run": label,
        "task": row.identity.task.name,
        "mode": row.mode,
        "metrics": dict(row.metrics),
        "interval": {n: list(i) if i else None for n, i in row.interval.items()},
        "bracket": {n: list(b) for n, b in row.bracket.items()},
        "last": {"step": last.step, "metrics": dict(last.metrics)} if last else None,
        "collapsed": row.collapsed,
    }


def counts(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Items and identities of each modality in each split."""
    items: dict[tuple[str, str], int] = defaultdict(int)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for r in records:
        items[r.split, r.modality] += 1
        people[r.split, r.modality].add(r.pid)
    return [
        {"split": s, "modality": m, "items": n, "identities": len(people[s, m])}
        for (s, m), n in items.items()
    ]


def plain(level: Level) -> dict[str, Any]:
    return level.model_dump(mode="json")


def flat(value: Any, where: str = "") -> dict[str, Any]:
    """Dotted name -> leaf of plain JSON; items of lists by their place. What is empty is a leaf."""
    inner: Mapping[Any, Any] | None = None
    if isinstance(value, Mapping):
        inner = value
    elif isinstance(value, list | tuple):
        inner = dict(enumerate(value))
    if not inner:
        return {where: value}
    leaves: dict[str, Any] = {}
    for key, one in inner.items():
        leaves |= flat(one, f"{where}.{key}" if where else str(key))
    return leaves


def differs(found: Mapping[str, float], row: Row) -> str | None:
    """In words, when a figure that was computed again is not the one of the result."""
    for name, value in found.items():
        said = row.metrics.get(name)
        if said is None:
            continue
        low, high = row.bracket.get(name, (said, said))
        # Equal but for near-ties, which the bracket holds.
        if not min(low, said) - 1e-9 <= value <= max(high, said) + 1e-9:
            return (
                f"{name} of these embeddings is {100 * value:.1f}, the result says "
                f"{100 * said:.1f}: they are not the ones that were scored"
            )
    return None


def mean_hits(first_hit: np.ndarray) -> dict[str, float]:
    """R1, R5 and R10 of first_hit[trials, Nv]."""
    return {f"R{k}": float((first_hit <= k).mean()) for k in (1, 5, 10)}


def _words(one: TrainedOn) -> str:
    parts = [" ".join(filter(None, (one.name, one.revision)))]
    if one.splits:
        parts.append(f"split {', '.join(one.splits)}")
    if one.items is not None:
        parts.append(f"{one.items:,} items")
    if one.model:
        parts.append(f"the {one.model}")
    if one.declared:
        parts.append("as its author says")
    return "; ".join(parts)
