"""What the training of a row takes, from the log of its run."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from statistics import median


def step_seconds(folder: Path, stage: str = "distill") -> float | None:
    """Median time of a training step, from the run's log; None where it did not train here."""
    marks = []
    try:
        with (folder / "log.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if row.get("stage") == stage and row.get("event") == "step":
                    marks.append((row["step"], row["seconds"]))
    except (OSError, ValueError, KeyError):
        return None
    gaps = [
        (later - earlier) / (step - before)
        for (before, earlier), (step, later) in pairwise(marks)
        if step > before
    ]
    return median(gaps) if gaps else None
