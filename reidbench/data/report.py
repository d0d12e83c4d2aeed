"""The result of a check: rows of check, status and one line, and counts next to published ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["ok", "warn", "fail"]
SHOWN = 3
"""How many places of one mistake a line names"""


@dataclass(frozen=True)
class Row:
    check: str
    status: Status
    """`fail`: the data are wrong. `warn`: may be right, but a person should know."""
    detail: str


@dataclass(frozen=True)
class Count:
    """The number of identities, or of items of one modality, in one split."""

    split: str
    what: str
    """`identities` or a modality"""
    found: int
    published: int | None
    """None: the card does not say"""


@dataclass
class Report:
    dataset: str
    """The card's name."""
    rows: list[Row] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(row.status == "fail" for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON data."""
        return {
            "dataset": self.dataset,
            "failed": self.failed,
            "checks": [asdict(row) for row in self.rows],
            "counts": [asdict(count) for count in self.counts],
        }


def some(places: Sequence[object] | Iterable[object]) -> str:
    """`a, b, c and 4 more`"""
    places = list(places)
    more = f" and {len(places) - SHOWN:,} more" if len(places) > SHOWN else ""
    return f"{', '.join(map(str, places[:SHOWN]))}{more}"


def number(n: int, what: str) -> str:
    """`1 file`, `1,200 files`, `2 identities`"""
    if n == 1:
        return f"1 {what}"
    return f"{n:,} {what[:-1]}ies" if what.endswith("y") else f"{n:,} {what}s"
