"""`report.md` of a run: the table of its result, then the sections that plugins add."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reidbench_registry import Owner, ReportSection

from ..tools.files import whole_file
from ..tools.terminal import safe
from .record import ResultRecord
from .rows import Row
from .table import caption, last_steps


def write(
    path: Path, record: ResultRecord, sections: Sequence[tuple[Owner, ReportSection]]
) -> None:
    """Write the report of a result record; each section says which plugin wrote it."""
    synthetic = " (synthetic)" if record.dataset.synthetic else ""
    parts = [
        f"# {record.run}",
        f"{record.protocol} on {record.dataset.name}{synthetic}, seed {record.seed}, "
        f"reidbench {record.reidbench}.",
        _table(record.scores),
        f"Figures in {caption(record.scores)}.",
        *(f"Selected on val; {line}." for line in last_steps(record.scores)),
    ]
    for owner, section in sections:
        parts += [
            f"## {' '.join(section.title.split())}",
            f"*By {owner.distribution} {owner.version}.*",
            section.body.strip(),
        ]
    with whole_file(path) as part:
        part.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _table(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    lines = [_row("task", "mode", *names), _row("---", "---", *["---:"] * len(names))]
    for row in rows:
        figures = (f"{100 * row.metrics[n]:.1f}" if n in row.metrics else "-" for n in names)
        lines.append(_row(row.identity.task.name, row.mode, *figures))
    return "\n".join(lines)


def _row(*cells: str) -> str:
    return f"| {' | '.join(safe(cell).replace('|', chr(92) + '|') for cell in cells)} |"
