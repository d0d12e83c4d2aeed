"""Several runs in one report: paired differences, and where their configs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..results.comparison import compare
from .described import flat
from .inputs import Inputs

ABSENT = "(not there)"


def comparison(runs: Sequence[Inputs]) -> dict[str, Any] | None:
    """Differences to the first run; None for a single one. Raises ConfigError when a task does not
    mean the same in all of them, DataError when they were scored over different queries."""
    if len(runs) < 2:
        return None
    return {"differences": _differences(runs), "config": _config(runs)}


def _differences(runs: Sequence[Inputs]) -> list[dict[str, Any]]:
    rows = []
    for row in compare([run.result() for run in runs])["rows"]:
        of_run = {v["result"]: v for v in row["values"]}
        first = of_run.get(runs[0].label)
        for label, value in of_run.items():
            if first is None or label == runs[0].label or "difference" not in value:
                continue
            rows.append(
                {
                    "task": row["task"],
                    "mode": row["mode"],
                    "metric": row["metric"],
                    "run": label,
                    "value": value["value"],
                    "first": first["value"],
                    "difference": value["difference"],
                    "interval": value["difference_interval"],
                    "separable": value["separable"],
                    "p": value["p"],
                }
            )
    return rows


def _config(runs: Sequence[Inputs]) -> list[dict[str, Any]]:
    configs = {run.label: flat(run.config) for run in runs if run.config}
    rows = []
    for path in dict.fromkeys(path for config in configs.values() for path in config):
        values = {label: config.get(path, ABSENT) for label, config in configs.items()}
        if any(value != next(iter(values.values())) for value in values.values()):
            rows.append({"path": path, "values": values})
    return rows
