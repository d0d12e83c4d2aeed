"""The final table of a run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from .record import ResultRecord, Row


def result_table(record: ResultRecord) -> Table:
    """task x mode x metrics, in percent, under the protocol's name."""
    rows = record.scores
    names = list(rows[0].metrics)
    table = Table(
        title=_title(record),
        caption=caption(rows),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("task", overflow="fold")
    table.add_column("mode")
    for name in names:
        table.add_column(name, justify="right")
    previous = None
    for row in rows:
        task = row.identity.task.name
        if previous not in (None, task):
            table.add_section()
        figures = (f"{100 * row.metrics[name]:.1f}" for name in names)
        table.add_row(task if task != previous else "", row.mode, *figures)
        previous = task
    return table


def _title(record: ResultRecord) -> str:
    data = f"{record.dataset.name}{' (synthetic)' if record.dataset.synthetic else ''}"
    title = f"{record.protocol or record.scores[0].identity.task.name} on {data}"
    return title if record.seed is None else f"{title}, seed {record.seed}"


def caption(rows: Sequence[Row]) -> str:
    """What a reader of the figures must know beside them."""
    chance = sum(r.chance_R1 for r in rows) / len(rows)
    skipped = {r.identity.task.name: r.n_query - r.n_valid for r in rows}
    words = [f"percent; chance R1 {100 * chance:.1f}"]
    words += [f"{n} queries of {t} have no positive" for t, n in skipped.items() if n]
    if any(r.fused for r in rows):
        words.append("composite queries fused by the harness")
    if any(r.collapsed for r in rows):
        words.append("many similarities are equal: a collapsed model")
    return "; ".join(words)
