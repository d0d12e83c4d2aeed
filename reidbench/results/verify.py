"""A stranger's result is computed again from what lies beside it, as far as that goes.

What a record says about itself can be edited: the fields of a task's identity under an old hash, a
figure, an interval. The hash follows from the fields; figures and intervals follow from the figures
query by query. Those themselves, and what the embeddings were, only the embeddings can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reidbench_registry import DataError

from ..evaluation.bootstrap import intervals
from ..tools.digests import json_digest
from ..tools.terminal import safe
from .per_query import PerQuery, load_per_query, per_query_folder
from .record import ResultRecord, read
from .rows import Identity, Row

SAME = 1e-9
"""How far a figure may be from the one that is computed again."""


def read_verified(path: Path) -> tuple[ResultRecord, Mapping[tuple[str, str], PerQuery]]:
    """The result record in a file or a run folder, and its figures query by query.

    Raises DataError naming what is missing, damaged or does not belong together."""
    record = read(path)
    folder = per_query_folder(path)
    per_query = load_per_query(folder)
    seen = set()
    for row in record.scores:
        key = row.identity.task.name, row.mode
        where = f"{safe(key[0])}, {safe(key[1])}"
        if key in seen:
            raise DataError(f"{path}: {where}: scored twice")
        seen.add(key)
        if identity_hash(row.identity) != row.identity.hash:
            raise DataError(f"{path}: {where}: the hash of the identity is not that of its fields")
        for name in ("dataset", "revision", "fingerprint", "synthetic"):
            of_card = record.dataset.name if name == "dataset" else getattr(record.dataset, name)
            if getattr(row.identity, name) != of_card:
                raise DataError(f"{path}: {where}: {name} is another one than the data set's")
        if key not in per_query:
            raise DataError(f"{folder}: {where}: there are no figures query by query")
        if wrong := _wrong(row, per_query[key]):
            raise DataError(
                f"{folder}: the figures query by query are not those of {path} ({where}, {wrong})"
            )
    return record, per_query


def identity_hash(identity: Identity) -> str:
    """SHA-256 of the fields, as `evaluation.identity` makes it."""
    fields = identity.model_dump(mode="json", exclude_unset=True)
    fields.pop("hash")
    return json_digest(fields)


def _wrong(row: Row, found: PerQuery) -> str | None:
    """What of a row does not follow from the figures query by query; None when all does."""
    if not row.metrics:
        return "no metric"
    if row.n_valid != len(found.item_ids) or row.n_valid > row.n_query or not row.n_valid:
        return f"n_valid {row.n_valid}, {len(found.item_ids)} queries"
    for name, value in row.metrics.items():
        values = found.figures.get(name)
        # Written so that NaN is wrong, too.
        if values is None or not abs(values.mean() - value) <= SAME:
            return safe(name)
        if not (values.min() >= 0 and values.max() <= 1):
            return f"{safe(name)} outside [0, 1]"
    if row.interval.keys() != row.metrics.keys():
        return "intervals of other metrics"
    figures = {name: found.figures[name] for name in row.metrics}
    for name, edges in intervals(figures, found.pids).items():
        given = row.interval[name]
        if given is None and np.isnan(edges).all():
            continue
        if given is None or not np.abs(np.subtract(given, edges)).max() <= SAME:
            return f"interval of {safe(name)}"
    return None
