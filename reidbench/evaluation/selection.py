"""What a selector asks for, in words, and why it finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reidbench_registry import Record, Selector


def in_words(select: Selector) -> str:
    """`rgb, split 'test', role 'query'`: the fields that a record must have."""
    words = [select.modality, f"split {select.split!r}"]
    if select.cameras is not None:
        words.append(f"cameras {list(select.cameras)}")
    if select.role is not None:
        words.append(f"role {select.role!r}")
    if select.dataset is not None:
        words.append(f"dataset {select.dataset!r}")
    return ", ".join(words)


def why_none(select: Selector, records: Sequence[Record]) -> str:
    """What was asked of the records, when none of them is selected; and, where the role is all that
    they lack, that it is."""
    asked = in_words(select)
    if select.role is None or not any(map(replace(select, role=None), records)):
        return asked
    if any(r.role for r in records):
        return f"{asked}; others there have another role or none"
    return f"{asked}; no item has a role: the column 'role' says 'query' or 'gallery'"
