"""The table of a sweep, in every form: terminal, Markdown, LaTeX, CSV, JSON, picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from reidbench_registry import ConfigError, did_you_mean

from ..drawing.latex import escaped, tabular
from ..terminal.sheet import Sheet
from .figures import MEAN

SHOWN = ("R1", "mAP")
"""The metrics of the table unless others are asked for."""


def sheets(
    table: Mapping[str, Any], metrics: Sequence[str] | None = None, by_task: bool = False
) -> list[Sheet]:
    """The figures and, where something is known about them, the costs of a query and of a run."""
    costs = (_query_costs(table), _run_costs(table))
    return [_figures(table, metrics, by_task), *(one for one in costs if one.rows)]


def _figures(table: Mapping[str, Any], metrics: Sequence[str] | None, by_task: bool) -> Sheet:
    """mode x row: figures in percent, difference to the baseline, groups."""
    axes, rows = table["axes"], table["rows"]
    known = list(dict.fromkeys(row["metric"] for row in rows))
    for name in metrics or ():
        if name not in known:
            raise ConfigError(
                f"--metrics: no metric {name!r}{did_you_mean(name, known)} "
                f"(metrics: {', '.join(known)})"
            )
    metrics = list(metrics or [m for m in SHOWN if m in known] or known[:1])
    # The last metric decides: its difference and its groups are shown.
    main = metrics[-1]
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    if not by_task:
        tasks = [MEAN] if MEAN in tasks else tasks
    several = ["task"] if len(tasks) > 1 else []
    columns = ["mode", *several, *map(short, axes), *metrics]
    if table["baseline"]:
        columns.append(f"{main} over baseline")
    columns.append("group")
    lines = []
    for mode in dict.fromkeys(row["mode"] for row in rows):
        for task in tasks:
            here = [r for r in rows if (r["mode"], r["task"]) == (mode, task)]
            every = dict.fromkeys(tuple(r["labels"].values()) for r in rows if r["mode"] == mode)
            for labels, of_row in _lines(here, every):
                line = [mode, *([task] if several else []), *labels]
                line += [_value(of_row.get(metric)) for metric in metrics]
                if table["baseline"]:
                    line.append(_difference(of_row.get(main)))
                line.append(of_row[main]["groups"] if main in of_row else "")
                lines.append(line)
    return Sheet(
        columns, lines, right=metrics, group=1, title=title(table), caption=_caption(table, main),
        boxed=True,
    )  # fmt: skip


def _lines(
    rows: Sequence[Mapping[str, Any]], every: Iterable[tuple[str, ...]]
) -> list[tuple[list[str], dict[str, Any]]]:
    """(labels, metric -> row) of one mode and task, for `every` line that the mode has. Where all
    have the same figures, as those of one teacher, they are one line."""
    found: dict[tuple[str, ...], dict[str, Any]] = {labels: {} for labels in every}
    for row in rows:
        found.setdefault(tuple(row["labels"].values()), {})[row["metric"]] = row
    alike = {str({m: r["per_seed"] for m, r in one.items()}) for one in found.values()}
    if len(found) > 1 and len(alike) == 1:
        labels, one = next(iter(found.items()))
        plain = {m: {**r, "groups": ""} for m, r in one.items()}
        for row in plain.values():
            row.pop("difference", None)
        return [(["(all)"] * len(labels), plain)]
    return [(list(labels), one) for labels, one in found.items()]


def _query_costs(table: Mapping[str, Any]) -> Sheet:
    """mode x row: what embeds a query, and the size of an item of the gallery."""
    axes, lines = table["axes"], []
    for mode in dict.fromkeys(row["mode"] for row in table["rows"]):
        cells = {
            tuple(found["labels"]): [_cost(name, found["modes"][mode]) for name in _QUERY]
            for found in table["costs"].values()
            if mode in found["modes"]
        }
        alike = len(cells) > 1 and len({tuple(line) for line in cells.values()}) == 1
        if alike:
            lines.append([mode, *["(all)"] * len(axes), *next(iter(cells.values()))])
        else:
            lines += [[mode, *labels, *line] for labels, line in cells.items()]
    columns = ["mode", *map(short, axes), *_QUERY]
    return Sheet(columns, lines, right=list(_QUERY), group=1, title="cost of a query", boxed=True)


def _run_costs(table: Mapping[str, Any]) -> Sheet:
    """What the first run of each row took, where it ran here."""
    lines = [
        [*found["labels"], *(_cost(name, found) for name in _RUN)]
        for found in table["costs"].values()
        if any(found.get(name) is not None for name in ("seconds", "step_seconds"))
    ]
    columns = [*map(short, table["axes"]), *_RUN]
    return Sheet(columns, lines, right=list(_RUN), title="cost of a row's first run", boxed=True)


def short(axis: str) -> str:
    """`student.train.optimizer.lr` -> `lr`"""
    return axis.rpartition(".")[2]


def key_of(labels: Iterable[str]) -> str:
    """Under which a row stands in `costs`."""
    return " / ".join(labels)


def _value(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    text = f"{100 * row['mean']:.1f}"
    return text if row["deviation"] is None else f"{text} ± {100 * row['deviation']:.1f}"


def _difference(row: Mapping[str, Any] | None) -> str:
    if row is None or "difference" not in row:
        return ""
    text = _signed(row["difference"])
    if row["difference_interval"] is not None:
        low, high = map(_signed, row["difference_interval"])
        text += f" [{low}, {high}]"
    return text if row["separable"] is not False else f"{text} ~"


def _signed(value: float) -> str:
    return f"{round(100 * value, 1) + 0.0:+.1f}"  # + 0.0: no "-0.0"


_QUERY = {
    "params M": ("parameters", 1e-6, ".2f"),
    "GFLOPs/query": ("gflops", 1, ".3g"),
    "bytes/item": ("bytes_per_item", 1, ".0f"),
}
_RUN = {
    "s/step": ("step_seconds", 1, ".3f"),
    "run s": ("seconds", 1, ".0f"),
    "peak MB": ("peak_bytes", 2**-20, ".0f"),
}
"""Heading -> (key, factor, format)"""


def _cost(heading: str, found: Mapping[str, Any]) -> str:
    key, factor, form = {**_QUERY, **_RUN}[heading]
    value = found.get(key)
    return "-" if value is None else f"{value * factor:{form}}"


def title(table: Mapping[str, Any]) -> str:
    """Name, data and number of seeds."""
    data = "synthetic data" if table["synthetic"] else table["dataset"]
    seeds = len(table["seeds"])
    return f"{table['name']}: {data}, {seeds} seed{'s' if seeds > 1 else ''}"


def _caption(table: Mapping[str, Any], main: str) -> str:
    words = ["percent, mean over tasks" if len(table["tasks"]) > 1 else "percent"]
    if len(table["seeds"]) > 1:
        words.append("mean ± deviation over seeds")
    if table["baseline"]:
        against = ", ".join(f"{short(a)} {label}" for a, label in table["baseline"].items())
        words.append(f"baseline: {against} (95%, identities resampled; ~ not separable)")
    if any(row["groups"] for row in table["rows"]):
        words.append(f"rows of one group cannot be told apart by {main}")
    shown_task = MEAN if len(table["tasks"]) > 1 else table["tasks"][0]
    widths = {
        row["mode"]: row["resolution"]
        for row in table["rows"]
        if row["metric"] == main and row["task"] == shown_task and row["resolution"]
    }
    if widths:
        sizes = ", ".join(f"{mode} {100 * width:.1f}" for mode, width in widths.items())
        words.append(f"differences below these cannot be seen: {sizes}")
    words.append(f"chance R1 {100 * table['chance_R1']:.2f}")
    if table["failed"]:
        number = len(table["failed"])
        words.append(f"{number} run{'s' if number > 1 else ''} failed")
    return "; ".join(words)


def markdown(tables: Sequence[Sheet]) -> str:
    """Tables of Markdown, each with its title and caption below it."""
    parts = []
    for one in tables:
        words = ". ".join(text for text in (one.title, one.caption) if text)
        parts.append(f"{one.markdown()}\n\n{words}.\n")
    return "\n".join(parts)


def latex(table: Sheet) -> str:
    """The sheet as a LaTeX table with the rules of booktabs."""
    letters = "".join("r" if str(name) in table.right else "l" for name in table.columns)
    rows = [[escaped(str(cell)) for cell in row] for row in table.rows]
    groups = [list(group) for _, group in groupby(rows, key=itemgetter(0))]
    notes = [text for text in (table.title, table.caption) if text]
    return tabular(letters, [escaped(str(name)) for name in table.columns], groups, notes)


def csv_sheet(table: Mapping[str, Any]) -> Sheet:
    """One line for each figure, in fractions."""
    axes = table["axes"]
    columns = [
        *axes,
        "mode",
        "task",
        "metric",
        "mean",
        "deviation",
        "difference",
        "low",
        "high",
        "p",
    ]
    lines = []
    for row in table["rows"]:
        low, high = row.get("difference_interval") or (None, None)
        figures = (row["mean"], row["deviation"], row.get("difference"), low, high, row.get("p"))
        cells = ["" if value is None else repr(float(value)) for value in figures]
        names = [row["labels"][axis] for axis in axes]
        lines.append([*names, row["mode"], row["task"], row["metric"], *cells])
    return Sheet(columns, lines)
