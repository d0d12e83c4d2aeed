"""Curves of a training: its losses from the log, its validations from `training.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from .inputs import Inputs

MOST_POINTS = 400
"""Of a line; more are thinned evenly, first and last stay."""
LONGEST = 2**20
"""Bytes of a line of the log that is read."""
TOTAL = "total"


def losses(inputs: Inputs) -> tuple[list[dict[str, Any]], list[str]]:
    """A line for each stage and term, and what is missing."""
    if inputs.log is None:
        return [], []
    kinds = _kinds(inputs.config)
    lines, missing = [], []
    for stage, points in _steps(inputs.log).items():
        terms: dict[str, tuple[list[int], list[float]]] = {}
        dropped = 0
        for step, values in points.items():
            for name, value in values.items():
                if not _finite(value):
                    dropped += 1
                    continue
                steps, found = terms.setdefault(name, ([], []))
                steps.append(step)
                found.append(float(value))
        if dropped:
            missing.append(
                f"run {inputs.label}, {stage}: {dropped} values of losses are not finite and are "
                "not drawn"
            )
        for name, (steps, found) in terms.items():
            kept = thinned(len(steps))
            lines.append(
                {
                    "run": inputs.label,
                    "stage": stage,
                    "term": name if name == TOTAL else f"{kinds.get((stage, name), 'loss')}/{name}",
                    "steps": [steps[i] for i in kept],
                    "values": [found[i] for i in kept],
                }
            )
    drawn = {line["stage"] for line in lines}
    for stage, training in inputs.training.items():
        if training.get("steps") and stage not in drawn:
            missing.append(
                f"run {inputs.label}, {stage}: no loss curves, the log has no steps of it (the "
                "stage was taken from an earlier run)"
            )
    return lines, missing


def validation(inputs: Inputs) -> list[dict[str, Any]]:
    """A line for each stage, task and mode that was validated, and one for their mean."""
    lines = []
    for stage, training in inputs.training.items():
        history = training.get("validation") or []
        metric = training.get("metric", "mAP")
        names = list(dict.fromkeys(n for row in history for n in row.get("figures", {})))
        series: dict[str, list[tuple[int, Any]]] = {
            name: [(r["step"], r.get("figures", {}).get(name, {}).get(metric)) for r in history]
            for name in names
        }
        if len(names) != 1:
            series["mean"] = [(r["step"], r.get("value")) for r in history]
        for name, points in series.items():
            points = [p for p in points if _finite(p[1])]
            kept = thinned(len(points))
            if kept:
                lines.append(
                    {
                        "run": inputs.label,
                        "stage": stage,
                        "name": name,
                        "metric": metric,
                        "steps": [points[i][0] for i in kept],
                        "values": [float(points[i][1]) for i in kept],
                        "taken": training.get("step"),
                    }
                )
    return lines


def stages(inputs: Inputs) -> list[dict[str, Any]]:
    """Each stage with its key, its time, and whether it was there before the last run.

    The time is that from the end of the stage before, of the run that made it; null where another
    run folder's log has it."""
    seen: dict[str, dict[str, Any]] = {}
    before = clock = 0.0
    for row in rows_of(inputs.log):
        seconds = row.get("seconds")
        if not _finite(seconds):
            continue
        if seconds < clock:  # another process begins
            before = 0.0
        clock = seconds
        stage, event, key = str(row.get("stage")), str(row.get("event")), row.get("key")
        if stage == "data" and isinstance(row.get("fingerprint"), str):
            key = row["fingerprint"]
            made = not event.endswith("skipped")
        elif isinstance(key, str):
            made = event.startswith("done")
        else:
            continue
        known = seen.get(stage) if stage in seen and seen[stage]["key"] == key else None
        took = seconds - before if made else known["seconds"] if known else None
        before = seconds
        seen[stage] = {"name": stage, "seconds": took, "key": key, "taken": not made}
    found = [seen["data"]] if "data" in seen else []
    for name, key in inputs.record.stages.items():
        unknown = {"name": name, "seconds": None, "key": key, "taken": True}
        found.append(seen[name] if seen.get(name, {}).get("key") == key else unknown)
    return found


def thinned(n: int) -> list[int]:
    """At most MOST_POINTS of n places, evenly."""
    if n <= MOST_POINTS:
        return list(range(n))
    return [round(i * (n - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)]


def rows_of(log: Path | None) -> Iterator[dict[str, Any]]:
    """The objects in a log; lines that were cut off are left out."""
    if log is None or not log.is_file():
        return
    with log.open("rb") as file:
        while line := file.readline(LONGEST):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                yield row


def _steps(log: Path) -> dict[str, dict[int, dict[str, Any]]]:
    """stage -> step -> its values. A training that was started again replaces what it repeats."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows_of(log):
        stage, step, terms = row.get("stage"), row.get("step"), row.get("terms")
        if row.get("event") != "step" or type(step) is not int or not isinstance(terms, Mapping):
            continue
        of_stage = found.setdefault(str(stage), {})
        if of_stage and step <= next(reversed(of_stage)):
            of_stage = found[str(stage)] = {s: v for s, v in of_stage.items() if s < step}
        of_stage[step] = {TOTAL: row.get("loss"), **terms}
    return found


def _kinds(config: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """(stage, name of a term) -> `loss` or `distiller`"""
    kinds: dict[tuple[str, str], str] = {}
    for stage, section in (("teacher", "teacher"), ("distill", "student")):
        train = (config.get(section) or {}).get("train") or {}
        for kind, key in (("loss", "losses"), ("distiller", "distillers")):
            for cfg in train.get(key) or ():
                kinds.setdefault((stage, str(cfg.get("type"))), kind)
    return kinds


def _finite(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
