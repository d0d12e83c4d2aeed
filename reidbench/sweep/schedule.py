"""Runs the cells of a sweep, several at once; a cell that fails does not stop the others."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from ..pluginhost import PluginHost
from ..run.state import is_finished
from ..tools.files import write_json
from .launch import Ended, Launch
from .plan import Cell, as_config

ATTEMPTS = 2
"""A worker that dies is replaced once."""


@dataclass(frozen=True)
class Outcome:
    """What became of a cell."""

    cell: Cell
    state: str
    """`present`, `done` or `failed`"""
    problem: str = ""
    seconds: float | None = None
    peak_bytes: int | None = None


Report = Callable[[Outcome], None]


class Files:
    """What a sweep keeps in `<work dir>/sweeps/<name>`."""

    def __init__(self, work_dir: Path, name: str) -> None:
        self.work_dir = work_dir
        self.folder = work_dir / "sweeps" / name

    def config(self, cell: Cell) -> Path:
        return self.folder / "cells" / f"{cell.name}.json"

    def log(self, cell: Cell) -> Path:
        return self.folder / "logs" / f"{cell.name}.txt"

    def cost(self, cell: Cell) -> Path:
        return self.folder / "cost" / f"{cell.name}.json"

    def run(self, cell: Cell) -> Path:
        return self.work_dir / cell.name


def finished(cells: Sequence[Cell], files: Files) -> list[Cell]:
    """The cells that have their result already."""
    host = PluginHost()
    return [cell for cell in cells if is_finished(files.run(cell), cell.experiment, host)]


def run_cells(
    cells: Sequence[Cell],
    present: Sequence[Cell],
    files: Files,
    launch: Launch,
    workers: int,
    report: Report,
) -> list[Outcome]:
    """Run every cell that is not `present`; outcomes in the order of `cells`.

    Of the cells that share a teacher one goes first; the others wait for its end, so that no worker
    waits for another."""
    outcomes = {cell.name: Outcome(cell, "present") for cell in present}
    waiting = [cell for cell in cells if cell.name not in outcomes]
    made = {cell.shares for cell in present}
    running: dict[Future[Outcome], Cell] = {}
    with ThreadPoolExecutor(workers) as pool:
        try:
            while waiting or running:
                while len(running) < workers and (ready := _next(waiting, running, made)):
                    waiting.remove(ready)
                    running[pool.submit(_run, ready, files, launch)] = ready
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    cell = running.pop(future)
                    outcomes[cell.name] = outcome = future.result()
                    if outcome.state == "done":
                        made.add(cell.shares)
                    report(outcome)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            if stop := getattr(launch, "stop", None):
                stop()
            raise
    return [outcomes[cell.name] for cell in cells]


def _next(
    waiting: Sequence[Cell], running: dict[Future[Outcome], Cell], made: set[str | None]
) -> Cell | None:
    """The first cell whose teacher is there, or is made by nobody at the moment."""
    being_made = {cell.shares for cell in running.values()} - made - {None}
    return next((cell for cell in waiting if cell.shares not in being_made), None)


def _run(cell: Cell, files: Files, launch: Launch) -> Outcome:
    config, log = files.config(cell), files.log(cell)
    write_json(config, as_config(cell))
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "reidbench", "run", str(config)]
    command += ["--work-dir", str(files.work_dir)]
    begun = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        ended = launch(command, log)
        if ended.code == 0:
            write_json(files.cost(cell), {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes})
            return Outcome(cell, "done", "", ended.seconds, ended.peak_bytes)
        if not _died(ended) or attempt == ATTEMPTS:
            break
    seconds = time.monotonic() - begun
    return Outcome(cell, "failed", f"{_why(ended, log)} ({log})", seconds)


def _died(ended: Ended) -> bool:
    """The worker was lost or killed: the run itself did not say no."""
    return ended.code is None or ended.code < 0 or ended.code == 137


def _why(ended: Ended, log: Path) -> str:
    if ended.code is None:
        return f"its worker was lost: {ended.problem}"
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        if errors and not _died(ended):
            return errors[-1].removeprefix("error: ")
    if _died(ended):
        return f"killed by signal {abs(ended.code) if ended.code < 0 else 9}, twice"
    return f"exit code {ended.code}"


def cost_of(files: Files, cell: Cell) -> dict[str, float | None]:
    """Seconds and peak memory of the process that ran the cell, where it ran as a whole here."""
    try:
        return json.loads(files.cost(cell).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
