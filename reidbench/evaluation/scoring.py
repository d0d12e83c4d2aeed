"""Several tasks in several modes -> the rows of a result, whoever made the embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from reidbench_registry import ConfigError, DatasetCard, Metric, Record, Task

from ..embeddings import Embeddings
from .identity import identity
from .score import Scored, score


class Pair(NamedTuple):
    """The embeddings of a mode: those of the queries' model and those of the gallery's."""

    query: Embeddings
    gallery: Embeddings


class Scores(NamedTuple):
    rows: list[dict[str, Any]]
    """identity, mode and figures of each (task, mode)"""
    per_query: dict[tuple[str, str], Scored]


def check_names(tasks: Sequence[Task]) -> None:
    """Raises ConfigError for two tasks of one name: their rows could not be told apart."""
    names = [t.name for t in tasks]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"task {name!r} occurs twice in the protocol")


def records_of(tasks: Sequence[Task], records: Sequence[Record]) -> list[Record]:
    """The records that are a query or in the gallery of any of the tasks, and the members of
    composite queries among them."""
    selected = [any(t.query(r) or t.gallery(r) for t in tasks) for r in records]
    members = {m for r, take in zip(records, selected, strict=True) if take for m in r.members}
    return [r for r, take in zip(records, selected, strict=True) if take or r.item_id in members]


def score_all(
    chosen: Iterable[tuple[Task, str]],
    records: Sequence[Record],
    card: DatasetCard,
    fingerprint: str,
    pairs: Mapping[str, Pair],
    metrics: Sequence[Metric],
) -> Scores:
    """Score each chosen (task, mode); pairs[mode] are the mode's embeddings."""
    scores = Scores([], {})
    for task, mode in chosen:
        scored = score(task, records, *pairs[mode], metrics)
        meaning = identity(task, card, fingerprint, records_of([task], records))
        scores.rows.append({"identity": meaning, "mode": mode, **scored.row})
        scores.per_query[task.name, mode] = scored
    return scores
