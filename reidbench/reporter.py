"""What a run reports: lines and progress bars on the terminal, JSON lines in the log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
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

from .distributed import is_main

T = TypeVar("T")


class Reporter:
    """One per run. Every line shown is logged too. Only rank 0 prints and logs."""

    def __init__(self, log: Path, console: Console | None = None) -> None:
        self.console = console or Console(quiet=not is_main())
        self._log = log
        self._start = time.monotonic()

    def line(self, stage: str, text: str, **facts: Any) -> None:
        """Show one line of a stage and log it with `facts`."""
        self.console.print(f"[bold]{stage:>8}[/bold]  {text}", highlight=False, soft_wrap=True)
        self.event(stage, text, **facts)

    def event(self, stage: str, event: str, **facts: Any) -> None:
        """Log one JSON line."""
        if not is_main():
            return
        row = {"seconds": round(time.monotonic() - self._start, 3), "stage": stage, "event": event}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row | facts, ensure_ascii=False) + "\n")

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items under a progress bar, where there is a terminal to draw it on."""
        columns = (
            TextColumn(f"{'':>8}  {{task.description}}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        live = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=not live) as progress:
            self._bar = progress
            self._task = progress.add_task(description, total=total, note="")
            for item in items:
                yield item
                progress.advance(self._task)

    def note(self, text: str) -> None:
        """A few words at the end of the current progress bar."""
        self._bar.update(self._task, note=text)
