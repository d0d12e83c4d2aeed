"""Where a command of a sweep runs: here, on a SLURM cluster, or on a Ray cluster.

An executor is a function (command, log file) -> `Ended`, which waits for the end of the command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, did_you_mean

Command = list[str]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int | None
    """Exit code, negative for a signal; None: its worker was lost."""
    seconds: float | None = None
    peak_bytes: int | None = None
    """Largest resident memory; None where it is not known."""
    problem: str = ""
    """What is known about a worker that was lost."""


Launch = Callable[[Command, Path], Ended]


def execute(command: Command, log: str, started: Callable[[Any], None] | None = None) -> Ended:
    """Run a command on this machine, its output in `log`, and measure it."""
    import time

    begun = time.monotonic()
    with Path(log).open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
        if started is not None:
            started(process)
        _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    return Ended(code, time.monotonic() - begun, usage.ru_maxrss * 1024)


@dataclass
class Local:
    """Processes on this machine."""

    _running: list[subprocess.Popen] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def __call__(self, command: Command, log: Path) -> Ended:
        process: list[subprocess.Popen] = []

        def started(one: subprocess.Popen) -> None:
            with self._lock:
                process.append(one)
                self._running.append(one)
                if self._stopped:
                    one.terminate()

        try:
            return execute(command, str(log), started)
        finally:
            with self._lock:
                for one in process:
                    self._running.remove(one)

    def stop(self) -> None:
        """Ask all commands to end; a training writes a checkpoint first."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def local(workers: int, folder: Path, options: dict[str, Any]) -> Iterator[Launch]:
    """`workers` processes at once; cores are shared out between them."""
    if options:
        raise ConfigError("--executor-options: the local executor takes none")
    launch = Local()
    before = os.environ.get("OMP_NUM_THREADS")
    if before is None:
        os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // workers))
    try:
        yield launch
    except BaseException:
        launch.stop()
        raise
    finally:
        if before is None:
            os.environ.pop("OMP_NUM_THREADS", None)


@contextlib.contextmanager
def submitit(workers: int, folder: Path, options: dict[str, Any]) -> Iterator[Launch]:
    """Jobs of a SLURM cluster, `workers` of them queued at once; `options` are submitit's
    (`slurm_partition`, `timeout_min`, `gpus_per_node`, ...; `cluster='local'` tries it here)."""
    module = _needs("submitit", "slurm")
    cluster = options.pop("cluster", None)
    executor = module.AutoExecutor(folder=str(folder / "submitit"), cluster=cluster)
    executor.update_parameters(**{"timeout_min": 24 * 60, **options})
    jobs: list[Any] = []

    def launch(command: Command, log: Path) -> Ended:
        job = executor.submit(execute, command, str(log))
        jobs.append(job)
        try:
            return job.result()
        except (module.core.utils.FailedJobError, module.core.utils.UncompletedJobError) as error:
            return Ended(None, problem=_line(error))

    try:
        yield launch
    except BaseException:
        for job in jobs:
            job.cancel()
        raise


@contextlib.contextmanager
def ray(workers: int, folder: Path, options: dict[str, Any]) -> Iterator[Launch]:
    """Tasks of a Ray cluster; `options`: `address`, and a task's `num_cpus` and `num_gpus`."""
    module = _needs("ray", "ray")
    address = options.pop("address", None)
    module.init(address=address, log_to_driver=False, include_dashboard=False)
    task = module.remote(max_retries=0, **{"num_cpus": 1, **options})(execute)

    def launch(command: Command, log: Path) -> Ended:
        try:
            return module.get(task.remote(command, str(log)))
        except module.exceptions.RayError as error:
            return Ended(None, problem=_line(error))

    try:
        yield launch
    finally:
        module.shutdown()


EXECUTORS = {"local": local, "submitit": submitit, "ray": ray}


def executor(name: str, workers: int, folder: Path, options: dict[str, Any]) -> Any:
    """A context that gives the `Launch`. Raises ConfigError for a name that is none."""
    if name not in EXECUTORS:
        raise ConfigError(
            f"--executor: no {name!r}{did_you_mean(name, EXECUTORS)} ({', '.join(EXECUTORS)})"
        )
    return EXECUTORS[name](workers, folder, dict(options))


def _needs(module: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise ConfigError(
            f"--executor {module}: {module} is not installed: pip install 'reidbench[{extra}]'"
        ) from None


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
