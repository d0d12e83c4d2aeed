"""Seconds and memory of `reidbench leaderboard verify` for one submission, as a whole command.

    python benchmarks/leaderboard.py                     # as large as Market-1501: some minutes
    python benchmarks/leaderboard.py --profile           # where the time of the check goes

Made-up items (rgb to rgb, `same_pid_camera`) with random features. The command and the process that
it starts run with one thread; peak is the largest sum of their resident memory, asked for every
20 ms (Linux). Beside it the bare product of the same features in chunks, taken in the same round:
on a loaded machine the ratio says more than the seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

QUERIES, GALLERY, DIM = 3_368, 15_913, 1_536
PEOPLE, CAMERAS = 750, 6
CHUNK = 512
PAGE = os.sysconf("SC_PAGE_SIZE")
TASK = '{"name": "rgb2rgb", "query": {"modality": "rgb", "role": "query"}, "gallery": ' \
    '{"modality": "rgb", "role": "gallery"}, "exclude": "same_pid_camera"}'  # fmt: skip


def make(folder: Path, queries: int, gallery: int, dim: int) -> None:
    """`folder/board`, with a benchmark and one submission."""
    import torch

    from reidbench.cli.main import main
    from reidbench.tools.manifest import write_manifest
    from reidbench.tools.tensors import save_tensors
    from reidbench_registry import Record

    items = [
        Record(f"{role}/{i % PEOPLE:04}_c{i // PEOPLE % CAMERAS}_{i:06}", "made-up", "test", "rgb",
               f"{i % PEOPLE:04}", f"c{i // PEOPLE % CAMERAS}", role=role)
        for role, number in (("query", queries), ("gallery", gallery)) for i in range(number)
    ]  # fmt: skip
    write_manifest(folder / "items.csv", items)
    (folder / "task.json").write_text(TASK)
    features = torch.randn(len(items), dim, generator=torch.Generator().manual_seed(0))
    import json

    ids = json.dumps([r.item_id for r in items])
    save_tensors(folder / "features.safetensors", {"features": features}, {"item_ids": ids})
    board = str(folder / "board")
    words = ["init", board, "--manifest", str(folder / "items.csv"), "--name", "made-up"]
    assert main(["leaderboard", *words, "--task", str(folder / "task.json")]) == 0
    words = ["add", str(folder / "features.safetensors"), "--dir", board, "--entry", "random"]
    assert main(["leaderboard", *words, "--mode", "edge"]) == 0


def resident(pid: int) -> int:
    """Bytes of a process and of those that it started."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return 0
    return PAGE * pages + sum(resident(int(child)) for child in below)


def verify(board: Path) -> tuple[float, float]:
    """Seconds and peak memory, in MiB, of the command."""
    words = [sys.executable, "-m", "reidbench", "leaderboard", "verify", "--dir", str(board)]
    start = time.perf_counter()
    process = subprocess.Popen([*words, "--check"], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.02)
    taken = time.perf_counter() - start
    assert process.returncode == 0
    return taken, peak / 2**20


def product(queries: int, gallery: int, dim: int) -> float:
    """Seconds of the bare matrix product, in chunks, in a process with one thread."""
    program = f"""
import time, torch
torch.set_num_threads(1)
q, g = torch.randn({queries}, {dim}), torch.randn({gallery}, {dim})
out = torch.empty({CHUNK}, {gallery})
start = time.perf_counter()
for first in range(0, {queries}, {CHUNK}):
    part = q[first:first + {CHUNK}]
    torch.mm(part, g.T, out=out[:len(part)])
print(time.perf_counter() - start)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


def profile(board: Path) -> None:
    """The check in this process: the functions that take most."""
    import cProfile
    import pstats

    from reidbench.leaderboard.benchmark import Benchmark
    from reidbench.leaderboard.examine import examine

    watched = cProfile.Profile()
    watched.enable()
    found = examine(
        Benchmark.read(board / "benchmarks" / "made-up"), board / "submissions" / "random"
    )
    watched.disable()
    assert found.problems == []
    pstats.Stats(watched).sort_stats("cumulative").print_stats(45)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--gallery", type=int, default=GALLERY)
    parser.add_argument("--dim", type=int, default=DIM)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    given = parser.parse_args()
    sizes = given.queries, given.gallery, given.dim
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board"
        words = [sys.executable, __file__, *map(str, sizes), folder]
        subprocess.run([sys.executable, "-c", MAKE, *words[1:]], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        if given.profile:
            profile(board)
            return
        rounds = [(*verify(board), product(*sizes)) for _ in range(given.rounds)]
    print("| queries x gallery x dim | verify, s | peak, MiB | product, s | verify / product |")
    print("|---|---|---|---|---|")
    seconds, peaks, products = zip(*rounds, strict=True)
    ratios = [a / b for a, b in zip(seconds, products, strict=True)]
    median = statistics.median
    print(
        f"| {' x '.join(map(str, sizes))} | {median(seconds):.1f} | {median(peaks):.0f} | "
        f"{median(products):.1f} | {median(ratios):.1f} |"
    )


MAKE = """
import runpy, sys
from pathlib import Path
program, *sizes, folder = sys.argv[1:]
runpy.run_path(program)["make"](Path(folder), *map(int, sizes))
"""
"""In a process of its own: what it leaves in memory is not the command's."""

if __name__ == "__main__":
    main()
