"""Embeddings and a manifest -> the same result record as a run's. No image is opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, DatasetCard, Metric, Record, Task, fingerprint

from .. import provenance, results
from .embeddings import Embeddings
from .per_query import save_per_query
from .score import Side
from .scoring import Pair, Scores, check_names, score_all


def score_embeddings(
    manifest: Path,
    records: Sequence[Record],
    tasks: Sequence[Task],
    metrics: Sequence[Metric],
    query: Embeddings,
    gallery: Embeddings,
    mode: str,
    say: Callable[[str], None],
) -> tuple[dict[str, Any], Scores]:
    """What a result says (without the entries that were used), and the figures query by query.

    A task is left out, and `say` says so, when the manifest or the files hold none of its queries
    or none of its gallery. Raises DataError for embedded items that the manifest does not list, for
    items of a task that are not embedded, and when no task is left."""
    known = {r.item_id for r in records}
    for embeddings in (query, gallery):
        strangers = [i for i in embeddings.item_ids if i not in known]
        if strangers:
            raise DataError(
                f"{embeddings.path}: {len(strangers)} item ids are not in {manifest}, "
                f"first {strangers[0]!r}"
            )
    check_names(tasks)
    card = card_of(manifest, records)
    digest = fingerprint(card, records)
    sides = Pair(*(Side.of(e.features, e.item_ids) for e in (query, gallery)))
    lacking = {t.name: why for t in tasks if (why := _lacking(t, records, sides))}
    if len(lacking) == len(tasks):
        raise DataError("; ".join(f"task {name!r}: {why}" for name, why in lacking.items()))
    for name, why in lacking.items():
        say(f"{name}: not scored, {why}")
    chosen = [(task, mode) for task in tasks if task.name not in lacking]
    scores = score_all(chosen, records, card, digest, {mode: sides}, metrics)
    unknown = {"neck": None, "tap": None, "selection": None}
    record = {
        "run": None,
        "reidbench": provenance.version(),
        "seed": None,
        "dataset": asdict(card) | {"fingerprint": digest},
        "source": {"query": query.describe(), "gallery": gallery.describe()},
        "conditions": {
            mode: {
                "query": unknown,
                "gallery": unknown,
                "precision": None,
                "test_time_augmentation": None,
                "re_ranking": None,
            }
        },
        "scores": scores.rows,
        "stages": {},
    }
    return record, scores


def save(path: Path, record: dict[str, Any], scores: Scores) -> None:
    """Write the result record, and the figures query by query beside it."""
    save_per_query(results.per_query_beside(path), scores.per_query)
    results.write(path, **record)


def card_of(manifest: Path, records: Sequence[Record]) -> DatasetCard:
    """The card beside the manifest (`card.json`, as a run writes it), when its fingerprint is that
    of these records; otherwise what the records tell."""
    try:
        given = json.loads((manifest.parent / "card.json").read_text(encoding="utf-8"))
        expected = given.pop("fingerprint")
        card = DatasetCard(**given | {"modalities": tuple(given["modalities"])})
        if fingerprint(card, records) == expected:
            return card
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return DatasetCard(
        name=", ".join(sorted({r.dataset for r in records})),
        revision="manifest",
        licence="unknown",
        citation="unknown",
        modalities=tuple(sorted({r.modality for r in records if not r.members})),
    )


def _lacking(task: Task, records: Sequence[Record], sides: Pair) -> str | None:
    """Why the files cannot answer a task at all. A gap within it is a mistake, found later."""
    for name, select, side in (
        ("queries", task.query, sides.query),
        ("gallery", task.gallery, sides.gallery),
    ):
        wanted = [r for r in records if select(r)]
        if not wanted:
            return f"the manifest has no {name} for it ({select.modality}, split {select.split!r})"
        if not any(i in side.row for r in wanted for i in side.asked_with(r)):
            return f"none of its {len(wanted)} {name} ({select.modality}) is embedded"
    return None
