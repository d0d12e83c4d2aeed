"""The space of the embeddings: how many directions it uses, and how it looks in two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...drawing.figure import HEIGHT, new_figure
from .series import DASHES, PALETTE, legend, panelled, series, shown

MARKERS = "os^Dv<>P"


def energy(report: Mapping[str, Any], width: str, _: Path | None) -> Iterator[tuple[str, Any]]:
    """Cumulative energy over the leading components: a line for each model."""
    if not report["spectrum"]:
        return
    drawn = series(report, "model")
    figure = new_figure(width, HEIGHT)
    ax = figure.subplots()
    for number, one in enumerate(report["spectrum"]):
        name, colour, _dash = drawn[one["run"], one["model"]]
        dash = DASHES[number % len(DASHES)]  # lines may lie on each other
        energy = [100 * part for part in one["energy"]]
        ax.plot(one["components"], energy, dash, color=colour, label=name)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlim(left=0.9)
    ax.set_ylim(top=101)
    ax.set_xlabel("leading components")
    ax.set_ylabel("energy (%)")
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, loc="lower right")
    yield "energy", figure


def maps(report: Mapping[str, Any], width: str, _: Path | None) -> Iterator[tuple[str, Any]]:
    """The items of each model in two dimensions, a colour and a form for each modality."""
    from matplotlib.lines import Line2D

    drawn, items = series(report, "model"), report["items"]
    found = list(report["map"])
    every = {items[item]["modality"] for one in found for item in one["item"] if item in items}
    form = {name: (PALETTE[n % 8], MARKERS[n % 8]) for n, name in enumerate(sorted(every))}
    titles = [drawn[one["run"], one["model"]].name for one in found]
    for figure, axes in panelled(width, titles, HEIGHT + 0.3):
        here, found = found[: len(axes)], found[len(axes) :]
        for ax, one in zip(axes, here, strict=True):
            size = max(1.5, min(12.0, 2500 / max(1, len(one["item"]))))
            for modality, (colour, marker) in form.items():
                of = [n for n, item in enumerate(one["item"])
                      if item in items and items[item]["modality"] == modality]  # fmt: skip
                ax.scatter(
                    [one["x"][n] for n in of], [one["y"][n] for n in of], s=size, color=colour,
                    marker=marker, alpha=0.6, linewidths=0,
                )  # fmt: skip
            for axis, number in ((ax.xaxis, 0), (ax.yaxis, 1)):
                axis.set_label_text(_label(one, number))
                axis.set_ticks([])
            ax.set_aspect("equal", adjustable="datalim")
        legend(figure, width, [
            Line2D([], [], color=colour, marker=marker, linestyle="", markersize=4,
                   label=shown(name))
            for name, (colour, marker) in form.items()
        ])  # fmt: skip
        yield "map", figure


def _label(one: Mapping[str, Any], number: int) -> str:
    explained = one["explained"]
    part = f" ({100 * explained[number]:.0f}%)" if explained else ""
    return f"{shown(one['method'])} {number + 1}{part}"
