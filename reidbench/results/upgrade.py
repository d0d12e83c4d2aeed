"""Records of older layouts become records of today's: the one place that knows them.

Plain JSON in, plain JSON out, and nothing is invented: what an older layout did not say is null or
empty afterwards, and the record a claim that nobody has checked. What does not fit is left for the
reader of the record to tell.
"""

from __future__ import annotations

from typing import Any

SCHEMA = 2
"""Number of today's layout."""
OLDEST = 1


def upgraded(record: Any) -> Any:
    """The record in today's layout. Raises ValueError for a layout that is newer, or no number."""
    if not isinstance(record, dict) or "schema" not in record:
        return record
    number = record["schema"]
    if type(number) is not int or number < OLDEST:
        raise ValueError(f"no result record: schema: expected {OLDEST} to {SCHEMA}")
    if number > SCHEMA:
        raise ValueError(
            f"schema {number} is newer than this reidbench (it reads {OLDEST} and {SCHEMA})"
        )
    return _from_1(record) if number == 1 else record


def _from_1(record: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 did not say who had checked a record, what weights were trained on, what a mode
    costs, and had no figures of single seeds and of the last step."""
    rows = record.get("scores")
    return {
        **record,
        "schema": 2,
        "status": "submitted",
        "trained_on": [],
        "cost": {},
        "scores": [_row_from_1(row) for row in rows] if isinstance(rows, list) else rows,
    }


def _row_from_1(row: Any) -> Any:
    return {**row, "per_seed": [], "last": None} if isinstance(row, dict) else row
