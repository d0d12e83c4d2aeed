"""Mistakes in a user's data: collected in one pass, reported as one line or as a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reidbench_registry import DataError

from .terminal import safe

MOST = 10_000
"""Mistakes after which a reader may stop: a file with more is another kind of file."""
PLACES = 5
"""How many places of one mistake a line names"""
MISTAKES = 3
"""How many mistakes a one-line message names"""


class Problems:
    """Mistakes in one file or folder (`source`), each with the places where it occurs.

    unit: what a place is called: `row`, `entry`, `file`..."""

    def __init__(self, source: Path | str, unit: str = "entry") -> None:
        self._source, self._unit = source, unit
        self._places: dict[str, list[object]] = {}
        self._count = 0

    def add(self, what: str, place: object = None) -> None:
        """Note the mistake `what` at `place` (a row's number, a file's name...; None: the whole
        source). Equal mistakes are reported together."""
        places = self._places.setdefault(safe(what), [])
        self._count += 1
        if place is not None:
            places.append(place)

    @property
    def full(self) -> bool:
        """Whether there are so many that looking for more is no use."""
        return self._count >= MOST

    def __len__(self) -> int:
        """The number of different mistakes."""
        return len(self._places)

    def lines(self) -> Iterator[str]:
        """One line for each mistake."""
        return (f"{self._source}: {line}" for line in self._described())

    def raise_any(self) -> None:
        """Raises DataError when there are any: its message names the first ones, its `problems` are
        all of them."""
        raise_all(self)

    def summary(self) -> str:
        """One line: the first mistakes, and how many more there are."""
        mistakes = list(self._described())
        parts = mistakes[:MISTAKES]
        if len(mistakes) > MISTAKES:
            parts.append(f"and {len(mistakes) - MISTAKES} other mistakes")
        return f"{self._source}: {'; '.join(parts)}"

    def _described(self) -> Iterator[str]:
        for what, places in self._places.items():
            if not places:
                yield what
                continue
            more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
            named = ", ".join(map(safe, places[:PLACES]))
            unit = self._unit if len(places) == 1 else _plural(self._unit)
            yield f"{unit} {named}{more}: {what}"


def _plural(unit: str) -> str:
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


def raise_all(*sources: Problems) -> None:
    """Raises one DataError for the mistakes in several sources, when there are any."""
    wrong = [problems for problems in sources if problems]
    if wrong:
        more = f" (and {sum(map(len, wrong[1:]))} mistakes elsewhere)" if wrong[1:] else ""
        lines = [line for problems in wrong for line in problems.lines()]
        raise DataError(f"{wrong[0].summary()}{more}", lines)
