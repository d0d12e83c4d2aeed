"""Lines on a terminal are broken between words only; where there is no terminal, not at all."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..tools.terminal import LINE, cleaned, safe


def wrap(text: Text, width: int) -> list[Text]:
    """Lines of at most `width` columns, broken between words. A longer word, as a path may be, has
    a line of its own and stays whole."""
    lines: list[Text] = []
    for line in text.split("\n", allow_blank=True):
        places: list[int] = []
        for word in re.finditer(r"\S+", line.plain):
            begin = places[-1] if places else 0
            used = cell_len(line.plain[begin : word.end()])
            if used > width and word.start() > begin and line.plain[begin : word.start()].strip():
                places.append(word.start())
        for part in line.divide(places):
            part.rstrip()
            lines.append(part)
    return lines


def print_line(console: Console, text: Text, indent: int = 0) -> None:
    """Print one line. On a terminal it continues on further lines, `indent` columns in."""
    text = cleaned(text)
    lines = [text]
    if console.is_terminal:
        start, rest = text.divide([indent]) if indent else (Text(""), text)
        lines = wrap(rest, max(8, console.width - indent))
        lines[0] = start + lines[0]
        for line in lines[1:]:
            line.pad_left(indent)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def say(text: str, file: TextIO | None = None) -> None:
    """Write one line of plain text to `file` (default: standard error)."""
    file = file or sys.stderr
    text = safe(text, LINE)
    if file.isatty():
        text = "\n".join(
            line.plain for line in wrap(Text(text), shutil.get_terminal_size().columns)
        )
    print(text, file=file, flush=True)
