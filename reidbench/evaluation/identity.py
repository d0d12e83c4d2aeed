"""What makes two numbers comparable: the identity of an evaluated task."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from reidbench_registry import DatasetCard, Record, Task

from ..tools.digests import json_digest

TIE_RULE = "sha256(item_id), seed 0"


def identity(
    task: Task, card: DatasetCard, data_fingerprint: str, records: Sequence[Record]
) -> dict[str, Any]:
    """Everything that changes what a task's number means, as plain JSON with its own hash;
    `records` are those that take part in it.

    Conditions of a result (deployment mode, feature tap, checkpoint selection) stay outside."""
    fields = {
        "dataset": card.name,
        "revision": card.revision,
        "fingerprint": data_fingerprint,
        "synthetic": card.synthetic,
        "task": task.describe(),
        "ap": "mean of precision at the positives",
        "ties": TIE_RULE,
        "generated_by": sorted({r.generated for r in records if r.generated}),
    }
    return fields | {"hash": json_digest(fields)}


def tie_order(item_ids: Sequence[str]) -> list[int]:
    """Indices of the items in the order that decides ties: by a hash of the id.

    Input order would flatter a collapsed model: galleries are often sorted by identity."""
    digests = [hashlib.sha256(b"0:" + item.encode()).digest() for item in item_ids]
    return sorted(range(len(item_ids)), key=digests.__getitem__)
