"""The main table of a report, in LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from ...drawing.latex import escaped, tabular
from ...tools.terminal import safe

NEEDS = r"\usepackage{booktabs}"


def table(report: Mapping[str, Any], width: str = "page") -> str:
    r"""A tabular with a row for each task and mode and a column for each metric, in percent; the
    95% interval small beside each figure, for a column below it. It needs the package booktabs.
    All names are shown as text."""
    several = len(report["runs"]) > 1
    metrics = list(dict.fromkeys(name for row in report["rows"] for name in row["metrics"]))
    heads = ["task", *(["run"] if several else []), "mode", *metrics]
    letters = "l" * (len(heads) - len(metrics)) + "r" * len(metrics)
    order = {task["name"]: number for number, task in enumerate(report["tasks"])}
    rows = sorted(report["rows"], key=lambda row: order.get(row["task"], len(order)))
    groups = []
    for task, ones in groupby(rows, key=lambda row: row["task"]):
        lines: list[list[str]] = []
        for row in ones:
            names = ["" if lines else _text(task), *([_text(row["run"])] if several else [])]
            names.append(_text(row["mode"]) + (r"$^\dagger$" if row["collapsed"] else ""))
            figures = [_figure(row, metric) for metric in metrics]
            between = [_interval(row, metric) for metric in metrics]
            if width == "page":
                both = zip(figures, between, strict=True)
                lines.append([*names, *(" ".join(filter(None, pair)) for pair in both)])
            else:
                lines += [[*names, *figures]]
                lines += [[""] * len(names) + between] if any(between) else []
        groups.append(lines)
    return tabular(f"@{{}}{letters}@{{}}", [_text(h) for h in heads], groups, _notes(report))


def _notes(report: Mapping[str, Any]) -> list[str]:
    notes = [f"needs {NEEDS}", safe(report["title"], 2000)]
    for run in report["runs"]:
        drawn = " (synthetic)" if run["synthetic"] else ""
        seed = "" if run["seed"] is None else f", seed {run['seed']}"
        data = f"{safe(run['dataset'])} {safe(run['revision'])}{drawn}"
        notes.append(f"{safe(run['label'])}: {safe(run['name'])} on {data}{seed}")
    notes.append("percent; in brackets the 95% interval, identities resampled")
    for task in report["tasks"]:
        chance = f"; R1 of a random order {100 * task['chance_R1']:.1f}"
        queries = f"{task['n_valid']} queries with a match, gallery of {task['n_gallery']}"
        notes.append(f"{safe(task['name'])}: {queries}{chance}")
    if any(row["collapsed"] for row in report["rows"]):
        notes.append("dagger: many similarities are equal: a collapsed model")
    return notes


def _figure(row: Mapping[str, Any], metric: str) -> str:
    return f"{100 * row['metrics'][metric]:.1f}" if metric in row["metrics"] else "--"


def _interval(row: Mapping[str, Any], metric: str) -> str:
    ends = row["interval"].get(metric)
    if not ends or metric not in row["metrics"]:
        return ""
    low, high = (f"{100 * end:.1f}" for end in ends)
    return rf"{{\scriptsize [{low}, {high}]}}"


def _text(text: object) -> str:
    return escaped(safe(text))
