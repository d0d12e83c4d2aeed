"""A sweep from its declaration to its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError

from .. import config
from ..results import record
from ..run.folder import check_name
from ..tools.files import write_json
from .plan import Cell, Declaration, cells, declaration
from .schedule import Files, Outcome

KEY = "sweep"
"""The section of a config that declares a sweep."""


@dataclass(frozen=True)
class Sweep:
    name: str
    declared: Declaration
    cells: list[Cell]
    files: Files


def prepare(
    path: Path, more: Mapping[str, Any], options: list[str], name: str | None, work_dir: Path
) -> Sweep:
    """Read and check a config and what the command line adds to its `sweep`. Nothing is written.

    Raises ConfigError."""
    raw = config.load(path)
    given = raw.pop(KEY, {})
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: {KEY}: expected a section, got {given!r}")
    grid = {**given.get("grid", {}), **more.get("grid", {})} if more.get("grid") else None
    declared = declaration({**given, **more, **({"grid": grid} if grid else {})})
    name = check_name(name or path.stem)
    return Sweep(
        name,
        declared,
        cells(raw, declared, options, name, work_dir),
        Files(work_dir, name),
    )


def tabulate(sweep: Sweep, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The table of what has a result, as plain JSON. Raises DataError when a result is damaged."""
    from .cost import step_seconds
    from .figures import MEAN, figures
    from .schedule import cost_of
    from .table import key_of

    good = [o.cell for o in outcomes if o.state != "failed"]
    folders = {cell.name: sweep.files.run(cell) for cell in good}
    if not folders:
        raise ConfigError("sweep: no run has a result")
    sample = record.read(next(iter(folders.values())))
    costs: dict[str, dict[str, Any]] = {}
    for cell in good:
        key = key_of(cell.labels)
        if key not in costs:
            folder = folders[cell.name]
            costs[key] = {
                "labels": list(cell.labels),
                **cost_of(sweep.files, cell),
                "step_seconds": step_seconds(folder),
                "modes": _costs(folder),
            }
    rows = figures(good, sweep.declared, folders)
    return {
        "name": sweep.name,
        "dataset": sample.dataset.name,
        "synthetic": sample.dataset.synthetic,
        "axes": sweep.declared.axes,
        "seeds": list(sweep.declared.seeds),
        "baseline": dict(sweep.declared.baseline),
        "tasks": list(dict.fromkeys(row["task"] for row in rows if row["task"] != MEAN)),
        "chance_R1": sum(row.chance_R1 for row in sample.scores) / len(sample.scores),
        "environment": sample.environment.model_dump() if sample.environment else None,
        "rows": rows,
        "costs": costs,
        "runs": {o.cell.name: o.state for o in outcomes},
        "failed": {o.cell.name: o.problem for o in outcomes if o.state == "failed"},
    }


def _costs(folder: Path) -> dict[str, dict[str, Any]]:
    """mode -> what a query and an item of the gallery cost, for the modes with figures. Nothing for
    a record of before this was kept."""
    result = record.read(folder)
    costs = {mode: cost.model_dump() for mode, cost in result.cost.items()}
    return {row.mode: costs[row.mode] for row in result.scores if row.mode in costs}


def write(sweep: Sweep, table: Mapping[str, Any], metrics: Sequence[str] | None) -> Path:
    """`table.json`, `.md`, `.tex` and `.csv` into the sweep's folder; returns the folder."""
    from ..tools.files import whole_file
    from .table import csv_sheet, latex, markdown, sheets

    folder = sweep.files.folder
    write_json(folder / "table.json", table)
    shown = sheets(table, metrics)
    for suffix, text in (
        ("md", markdown(shown)),
        ("tex", "\n".join(map(latex, shown))),
        ("csv", csv_sheet(table).csv()),
    ):
        with whole_file(folder / f"table.{suffix}") as part:
            part.write_text(text, encoding="utf-8")
    return folder
