"""What a report is made from when embeddings were scored from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reidbench_registry import Record

from ..embeddings.files import Submission
from ..evaluation.chosen import Chosen
from ..evaluation.scoring import Pair, Scores
from ..results.per_query import PerQuery
from ..results.record import ResultRecord
from .inputs import Inputs, Pictures


def of_files(
    record: ResultRecord,
    scores: Scores,
    chosen: Chosen,
    query: Submission,
    gallery: Submission,
    mode: str,
    records: Sequence[Record],
    pictures: Pictures | None,
) -> Inputs:
    """The inputs of what `results.from_files.score_embeddings` scored. There is no config and no
    log; pictures are opened only below the folder of `pictures`."""
    same = query.embeddings is gallery.embeddings
    banks = {"queries": query.embeddings, "gallery": gallery.embeddings}
    return Inputs(
        label="A",
        path=Path(query.name),
        name=Path(query.name).name,
        record=record,
        per_query={
            key: PerQuery(
                [r.item_id for r in one.queries], [r.pid for r in one.queries], one.per_query
            )
            for key, one in scores.per_query.items()
        },
        records=records,
        tasks=chosen.tasks,
        pairs={mode: Pair(query.embeddings, gallery.embeddings)},
        banks={"embeddings": query.embeddings} if same else banks,
        pictures=pictures,
    )
