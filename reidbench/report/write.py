"""A report on disk: the page and, where they do not lie in it, its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..tools.files import whole_file
from .build import Built, build
from .inputs import Inputs, Options
from .page.html import page

PAGE = "report.html"


def write(path: Path, runs: Sequence[Inputs], options: Options | None = None) -> Built:
    """Make the report and write its page; pictures that are not in it go into the folder
    `<name>-pictures` beside it. Returns what was made.

    Raises as `build`, and OSError when nothing can be written there."""
    folder = f"{path.stem}-pictures"
    built = build(runs, options, folder)
    text = page(built.report)
    for name, content in built.pictures.items():
        with whole_file(path.parent / name) as part:
            part.write_bytes(content)
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
    return built
