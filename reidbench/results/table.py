"""The final table of a run."""

from __future__ import annotations

from collections.abc import Sequence

from ..terminal.sheet import Sheet
from ..tools.terminal import safe
from .record import ResultRecord
from .rows import Row


def result_table(record: ResultRecord) -> Sheet:
    """task x mode x metrics, in percent, under the protocol's name."""
    names = list(dict.fromkeys(name for row in record.scores for name in row.metrics))
    rows = []
    for row in record.scores:
        figures = (f"{100 * row.metrics[n]:.1f}" if n in row.metrics else "-" for n in names)
        rows.append([row.identity.task.name, row.mode, *figures])
    return Sheet(
        ["task", "mode", *names],
        rows,
        right=names,
        group=1,
        title=title(record),
        caption="; ".join([caption(record.scores), *last_steps(record.scores)]),
        boxed=True,
    )


def title(record: ResultRecord) -> str:
    data = f"{record.dataset.name}{' (synthetic)' if record.dataset.synthetic else ''}"
    title = f"{record.protocol or record.scores[0].identity.task.name} on {data}"
    return title if record.seed is None else f"{title}, seed {record.seed}"


def caption(rows: Sequence[Row]) -> str:
    """What a reader of the figures must know beside them."""
    skipped = {r.identity.task.name: r.n_query - r.n_valid for r in rows}
    words = [f"percent; chance R1 {_chance(rows)}"]
    words += [f"{n} queries of {safe(t)} have no positive" for t, n in skipped.items() if n]
    if any(r.fused for r in rows):
        words.append("composite queries fused by the harness")
    if any(r.collapsed for r in rows):
        words.append("many similarities are equal: a collapsed model")
    return "; ".join(words)


def last_steps(rows: Sequence[Row], names: Sequence[str] = ()) -> list[str]:
    """A line for each mode whose weights were selected: what the last step's reach, in one of the
    metrics `names` (all unless given), mAP if it is among them."""
    lines = []
    for mode in dict.fromkeys(r.mode for r in rows):
        found = [(r.identity.task.name, r.last) for r in rows if r.mode == mode and r.last]
        known = [n for _, last in found for n in last.metrics if not names or n in names]
        if known:
            metric = "mAP" if "mAP" in known else known[0]
            values = ", ".join(
                f"{100 * last.metrics[metric]:.1f} ({safe(task)})"
                for task, last in found
                if metric in last.metrics
            )
            step = found[0][1].step
            lines.append(f"{safe(mode)} at its last step ({step:,}): {safe(metric)} {values}")
    return lines


def _chance(rows: Sequence[Row]) -> str:
    """Rank-1 of a random order: one number, or one a task where tasks differ."""
    by_task = {r.identity.task.name: f"{100 * r.chance_R1:.1f}" for r in rows}
    alike = len(set(by_task.values())) == 1
    if alike:
        return next(iter(by_task.values()))
    return ", ".join(f"{value} ({task})" for task, value in by_task.items())
