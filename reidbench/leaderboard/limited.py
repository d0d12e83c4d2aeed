"""A submission is examined in a process of its own, with limits on memory, time and what it writes.

The process gets the benchmark's and the submission's folder, and an empty folder for its answer. It
starts with `-P`: nothing is ever imported from the folder that the command was started in.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from reidbench_registry import DataError, ReidbenchError

from ..tools.files import write_json
from ..tools.guarded import RECORD, read_json
from ..tools.terminal import LINE, safe
from .benchmark import Limits
from .verified import Verified, read, save

ANSWER, RESULT = "answer.json", "result.json"

LIBRARIES_MB = 1024
"""What torch and numba take before the first feature is read."""
ANSWER_MB = 1024
"""Size of a file that the process may write."""
MISTAKE = 3
"""Exit code for a mistake in the benchmark, or a disk that is full."""
MODULE = "reidbench.leaderboard.limited"


def examine_limited(
    benchmark: Path, limits: Limits, folder: Path, private: Path | None, out: Path
) -> tuple[list[str], Verified | None]:
    """The problems of a submission, or its result, which is also written into the folder `out`
    (`result.json`, `result.safetensors`). A process that needs more than the limits, or that dies,
    is a problem of the submission. Raises the errors that `examine` raises."""
    words = [str(path.absolute()) for path in (benchmark, folder, out, private) if path]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE, limits.model_dump_json(), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        return [f"{folder}: not done after {limits.seconds} s, the limit"], None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode == MISTAKE:
        raise DataError(_last_line(said))
    answer = out / ANSWER
    if process.returncode == 0 and answer.is_file():
        problems = read_json(answer, RECORD)["problems"]
        return problems, None if problems else read(out / RESULT)
    return [f"{folder}: {_last_words(process.returncode, said, limits)}"], None


def _last_words(code: int, said: bytes, limits: Limits) -> str:
    """Why the process died."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
        return f"ended by a limit ({signal.Signals(-code).name})"
    last = _last_line(said)
    if any(word in last for word in ("MemoryError", "bad_alloc", "allocate")):
        return f"it takes more memory than {limits.memory_mb} MiB, the limit"
    return f"the check ended with code {code}: {last}"


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return safe(lines[-1] if lines else "it gave no reason", LINE)


def _limit(limits: Limits) -> None:
    import resource

    # Of data, not of addresses: mapped files and libraries take addresses, not memory.
    memory = (LIBRARIES_MB + limits.memory_mb) * 2**20
    processor = limits.seconds * (os.cpu_count() or 1)
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, ANSWER_MB * 2**20),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _work(words: list[str]) -> None:
    """The process itself: limits as JSON, then the folders."""
    limits = Limits.model_validate_json(words[0])
    _limit(limits)
    benchmark, folder, out, *private = map(Path, words[1:])
    try:
        from .benchmark import Benchmark
        from .examine import examine

        found = examine(Benchmark.read(benchmark), folder, private[0] if private else None)
        if found.verified is not None:
            save(out / RESULT, found.verified, found.figures)
        write_json(out / ANSWER, {"problems": found.problems})
    except (ReidbenchError, OSError) as error:
        # Not the submission's fault. Not a file either: the disk may be full.
        print(safe(error, LINE), file=sys.stderr)
        sys.exit(MISTAKE)


if __name__ == "__main__":
    _work(sys.argv[1:])
