"""What is wrong with a user's data: gathered in one pass, told as one line or as all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reidbench_registry import DataError

PLACES = 5
"""Places of one mistake that a line names."""
MISTAKES = 3
"""Mistakes that a one-line message names."""


class Problems:
    """Mistakes in one source, each with the places where it occurs.

    source: the file or folder.
    unit: what a place is: `row`, `entry`, `file`..."""

    def __init__(self, source: Path | str, unit: str = "entry") -> None:
        self._source, self._unit = source, unit
        self._places: dict[str, list[object]] = {}

    def add(self, what: str, place: object = None) -> None:
        """`place`: a row's number, a file's name...; None for a mistake of the whole source."""
        self._places.setdefault(what, [])
        if place is not None:
            self._places[what].append(place)

    def __len__(self) -> int:
        return len(self._places)

    def lines(self) -> Iterator[str]:
        """A line for every mistake."""
        return (f"{self._source}: {words}" for words in self._words())

    def raise_any(self) -> None:
        """Raises DataError when there are any: its message names the first, `problems` all."""
        raise_all(self)

    def summary(self) -> str:
        """One line: the first mistakes, and how many more there are."""
        words = list(self._words())
        shown = words[:MISTAKES]
        if len(words) > MISTAKES:
            shown.append(f"and {len(words) - MISTAKES} other mistakes")
        return f"{self._source}: {'; '.join(shown)}"

    def _words(self) -> Iterator[str]:
        for what, places in self._places.items():
            if not places:
                yield what
                continue
            more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
            named = ", ".join(map(str, places[:PLACES]))
            unit = self._unit if len(places) == 1 else _plural(self._unit)
            yield f"{unit} {named}{more}: {what}"


def _plural(unit: str) -> str:
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


def raise_all(*found: Problems) -> None:
    """Raises one DataError for the mistakes of several sources, when there are any."""
    wrong = [problems for problems in found if problems]
    if wrong:
        more = f" (and {sum(map(len, wrong[1:]))} mistakes elsewhere)" if wrong[1:] else ""
        lines = [line for problems in wrong for line in problems.lines()]
        raise DataError(f"{wrong[0].summary()}{more}", lines)
