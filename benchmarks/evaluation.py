"""Cost of a score beside the bare matrix product that it cannot do without.

    python benchmarks/evaluation.py                            # all workloads, 5 rounds
    python benchmarks/evaluation.py market-1536 --rounds 9
    python benchmarks/evaluation.py icfg-1536 --process        # and as whole processes
    python benchmarks/evaluation.py cuhk-1536 --fast-reid      # and fast-reid's algorithm
    python benchmarks/evaluation.py icfg-1536 --torch          # with the plain torch kernel

`product` is the chunked fp32 product alone, in the same chunks and the same kind of buffer as the
engine's. `rank` makes the ranks of the positives from it, `score` makes the figures of a task with
their intervals. All run in turn, in one process, on one thread, over the same features: random
identity centres plus noise, so that mAP is neither 0 nor 1; about 20 positives a query (3 in
cuhk-1536). Each figure is the median over rounds; a ratio is the median of the rounds' own ratios.

Seconds are those of the processor, so that other jobs on the machine count little; `--wall` takes
the clock instead. `MB` is the peak over what the process held with the features loaded, after the
heap's free memory went back to the system (Linux with glibc only).

`--process` writes features and manifest to a folder, and times `reidbench score` on them beside a
process that imports torch, loads the features and multiplies them.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import torch

from reidbench.embeddings import Embeddings
from reidbench.evaluation import ranking
from reidbench.evaluation.kernel_torch import count as torch_kernel
from reidbench.evaluation.plan import plan
from reidbench.evaluation.score import score
from reidbench.pluginhost import PluginHost
from reidbench.tools.manifest import write_manifest
from reidbench.tools.tensors import save_tensors
from reidbench_registry import Exclusion, Record, Selector, Task
from reidbench_registry.registries import KindRegistry

MARKET, ICFG = "same_pid_camera", "same_instance"


class Workload(NamedTuple):
    queries: int
    gallery: int
    dim: int
    pids: int
    exclude: Exclusion
    most_rank: float
    """bound of rank / product"""
    most_score: float
    """bound of score / product"""
    most_mb: int


WORKLOADS = {
    "market-1536": Workload(3368, 15913, 1536, 750, MARKET, 1.10, 1.15, 64),
    "market-512": Workload(3368, 15913, 512, 750, MARKET, 1.20, 1.30, 64),
    "cuhk-1536": Workload(6156, 3074, 1536, 1000, "none", 1.15, 1.20, 64),
    "icfg-1536": Workload(19848, 19848, 1536, 1000, ICFG, 1.10, 1.10, 64),
    "large-512": Workload(10000, 200000, 512, 10000, "none", 1.40, 1.45, 256),
}
PROCESS = """
import sys, torch
from safetensors.torch import load_file
torch.set_num_threads(1)
features = load_file(sys.argv[1])["features"]
n, rows = int(sys.argv[2]), int(sys.argv[3])
query, gallery = features[:n], features[n:]
buffer = torch.empty(rows, len(gallery))
for first in range(0, n, rows):
    part = query[first : first + rows]
    torch.mm(part, gallery.T, out=buffer[: len(part)])
"""


class World:
    """Records and features of a workload; mAP lies near one half."""

    def __init__(self, w: Workload) -> None:
        rng = np.random.default_rng(0)
        sizes = (("q", "text", w.queries), ("g", "rgb", w.gallery))
        self.records, self.sides = [], []
        centres = rng.standard_normal((w.pids, w.dim), dtype=np.float32)
        for name, modality, n in sizes:
            pids, cameras = rng.integers(w.pids, size=n), rng.integers(6, size=n)
            records = [
                Record(f"{name}{i}", "random", "test", modality, str(pid), str(camera), str(i))
                for i, (pid, camera) in enumerate(zip(pids, cameras, strict=True))
            ]
            features = rng.standard_normal((n, w.dim), dtype=np.float32)
            features *= np.float32(0.5 * w.dim**0.25)
            for at in range(0, n, 4096):
                features[at : at + 4096] += centres[pids[at : at + 4096]]
            self.records += records
            self.sides.append(Embeddings(torch.from_numpy(features), [r.item_id for r in records]))
        self.task = Task("random", Selector("text"), Selector("rgb"), w.exclude)
        catalog = PluginHost().catalog
        metrics = KindRegistry("metric", catalog)
        self.metrics = [metrics.create({"type": name}) for name in ("CMC", "mAP", "mINP")]
        self.plan = plan(self.task, self.records[: w.queries], self.records[w.queries :])
        self.query, self.gallery = (side.features for side in self.sides)

    def product(self) -> None:
        rows = ranking.chunk_rows(len(self.query), len(self.gallery))
        buffer = torch.empty(rows, len(self.gallery))
        for first in range(0, len(self.query), rows):
            part = self.query[first : first + rows]
            torch.mm(part, self.gallery.T, out=buffer[: len(part)])

    def rank(self) -> None:
        ranking.rank(self.plan, self.query, self.gallery)

    def score(self) -> dict:
        return score(self.task, self.records, *self.sides, self.metrics).row

    def fast_reid(self) -> None:
        """The algorithm of fast-reid's evaluation, written anew in numpy: per query a full argsort,
        the excluded items dropped from the list, CMC, AP and INP from the matches. Its own code
        (Cython) makes the same list; it holds all similarities at once, this one a chunk."""
        query, gallery = (torch.nn.functional.normalize(x) for x in (self.query, self.gallery))
        positives, excluded = self.plan.positives, self.plan.excluded
        rows = ranking.chunk_rows(len(query), len(gallery))
        for first in range(0, len(query), rows):
            distances = (1 - query[first : first + rows] @ gallery.T).numpy()
            for q, line in enumerate(distances, start=first):
                order = np.argsort(line)
                match, keep = np.zeros(len(gallery), bool), np.ones(len(gallery), bool)
                match[_members(positives, q)] = True
                keep[_members(excluded, q)] = False
                found = match[order][keep[order]]
                if not found.any():
                    continue
                cumulated = found.cumsum()
                _ = np.minimum(cumulated, 1)[:50]
                last = found.nonzero()[0][-1]
                _ = cumulated[last] / (last + 1)
                precision = cumulated / np.arange(1, len(found) + 1)
                _ = (precision * found).sum() / found.sum()


def _members(groups, q: int) -> np.ndarray:
    of = groups.of_query[q]
    return groups.columns[groups.start[of] : groups.start[of + 1]] if of >= 0 else []


def peak_mb(work: Callable[[], object]) -> float:
    """Peak resident memory during `work` over that before it, with the heap trimmed first."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        reset.write_text("5")
    except (OSError, AttributeError):
        return float("nan")

    def field(name: str) -> float:
        line = next(x for x in status.read_text().splitlines() if x.startswith(name))
        return int(line.split()[1]) / 1024

    before = field("VmRSS")
    work()
    return field("VmHWM") - before


class Times:
    """Seconds of several pieces of work, round by round."""

    def __init__(self, wall: bool) -> None:
        self.wall, self.of = wall, {}

    def _now(self) -> float:
        if self.wall:
            return time.perf_counter()
        used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in used)

    def add(self, name: str, work: Callable[[], object]) -> None:
        start = self._now()
        work()
        self.of.setdefault(name, []).append(self._now() - start)

    def median(self, name: str) -> float:
        return statistics.median(self.of[name])

    def ratio(self, name: str, to: str) -> float:
        return statistics.median(a / b for a, b in zip(self.of[name], self.of[to], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--process", action="store_true", help="time whole processes too")
    parser.add_argument("--fast-reid", action="store_true", help="time fast-reid's algorithm too")
    parser.add_argument("--torch", action="store_true", help="use the plain torch kernel")
    parser.add_argument("--wall", action="store_true", help="seconds of the clock")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.torch:
        ranking.best_for_cpu = lambda _: torch_kernel
    print(f"{'workload':12} {'what':10} {'median s':>9} {'ratio':>6} {'bound':>6} {'MB':>5} "
          f"{'bound':>6}")  # fmt: skip
    for name in arguments.workloads or WORKLOADS:
        w = WORKLOADS[name]
        world = World(w)
        row = world.score()  # compiles or loads the kernel, outside the measurement
        memory = {what: peak_mb(getattr(world, what)) for what in ("product", "rank", "score")}
        times = Times(arguments.wall)
        parts = ["product", "rank", "score"] + ["fast_reid"] * arguments.fast_reid
        for number in range(arguments.rounds):
            # Another one begins in every round.
            for at in range(len(parts)):
                part = parts[(at + number) % len(parts)]
                times.add(part, getattr(world, part))
        bounds = {"rank": w.most_rank, "score": w.most_score}
        for part in parts:
            print(f"{name:12} {part:10} {times.median(part):9.3f} "
                  f"{times.ratio(part, 'product'):6.3f} {bounds.get(part, ''):>6} "
                  f"{memory.get(part, float('nan')):5.0f} "
                  f"{w.most_mb if part == 'score' else '':>6}", flush=True)  # fmt: skip
        print(f"{'':12} R1 {row['metrics']['R1']:.3f}, mAP {row['metrics']['mAP']:.3f}")
        if arguments.process:
            processes(name, world, arguments.rounds, arguments.wall)


def processes(name: str, world: World, rounds: int, wall: bool) -> None:
    """Time `reidbench score` beside import, load and product, each as a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_manifest(folder / "manifest.parquet", world.records)
        (folder / "task.json").write_text(json.dumps(world.task.describe()))
        ids = [r.item_id for r in world.records]
        save_tensors(
            folder / "features.safetensors",
            {"features": torch.cat([world.query, world.gallery])},
            {"item_ids": json.dumps(ids)},
        )
        file = str(folder / "features.safetensors")
        rows = ranking.chunk_rows(len(world.query), len(world.gallery))
        bare = [sys.executable, "-c", PROCESS, file, str(len(world.query)), str(rows)]
        whole = [sys.executable, "-m", "reidbench", "score", file, "--task"]
        whole += [str(folder / "task.json"), "--manifest", str(folder / "manifest.parquet")]
        times = Times(wall)
        for _ in range(rounds):
            for what, command in (("bare", bare), ("whole", whole)):
                times.add(what, lambda: subprocess.run(command, check=True, capture_output=True))
    for what in ("bare", "whole"):
        print(f"{name:12} {what:10} {times.median(what):9.3f} {times.ratio(what, 'bare'):6.3f} "
              f"{1.20 if what == 'whole' else '':>6}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
