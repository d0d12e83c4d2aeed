"""What a run reports: lines and progress on the terminal, JSON lines in the log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ..distributed import is_main
from ..tools.terminal import LINE, cell, safe, safe_json
from .lines import print_line

T = TypeVar("T")


class Level(IntEnum):
    """How much is shown; the log always holds all."""

    QUIET = 0
    """Results and errors."""
    NORMAL = 1
    """A line for what happens, and progress."""
    VERBOSE = 2
    """What goes to the log, too."""


LEVEL: ContextVar[Level] = ContextVar("level", default=Level.NORMAL)
"""Of reporters made from here on (`--quiet`, `--verbose`)."""
EVERY = 10.0
"""Seconds of silence before a line of progress where there is no terminal to draw a bar on."""
_COLUMN = 8
"""Width of the column that names the stage."""


class Reporter:
    """One per run. Every line shown is logged too. Only rank 0 prints and logs."""

    def __init__(self, log: Path, console: Console | None = None, every: float = EVERY) -> None:
        self.console = console or Console(quiet=not is_main())
        self._log = log
        self._start = self._shown = time.monotonic()
        self._level = LEVEL.get()
        self._every = every
        self._note = ""
        self._bar: Progress | None = None

    def line(self, stage: str, text: str, **facts: Any) -> None:
        """Show one line of plain text of a stage, and log it with `facts`."""
        self.show(stage, text)
        self._write(stage, text, facts)

    def show(self, stage: str, text: str) -> None:
        """Show one line without logging it."""
        self._shown = time.monotonic()
        if self._level > Level.QUIET:
            line = Text(f"{stage:>{_COLUMN}}", "bold") + Text("  ") + cell(text, limit=LINE)
            print_line(self.console, line, _COLUMN + 2)

    def event(self, stage: str, event: str, **facts: Any) -> None:
        """Log one JSON line."""
        self._write(stage, event, facts)
        if self._level >= Level.VERBOSE:
            words = ", ".join(f"{key} {value}" for key, value in _flat(facts))
            line = Text(f"{stage:>{_COLUMN}}  {event}{': ' if words else ''}{words}", "dim")
            print_line(self.console, line, _COLUMN + 2)

    def _write(self, stage: str, event: str, facts: dict[str, Any]) -> None:
        if not is_main():
            return
        row = {"seconds": round(time.monotonic() - self._start, 3), "stage": stage, "event": event}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(safe_json(row | facts, indent=None) + "\n")

    def track(
        self,
        items: Iterable[T],
        description: str,
        total: int | None = None,
        done: int = 0,
        unit: str = "",
        items_per_unit: int = 1,
    ) -> Iterator[T]:
        """Yield the items under a progress bar or, where there is no terminal, with a line every
        few seconds. `total` and `done` (before the first item) count units."""
        self._note = ""
        if self._level == Level.QUIET:
            yield from items
        elif self.console.is_terminal:
            yield from self._under_bar(items, description, total, done, items_per_unit)
        else:
            yield from self._with_lines(items, description, total, done, unit, items_per_unit)

    def note(self, text: str) -> None:
        """A few words at the end of the current progress."""
        self._note = safe(text)
        if self._bar is not None:
            self._bar.update(self._task, note=self._note)

    def _under_bar(
        self, items: Iterable[T], description: str, total: int | None, done: int, per_unit: int
    ) -> Iterator[T]:
        columns = [
            TextColumn(f"{'':>{_COLUMN}}  {{task.description}}", markup=False),
            BarColumn(bar_width=30 if self.console.width >= 100 else 10),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        ]
        if self.console.width < 80:
            columns = [columns[0], columns[2], columns[5], columns[6]]
        with Progress(*columns, console=self.console, transient=True) as self._bar:
            self._task = self._bar.add_task(safe(description), total=total, completed=done, note="")
            for number, item in enumerate(items, start=1):
                yield item
                self._bar.update(self._task, completed=done + number // per_unit)
        self._bar = None

    def _with_lines(
        self,
        items: Iterable[T],
        description: str,
        total: int | None,
        done: int,
        unit: str,
        per_unit: int,
    ) -> Iterator[T]:
        begun = time.monotonic()
        for number, item in enumerate(items, start=1):
            yield item
            now = time.monotonic()
            made = number // per_unit
            if now - self._shown >= self._every and made:
                speed = made / (now - begun)
                words = [f"{unit} {done + made}".strip() + (f" of {total}" if total else "")]
                words += [self._note] if self._note else []
                words.append(f"{speed:.3g} {unit}s/s" if unit else f"{speed:.3g}/s")
                if total:
                    words.append(f"{_duration((total - done - made) / speed)} left")
                self.show("", f"{description}: {', '.join(words)}")


def _duration(seconds: float) -> str:
    """75 -> '1:15'"""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _flat(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of the facts that a line can hold: numbers and words, one level down too."""
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from _flat(value)
        elif isinstance(value, float):
            yield key, f"{value:.4g}"
        elif isinstance(value, int | str):
            yield key, str(value)
