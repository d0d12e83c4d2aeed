"""Ranked lists of the shown queries, and the items that a report names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import Record

from ..evaluation.top_k import REASONS, Head
from .inputs import Pictures
from .looks import Looked

LONGEST_CAPTION = 1000
"""Characters; a longer one is cut."""


def hits(head: Head, query: Record, gallery: Sequence[Record], rule: str) -> list[dict[str, Any]]:
    """The items of one list, in order."""
    rows = zip(head.column.tolist(), head.similarity.tolist(), head.rank.tolist(), strict=True)
    return [
        {
            "item": gallery[column].item_id,
            "rank": rank or None,
            "similarity": round(similarity, 4),
            "right": gallery[column].pid == query.pid,
            "excluded": None if rank else REASONS[rule],
        }
        for column, similarity, rank in rows
    ]


def lists_of(looked: Looked, rule: str) -> dict[str, list[dict[str, Any]]]:
    """query -> the items of its list"""
    queries = {r.item_id: r for r in looked.queries}
    return {
        item: hits(head, queries[item], looked.gallery, rule)
        for item, head in looked.heads.items()
        if item in queries
    }


def left_out(looked: Iterable[Looked], k: int) -> list[str]:
    """A line where lists would have more excluded items than are shown."""
    if not any(head.more_excluded for one in looked for head in one.heads.values()):
        return []
    return [f"ranked lists: at most {k} of the excluded items are shown in each"]


def items(
    named: Iterable[str], records: Mapping[str, Record], thumbs: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """What a report says about each item that it names."""
    described = {}
    for item in dict.fromkeys(named):
        record = records[item]
        described[item] = {
            "pid": record.pid,
            "modality": record.modality,
            "camera": record.camera_id,
            "caption": caption(record, records),
            "thumb": thumbs.get(item),
        }
    return described


def caption(record: Record, records: Mapping[str, Record]) -> str | None:
    """The text of an item; of a composite query, that of its member that has one."""
    members = [records[m] for m in record.members if m in records]
    text = next((r.text for r in (record, *members) if r.text is not None), None)
    if text is not None and len(text) > LONGEST_CAPTION:
        return f"{text[: LONGEST_CAPTION - 3]}..."
    return text


def picture(record: Record, records: Mapping[str, Record], pictures: Pictures) -> Path | None:
    """The file that shows an item; of a composite query, that of its first member with one."""
    members = [records[m] for m in record.members if m in records]
    paths = (pictures.path_of(r) for r in (record, *members))
    return next((path for path in paths if path is not None), None)
