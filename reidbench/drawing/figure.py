"""Figures for a page of two columns: their style, their widths, their files.

matplotlib comes with the extra `plot`. It is imported when a figure is drawn, and without pyplot:
no window, no backend, and no state that a notebook would share.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reidbench_registry import ConfigError

from ..tools.files import whole_file

WIDTHS = {"column": 3.4, "page": 7.0}
"""Inches: of one column of a two-column page, and of both"""
HEIGHT = 2.2
"""Inches, of one panel"""
SUFFIXES = (".png", ".svg", ".pdf")
SMALL = 7
"""Points: nothing in a figure is written smaller."""
STYLE: Any = {
    "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 8, "xtick.labelsize": 8,
    "ytick.labelsize": 8, "legend.fontsize": SMALL, "lines.linewidth": 1.2,
    "axes.spines.top": False, "axes.spines.right": False,
    "pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "reidbench",
    "text.usetex": False,
}  # fmt: skip
"""Fonts stay fonts in PDF and SVG, of the size that the page has."""
_UNDATED = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def check_drawable() -> None:
    """Raises ConfigError without matplotlib."""
    if find_spec("matplotlib") is None:
        raise ConfigError("a picture needs matplotlib: pip install 'reidbench[plot]'")


def check_picture(path: Path | None, option: str = "--picture") -> None:
    """Whether a figure can be written to `path`; asked before the work that it shows. None: no
    figure is wanted. Raises ConfigError for another suffix and without matplotlib."""
    if path is None:
        return
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{option} {path}: expected a .png, .svg or .pdf file")
    check_drawable()


@contextlib.contextmanager
def styled(more: Mapping[str, Any] = MappingProxyType({})) -> Iterator[None]:
    """Figures that are made and saved within have the style of the house, and `more` settings of
    matplotlib. Raises ConfigError without matplotlib."""
    check_drawable()
    import matplotlib

    with matplotlib.rc_context(STYLE | more):
        yield


def new_figure(width: str, height: float, layout: str | None = "constrained") -> Any:
    """An empty figure, `height` inches high, as wide as a `column` or a `page`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTHS[width], height), layout=layout)  # type: ignore[arg-type]


def save(figure: Any, path: Path) -> None:
    """Write the figure whole or not at all; the suffix decides on the format. The same figure
    gives the same bytes. Raises OSError when nothing can be written there."""
    with whole_file(path) as part:
        figure.savefig(part, dpi=300, metadata=_UNDATED[path.suffix])
