"""Tables: for a terminal of any width, for a pipe, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..tools.terminal import LINE, cleaned, safe
from .lines import print_line, wrap

Cell = str | Text
_GAP = 2
"""Columns between two columns of a plain table."""
_BORDER = 3
"""What the border of a boxed table adds to every column."""


@dataclass
class Sheet:
    """Rows under headings. A cell that is a `str` is plain text: no markup is read in it.

    A terminal that is too narrow gets the table without its border, then with lines broken between
    words, then each row as a list of its cells. A pipe gets whole lines of any length."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Collection[str] = ()
    """Columns of numbers: aligned to the right, never broken."""
    group: int = 0
    """So many columns from the left form groups: what repeats in them is shown once."""
    title: str = ""
    caption: str = ""
    boxed: bool = False
    """With a border, where there is room, and a line between groups."""
    spaced: bool = False
    """With an empty line between groups."""

    def __post_init__(self) -> None:
        # Names and cells come from files and plugins of strangers, too.
        self.columns, self.right = [safe(c) for c in self.columns], {safe(c) for c in self.right}
        self.rows = [[_safe(cell) for cell in row] for row in self.rows]
        self.title, self.caption = safe(self.title, LINE), safe(self.caption, LINE)

    def show(self, console: Console) -> None:
        if self.title:
            print_line(console, Text(self.title, "italic" if console.is_terminal else ""))
        if console.is_terminal:
            self._show(console, console.width)
        else:
            self._show(console, None)
        if self.caption:
            print_line(console, Text(self.caption, "dim" if console.is_terminal else ""))

    def fits(self, console: Console) -> bool:
        """Whether the table is shown without a broken line."""
        whole = sum(map(max, self._sizes())) + _GAP * (len(self.columns) - 1)
        return not console.is_terminal or whole <= console.width

    def markdown(self) -> str:
        """A table of Markdown; every row has all its cells."""
        marks = ["---:" if name in self.right else "---" for name in self.columns]
        lines = [self.columns, marks, *self.rows]
        return "\n".join(f"| {' | '.join(map(_in_markdown, line))} |" for line in lines)

    def csv(self) -> str:
        """Comma-separated values; every row has all its cells."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([self.columns, *([str(cell) for cell in row] for row in self.rows)])
        return text.getvalue()

    def _show(self, console: Console, width: int | None) -> None:
        sizes = self._sizes()
        whole = [most for _, most in sizes]
        number = len(self.columns)
        boxed = self.boxed and (width is None or sum(whole) + _BORDER * number + 1 <= width)
        room = None if width is None else width - _GAP * (number - 1)
        if boxed:
            self._print_boxed(console)
        elif room is None or sum(whole) <= room:
            self._print_plain(console, whole)
        elif sum(least for least, _ in sizes) <= room:
            self._print_plain(console, _squeezed(sizes, room))
        else:
            self._print_rows(console)

    def _sizes(self) -> list[tuple[int, int]]:
        """For each column its longest word and its longest line."""
        sizes = []
        for name, *cells in zip(self.columns, *self.rows, strict=True):
            texts = [name, *map(str, cells)]
            most = max(cell_len(line) for text in texts for line in text.split("\n"))
            least = max((cell_len(word) for text in texts for word in text.split()), default=0)
            sizes.append((most if name in self.right else least, most))
        return sizes

    def _print_boxed(self, console: Console) -> None:
        table = Table()
        for name in self.columns:
            table.add_column(Text(name), justify="right" if name in self.right else "left")
        for row, begins in self._grouped():
            if begins:
                table.add_section()
            table.add_row(*map(_text, row))
        before = console.width
        # A pipe has no width: rich would take 80 columns for it.
        console.width = max(before, sum(most + _BORDER for _, most in self._sizes()) + 1)
        try:
            console.print(table, crop=False)
        finally:
            console.width = before

    def _print_plain(self, console: Console, widths: Sequence[int]) -> None:
        self._print_cells(console, widths, [Text(name, "bold") for name in self.columns])
        for row, begins in self._grouped():
            if begins and (self.boxed or self.spaced):
                console.print()
            self._print_cells(console, widths, row)

    def _print_cells(self, console: Console, widths: Sequence[int], row: Sequence[Cell]) -> None:
        cells = []
        for name, width, cell in zip(self.columns, widths, row, strict=True):
            lines = wrap(_text(cell), width)
            for line in lines:
                line.rstrip()
                line.align("right" if name in self.right else "left", width)
            cells.append([*lines] or [Text(" " * width)])
        for place in range(max(map(len, cells))):
            parts = [
                lines[place] if place < len(lines) else Text(" " * width)
                for lines, width in zip(cells, widths, strict=True)
            ]
            line = Text(" " * _GAP).join(parts)
            line.rstrip()
            console.print(line, highlight=False, soft_wrap=True)

    def _print_rows(self, console: Console) -> None:
        names = max(map(cell_len, self.columns))
        for place, row in enumerate(self.rows):
            if place:
                console.print()
            for name, cell in zip(self.columns, row, strict=True):
                if str(cell):
                    print_line(console, Text(f"{name:<{names}}  ") + _text(cell), names + _GAP)

    def _grouped(self) -> Iterator[tuple[Sequence[Cell], bool]]:
        """Rows without what repeats, and whether a group begins that is not the first."""
        previous: list[str] | None = None
        for row in self.rows:
            key = [str(cell) for cell in row[: self.group]]
            shown = list(row)
            for i, cell in enumerate(key):
                if previous is None or previous[i] != cell:
                    break
                shown[i] = ""
            yield shown, previous is not None and self.group > 0 and previous != key
            previous = key


def _squeezed(sizes: Sequence[tuple[int, int]], room: int) -> list[int]:
    """Widths that fit into `room`: the widest columns give first, none below its longest word."""
    widths = [most for _, most in sizes]
    while sum(widths) > room:
        can_give = [i for i, (least, _) in enumerate(sizes) if widths[i] > least]
        widths[max(can_give, key=lambda i: widths[i])] -= 1
    return widths


def _safe(cell: Cell) -> Cell:
    return safe(cell, LINE) if isinstance(cell, str) else cleaned(cell)


def _text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _in_markdown(cell: Cell) -> str:
    return " ".join(str(cell).split()).replace("|", "\\|")
