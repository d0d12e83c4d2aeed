"""Figures trial by trial, on disk: for the spread over the trials that a mean hides.

`per_trial.json` holds `<task>/<mode>` -> metric -> one value in [0, 1] a trial, in their order.
Only tasks that have trials are in it, and without any there is no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..evaluation.score import Scored
from ..tools.files import write_json

PER_TRIAL = "per_trial.json"


def save_per_trial(folder: Path, scored: Mapping[tuple[str, str], Scored]) -> None:
    """Write what was scored for each (task, mode); a file that is left from before goes."""
    tasks = {
        f"{task}/{mode}": one.per_trial for (task, mode), one in scored.items() if one.per_trial
    }
    if tasks:
        write_json(folder / PER_TRIAL, tasks)
    else:
        (folder / PER_TRIAL).unlink(missing_ok=True)
