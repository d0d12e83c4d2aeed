"""reidbench runs: the runs in a work directory."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from reidbench_registry import DataError

from ..tools.terminal import safe_json
from .parser import add_verb
from .shared import add_work_dir

if TYPE_CHECKING:
    from ..results.record import ResultRecord

EPILOG = """examples:
  reidbench runs
  reidbench runs --work-dir /data/runs --json

Figures are mAP in percent, averaged over the tasks, for each deployment mode; `reidbench show RUN`
prints all of them. An unfinished run continues with the command that started it.
"""
MAIN = "mAP"
"""The metric that is shown, where a run has it; otherwise its first."""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "runs", "list the runs in a work directory", EPILOG)
    add_work_dir(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    rows = [row for folder in _folders(arguments.work_dir) if (row := _row(folder)) is not None]
    if arguments.json:
        print(safe_json(rows))
        return 0
    from rich.console import Console

    console = Console()
    if not rows:
        console.print(f"no runs in {arguments.work_dir}", highlight=False, markup=False)
        return 0
    _sheet(rows).show(console)
    return 0


def _folders(work_dir: Path) -> list[Path]:
    if not work_dir.is_dir():
        raise DataError(f"no work directory: {work_dir}")
    return sorted(p for p in work_dir.iterdir() if p.is_dir() and not p.name.startswith("."))


def _row(folder: Path) -> dict[str, Any] | None:
    """What is known about a run; None for a folder that is none."""
    from ..results.record import read
    from ..run.folder import MARKER, read_marker

    names = {p.name for p in folder.iterdir()}
    if not names & {MARKER, "config.json", "result.json"}:
        return None
    row: dict[str, Any] = {"run": folder.name, "state": "unfinished"}
    config = _config(folder / "config.json")
    of_config = re.match(r"(.+?)-seed\d+", folder.name)
    row |= {
        # A name that reidbench chose begins with the config's.
        "config": of_config[1] if of_config else None,
        "seed": _at(config, "run", "seed"),
        "data": _at(config, "data", "type"),
        "protocol": _at(config, "evaluation", "protocol", "type"),
        "teacher": _at(config, "teacher", "backbone", "type"),
        "student": _at(config, "student", "backbone", "type"),
        "distillers": [
            {"name": _at(d, "type"), "weight": _at(d, "weight")}
            for d in _at(config, "student", "train", "distillers") or []
        ],
        "metric": None,
        "figures": {},
    }
    try:
        read_marker(folder)
    except DataError as error:
        return row | {"state": "older layout", "problem": str(error)}
    if "result.json" not in names:
        return row
    try:
        return row | {"state": "finished"} | _figures(read(folder))
    except DataError as error:
        return row | {"state": "unreadable", "problem": str(error)}


def _config(path: Path) -> Any:
    from ..config import load

    try:
        return load(path)
    except (DataError, ValueError):  # ConfigError is a ValueError
        return {}


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _figures(record: ResultRecord) -> dict[str, Any]:
    """The main metric, and its mean over the tasks for each mode."""
    names = list(record.scores[0].metrics)
    metric = MAIN if MAIN in names else names[0]
    values: dict[str, list[float]] = {}
    for row in record.scores:
        if metric in row.metrics:
            values.setdefault(row.mode, []).append(row.metrics[metric])
    return {"metric": metric, "figures": {mode: fmean(v) for mode, v in values.items()}}


def _sheet(rows: list[dict[str, Any]]) -> Any:
    from ..terminal.sheet import Sheet

    modes = list(dict.fromkeys(mode for row in rows for mode in row["figures"]))
    cells = []
    for row in rows:
        mark = "" if row["metric"] in (MAIN, None) else f" ({row['metric']})"
        figures = row["figures"]
        cells.append(
            [
                row["run"],
                row["state"],
                "" if row["seed"] is None else str(row["seed"]),
                _in_words(row["distillers"]),
                *(f"{100 * figures[m]:.1f}{mark}" if m in figures else "" for m in modes),
            ]
        )
    caption = f"{MAIN}, mean over tasks, percent" if modes else ""
    right = ["seed", *modes]
    return Sheet(["run", "state", "seed", "distillers", *modes], cells, right, caption=caption)


def _in_words(distillers: list[dict[str, Any]]) -> str:
    """`PCM 1.0 + FR 0.05`"""
    return " + ".join(f"{d['name']} {d['weight']}" for d in distillers) or "-"
