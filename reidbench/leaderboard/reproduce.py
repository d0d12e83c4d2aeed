"""Entries run again from their configs: whether the harness finds what they claim.

A config of a submission is JSON, so reading it runs nothing; running it uses the plugins that are
installed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reidbench_registry import DataError, ReidbenchError

from ..results import provenance
from ..results.record import ResultRecord
from ..run import runner
from ..tools.guarded import is_file
from . import submission as submissions
from . import verified as results
from .repository import Repository
from .verified import Reproduced, Verified


def reproduce(
    repository: Repository, entry: str, work_dir: Path, options: Sequence[str], check: bool
) -> list[str]:
    """Run an entry's config with each of its seeds; `options` are overrides, for example of where
    the data lie. Problems, one line each: figures below the stored interval, and whatever kept the
    runs from ending. Unless `check`, an entry without problems is marked as reproduced, and one
    with other figures is no longer.

    Raises DataError for an entry that is not verified, or has no config."""
    path = repository.result(entry)
    if not path.exists():
        raise DataError(f"{entry}: not verified yet (`reidbench leaderboard verify`)")
    stored = results.read(path)
    config = repository.submission(entry) / submissions.CONFIG
    if not is_file(config) or config.is_symlink():
        raise DataError(f"{entry}: its submission has no {submissions.CONFIG} to run")
    seeds = [seed for seed in submissions.read(config.parent).seeds if seed is not None]
    try:
        found = [_run(config, seed, work_dir, f"{entry}-seed{seed}", options) for seed in seeds]
    except ReidbenchError as error:
        return [f"{entry}: {error}"]
    metrics: dict[str, dict[str, float]] = {}
    problems = []
    for row in stored.record.scores:
        task, mode = row.identity.task.name, row.mode
        same = [
            r.metrics for record in found for r in record.scores
            if (r.identity.hash, r.mode) == (row.identity.hash, mode)
        ]  # fmt: skip
        if len(same) < len(seeds):
            problems.append(f"{entry}: {task}, {mode}: the runs do not have this task")
            continue
        means = {n: float(np.mean([m[n] for m in same])) for n in row.metrics}
        metrics[f"{task}/{mode}"] = means
        problems += [
            f"{entry}: {task}, {mode}: {name} is {100 * means[name]:.1f}, below the stored "
            f"interval [{100 * edges[0]:.1f}, {100 * edges[1]:.1f}]"
            for name, edges in row.interval.items()
            if edges and not means[name] >= edges[0]
        ]
    if not check:
        found_now = Reproduced(reidbench=provenance.version(), seeds=seeds, metrics=metrics)
        _mark(path, stored, None if problems else found_now)
    return problems


def _run(
    config: Path, seed: int, work_dir: Path, name: str, options: Sequence[str]
) -> ResultRecord:
    options = [*options, f"run.name={name}", "run.report=False"]
    context = runner.prepare(config, options, seed, work_dir)
    record = runner.execute(context)
    assert record is not None  # only ranks but 0 have none
    return record


def _mark(path: Path, stored: Verified, found: Reproduced | None) -> None:
    status = "reproduced" if found else "rescored"
    record = stored.record.model_copy(update={"status": status})
    results.write_level(path, stored.model_copy(update={"reproduced": found, "record": record}))
