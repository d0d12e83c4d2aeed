"""All figures of a report, as files that a paper takes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError

from ...drawing.figure import SUFFIXES, WIDTHS, check_drawable, save, styled
from ...tools.files import whole_file
from .curves import average_precision, cmc, similarity
from .ranklists import ranklists
from .spaces import energy, maps
from .table import table
from .words import families

Figures = Iterator[tuple[str, Any]]
"""(name, figure)"""
DRAWN: tuple[Callable[[Mapping[str, Any], str, Path | None], Figures], ...] = (
    ranklists, cmc, average_precision, similarity, energy, maps,
)  # fmt: skip
# Captions and ids are text: a dollar sign in them begins no formula.
STYLE = {"text.parse_math": False, "axes.titlelocation": "left", "axes.titlepad": 4.0}


def draw(
    report: Mapping[str, Any], folder: Path, width: str = "column", thumbs: Path | None = None
) -> list[str]:
    """Write what the report holds as figures for a `column` (3.4 inches) or a `page` (7) of a
    two-column paper, each as PNG, SVG and PDF, and `table.tex`. The names of the files, in
    `folder`, which is made.

    report: the value that report.html is made from. What it lacks is not drawn. thumbs: the folder
    that thumbnails which are file names lie in; without it they are shown as empty frames.

    Raises ConfigError without matplotlib and for another width, OSError when nothing can be
    written."""
    if width not in WIDTHS:
        raise ConfigError(f"width {width!r}: expected one of {', '.join(WIDTHS)}")
    written: list[str] = []
    check_drawable()
    with styled(STYLE | {"font.family": families()}), warnings.catch_warnings():
        # A letter that no font here has is drawn as a box.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        for figures in DRAWN:
            for name, figure in figures(report, width, thumbs):
                stem = _unused(name, written)
                figure.draw_without_rendering()
                figure.set_layout_engine("none")  # laid out once for all three files
                for suffix in SUFFIXES:
                    save(figure, folder / f"{stem}{suffix}")
                    written.append(f"{stem}{suffix}")
    if report["rows"]:
        with whole_file(folder / "table.tex") as part:
            part.write_text(table(report, width), encoding="utf-8")
        written.append("table.tex")
    return written


def _unused(name: str, written: list[str]) -> str:
    """A file's name made of `name`, which holds names of tasks and runs, that no file has yet."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", name)[:80].strip("-")
    for number in count(1):
        found = stem if number == 1 else f"{stem}-{number}"
        if f"{found}{SUFFIXES[0]}".lower() not in map(str.lower, written):
            return found
    raise AssertionError
