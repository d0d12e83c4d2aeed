"""An analysis as a picture for a page of two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..drawing.figure import HEIGHT, SMALL, new_figure, save, styled
from .kept import means
from .table import main_metric, name_of

_LINES = {"uncentred": "-", "centred": "--"}


def picture(results: Sequence[Mapping[str, Any]], path: Path, width: str = "page") -> None:
    """Spectrum, cumulative energy and, where there are scores, the main metric over kept
    components; beside each other, or below each other for one column. The suffix decides: .png,
    .svg or .pdf. Raises ConfigError without matplotlib."""
    panels = [_spectrum, _energy] + [_scores] * any(one["kept"] for one in results)
    across = (1, len(panels)) if width == "page" else (len(panels), 1)
    with styled():
        figure = new_figure(width, HEIGHT * across[0])
        for draw, ax in zip(panels, figure.subplots(*across), strict=True):
            draw(ax, results)
            ax.set_xscale("log")
            ax.set_xlim(left=0.9)
            ax.xaxis.set_major_formatter("{x:g}")
            ax.grid(alpha=0.25)
        save(figure, path)


def _spectrum(ax: Any, results: Sequence[Mapping[str, Any]]) -> None:
    for label, line, colour, found in _curves(results):
        values = [v for v in found["singular_values"] if v > 0]
        places = range(1, len(values) + 1)
        ax.plot(places, [v / values[0] for v in values], line, color=colour, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("component")
    ax.set_ylabel("singular value / largest")
    ax.legend(frameon=False)


def _energy(ax: Any, results: Sequence[Mapping[str, Any]]) -> None:
    for _, line, colour, found in _curves(results):
        energy = found["energy"]
        places = range(1, len(energy) + 1)
        ax.plot(places, [100 * e for e in energy], line, color=colour)
    for one in results:
        for mark in one["distillers"]:
            _mark(ax, mark)
            _name(ax, mark)
    ax.set_xlabel("leading components")
    ax.set_ylabel("energy (%)")


def _scores(ax: Any, results: Sequence[Mapping[str, Any]]) -> None:
    colours = iter(f"C{i}" for i in range(1000))
    several = len(results) > 1
    for one in results:
        for mode, of in means(one["kept"], main_metric(one)).items():
            label = f"{one['source']} {mode}" if several else mode
            ys = [100 * value for value in of.values()]
            ax.plot(list(of), ys, "o-", ms=2.5, color=next(colours), label=label)
        for mark in one["distillers"]:
            _mark(ax, mark)
    ax.set_xlabel("components kept")
    ax.set_ylabel(f"{main_metric(results[0])} (%)")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)


def _mark(ax: Any, mark: Mapping[str, Any]) -> None:
    ax.axvline(mark["components"], color="0.4", linewidth=0.8, linestyle=":")


def _name(ax: Any, mark: Mapping[str, Any]) -> None:
    ax.annotate(
        mark["label"], (mark["components"], 0.02), xycoords=("data", "axes fraction"), rotation=90,
        xytext=(-2, 0), textcoords="offset points", ha="right", va="bottom", fontsize=SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
    )  # fmt: skip


def _curves(results: Sequence[Mapping[str, Any]]) -> list[tuple[str | None, str, str, Any]]:
    """(label, line style, colour, spectrum): a colour for each bank; dashed: centred."""
    banks = [(one, bank) for one in results for bank in one["banks"]]
    found: list[tuple[str | None, str, str, Any]] = []
    for number, (one, bank) in enumerate(banks):
        name = name_of(one, bank, len(results) > 1)
        for form, curve in bank["spectra"].items():
            label = name if form == "uncentred" else f"{name}, centred"
            found.append((label, _LINES[form], f"C{number}", curve))
    return found
