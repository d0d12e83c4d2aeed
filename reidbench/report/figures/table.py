"""The main table of a report, in LaTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ...drawing.latex import escaped, tabular
from ...tools.terminal import safe

NEEDS = r"\usepackage{booktabs}"


def table(report: Mapping[str, Any], width: str = "page") -> str:
    r"""A tabular with a row for each task and mode and a column for each metric, in percent; the
    95% interval small beside each figure. For a column: the task and the intervals on lines of
    their own. It needs the package booktabs. All names are shown as text."""
    several = len(report["runs"]) > 1
    metrics = list(dict.fromkeys(name for row in report["rows"] for name in row["metrics"]))
    names = [*(["task"] if width == "page" else []), *(["run"] if several else []), "mode"]
    order = {task["name"]: number for number, task in enumerate(report["tasks"])}
    rows = sorted(report["rows"], key=lambda row: order.get(row["task"], len(order)))
    groups = []
    for task, ones in groupby(rows, key=lambda row: row["task"]):
        lines = [line for row in ones for line in _lines(row, metrics, several, width)]
        if width == "page":
            lines = [[_text(task) if line is lines[0] else "", *line] for line in lines]
        else:
            lines.insert(0, [rf"\multicolumn{{{len(names) + len(metrics)}}}{{@{{}}l@{{}}}}"
                             rf"{{\textit{{{_text(task)}}}}}"])  # fmt: skip
        groups.append(lines)
    letters = f"@{{}}{'l' * len(names)}{'r' * len(metrics)}@{{}}"
    made = tabular(letters, [_text(head) for head in [*names, *metrics]], groups, _notes(report))
    return made if width == "page" else f"{{\\setlength{{\\tabcolsep}}{{3pt}}%\n{made}}}\n"


def _lines(
    row: Mapping[str, Any], metrics: Sequence[str], several: bool, width: str
) -> list[list[str]]:
    mark = r"$^\dagger$" if row["collapsed"] else ""
    names = [*([_text(row["run"])] if several else []), _text(row["mode"]) + mark]
    figures = [_figure(row, metric) for metric in metrics]
    between = [_interval(row, metric, r"\scriptsize" if width == "page" else r"\tiny")
               for metric in metrics]  # fmt: skip
    if width == "page":
        pairs = zip(figures, between, strict=True)
        return [[*names, *(" ".join(filter(None, pair)) for pair in pairs)]]
    below = [[""] * len(names) + between] if any(between) else []
    return [[*names, *figures], *below]


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
        sizes = task["n_gallery"]
        ends = sorted({min(sizes), max(sizes)}) if isinstance(sizes, list) else [sizes]
        gallery = " to ".join(map(str, ends))
        queries = f"{task['n_valid']} queries with a match, gallery of {gallery}"
        notes.append(f"{safe(task['name'])}: {queries}{chance}")
    if any(row["collapsed"] for row in report["rows"]):
        notes.append("dagger: many similarities are equal: a collapsed model")
    return notes


def _figure(row: Mapping[str, Any], metric: str) -> str:
    return f"{100 * row['metrics'][metric]:.1f}" if metric in row["metrics"] else "--"


def _interval(row: Mapping[str, Any], metric: str, size: str) -> str:
    ends = row["interval"].get(metric)
    if not ends or metric not in row["metrics"]:
        return ""
    low, high = (f"{100 * end:.1f}" for end in ends)
    return f"{{{size} [{low}, {high}]}}"


def _text(text: object) -> str:
    return escaped(safe(text))
