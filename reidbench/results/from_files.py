"""Submitted embeddings and a manifest -> the same result record as a run's. No image is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from reidbench_registry import DataError, DatasetCard, Record, Task, fingerprint

from ..embeddings.files import Submission
from ..embeddings.norms import rows_of_zeros
from ..evaluation.chosen import Chosen
from ..evaluation.scoring import Pair, Scores, check_names, score_all
from ..evaluation.selection import why_none
from ..tools.guarded import read_json
from ..tools.manifest import read_manifest
from ..tools.terminal import quoted
from . import provenance
from .origin import Dataset, declared, unknown_cost
from .per_query import per_query_beside, save_per_query
from .per_trial import save_per_trial
from .record import ResultRecord, build, write


def score_embeddings(
    manifest: Path,
    chosen: Chosen,
    query: Submission,
    gallery: Submission,
    mode: str,
    warn: Callable[[str], None],
    trained_on: Sequence[str] = (),
) -> tuple[ResultRecord, Scores]:
    """The result record and the figures query by query. `trained_on`: the data sets that the
    weights saw, as their author says.

    A task is left out, and `warn` gets a line, when the manifest or the embeddings hold none of its
    queries or none of its gallery. Raises DataError for a manifest that cannot be read, for
    embedded items that it does not list, for items of a task that are not embedded, and when no
    task is left."""
    records, tasks = read_manifest(manifest), chosen.tasks
    known = {r.item_id for r in records}
    for one in (query, gallery):
        unknown = [i for i in one.embeddings.item_ids if i not in known]
        if unknown:
            raise DataError(
                f"{one.name}: {len(unknown)} of {len(one.embeddings.item_ids)} item ids are not in "
                f"{manifest}, first {quoted(unknown[0])}; an id of the manifest is "
                f"{quoted(_not_embedded(records, one))}"
            )
    for one in {s.name: s for s in (query, gallery)}.values():
        if line := _of_zeros(one):
            warn(line)
    check_names(tasks)
    card = card_of(manifest, records)
    digest = fingerprint(card, records)
    pair = Pair(query.embeddings, gallery.embeddings)
    unanswered = {t.name: why for t in tasks if (why := _why_unanswered(t, records, pair))}
    if len(unanswered) == len(tasks):
        raise DataError("; ".join(f"task {name!r}: {why}" for name, why in unanswered.items()))
    for name, why in unanswered.items():
        warn(f"{name}: not scored, {why}")
    answered = [(task, mode) for task in tasks if task.name not in unanswered]
    scores = score_all(answered, records, card, digest, {mode: pair}, chosen.metrics)
    not_known = {"neck": None, "tap": None, "selection": None, "unlabelled": None, "dim": None}
    record = build(
        status="submitted",
        run=None,
        reidbench=provenance.version(),
        seed=None,
        protocol=chosen.protocol,
        dataset=asdict(card) | {"fingerprint": digest},
        trained_on=[declared(name) for name in trained_on],
        source={"query": query.source, "gallery": gallery.source},
        conditions={
            mode: {
                "query": not_known,
                "gallery": not_known,
                "precision": None,
                "test_time_augmentation": None,
                "re_ranking": None,
            }
        },
        cost={mode: unknown_cost(gallery.embeddings.dim)},
        scores=scores.rows,
        components=[provenance.component(entry) for entry in chosen.entries],
        stages={},
    )
    return record, scores


def save(path: Path, record: ResultRecord, scores: Scores) -> None:
    """Write the result record, and the figures query by query and trial by trial beside it."""
    save_per_query(per_query_beside(path), scores.per_query)
    save_per_trial(per_query_beside(path), scores.per_query)
    write(path, record)


def card_of(manifest: Path, records: Sequence[Record]) -> DatasetCard:
    """The card beside the manifest (`card.json`, as a run writes it), when its fingerprint is that
    of these records; otherwise what the records tell."""
    try:
        given = Dataset.model_validate(read_json(manifest.parent / "card.json"))
        card = given.card()
        if fingerprint(card, records) == given.fingerprint:
            return card
    except (DataError, ValidationError):  # no card, or one of something else
        pass
    return DatasetCard(
        name=", ".join(sorted({r.dataset for r in records})),
        revision="manifest",
        licence="unknown",
        citation="unknown",
        modalities=tuple(sorted({r.modality for r in records if not r.members})),
    )


def _why_unanswered(task: Task, records: Sequence[Record], pair: Pair) -> str | None:
    """Why the embeddings cannot answer a task at all. A gap within a task is an error
    when the task is scored."""
    for name, select, embeddings in (
        ("queries", task.query, pair.query),
        ("gallery", task.gallery, pair.gallery),
    ):
        selected = [r for r in records if select(r)]
        if not selected:
            return f"the manifest has no {name} for it ({why_none(select, records)})"
        if not any(i in embeddings.row for r in selected for i in embeddings.items_of(r)):
            return (
                f"none of its {len(selected)} {name} ({select.modality}) is embedded: "
                f"{selected[0].item_id!r} is one, embedded is {embeddings.item_ids[0]!r}"
            )
    return None


def _not_embedded(records: Sequence[Record], submission: Submission) -> str:
    """An id of the manifest to hold against those of the file: one that the file lacks."""
    ids = (r.item_id for r in records)
    return next((i for i in ids if i not in submission.embeddings.row), records[0].item_id)


def _of_zeros(submission: Submission) -> str | None:
    """A line about features that have no direction, which the cosine takes as 0 from all others."""
    features, item_ids = submission.embeddings.features, submission.embeddings.item_ids
    rows = rows_of_zeros(features)
    if not rows:
        return None
    return (
        f"{submission.name}: {len(rows)} of {len(features)} features are all zeros, first "
        f"{item_ids[rows[0]]!r}: their similarity to everything is 0"
    )
