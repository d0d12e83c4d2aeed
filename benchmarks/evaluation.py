"""Cost of the evaluation engine beside the bare matrix product that it cannot do without.

    python benchmarks/evaluation.py                 # all workloads, 5 repeats
    python benchmarks/evaluation.py market-1536 --repeats 9

Both are timed in turn, in one process, on one thread, over the same features: random identity
centres plus noise, so that mAP is neither 0 nor 1; about 20 positives a query (3 in cuhk-1536).
`MB` is the peak over what the process held with the features loaded (Linux only).
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np
import torch

from reidbench.evaluation.kernel_torch import count as torch_kernel
from reidbench.evaluation.plan import Groups, Plan
from reidbench.evaluation.ranking import best_for_cpu, rank


class Workload(NamedTuple):
    queries: int
    gallery: int
    dim: int
    pids: int
    exclude: str
    most_ratio: float
    most_mb: int


WORKLOADS = {
    "market-1536": Workload(3368, 15913, 1536, 750, "camera", 1.15, 64),
    "market-512": Workload(3368, 15913, 512, 750, "camera", 1.25, 64),
    "cuhk-1536": Workload(6156, 3074, 1536, 1000, "none", 1.15, 64),
    "icfg-1536": Workload(19848, 19848, 1536, 1000, "instance", 1.15, 64),
    "large-512": Workload(10000, 200000, 512, 10000, "none", 1.40, 256),
}


def make(w: Workload) -> tuple[Plan, torch.Tensor, torch.Tensor]:
    """A plan and features whose mAP lies near one half."""
    rng = np.random.default_rng(0)
    qp, gp = rng.integers(w.pids, size=w.queries), rng.integers(w.pids, size=w.gallery)
    centres = rng.standard_normal((w.pids, w.dim), dtype=np.float32)
    noise = np.float32(0.5 * w.dim**0.25)

    def features(pids: np.ndarray) -> torch.Tensor:
        out = rng.standard_normal((len(pids), w.dim), dtype=np.float32)
        out *= noise
        for at in range(0, len(pids), 4096):
            out[at : at + 4096] += centres[pids[at : at + 4096]]
        return torch.from_numpy(out)

    excluded = Groups.none(w.queries)
    if w.exclude == "camera":
        qc, gc = rng.integers(6, size=w.queries), rng.integers(6, size=w.gallery)
        excluded = Groups.of(
            zip(qp.tolist(), qc.tolist(), strict=True),
            list(zip(gp.tolist(), gc.tolist(), strict=True)),
        )
    elif w.exclude == "instance":
        excluded = Groups.of(range(w.queries), range(w.gallery))
    plan = Plan(Groups.of(qp.tolist(), gp.tolist()), excluded, rng.permutation(w.gallery))
    return plan, features(qp), features(gp)


def matrix_product(query: torch.Tensor, gallery: torch.Tensor, rows: int = 256) -> None:
    buffer = torch.empty(rows, len(gallery))
    for first in range(0, len(query), rows):
        part = query[first : first + rows]
        torch.mm(part, gallery.T, out=buffer[: len(part)])


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_mb(work) -> float:
    """Peak resident memory during `work` over that before it."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return float("nan")

    def field(name: str) -> float:
        line = next(x for x in status.read_text().splitlines() if x.startswith(name))
        return int(line.split()[1]) / 1024

    reset.write_text("5")
    before = field("VmRSS")
    work()
    return field("VmHWM") - before


def mean_ap(ranks) -> float:
    n = np.diff(ranks.offsets)
    place = np.arange(len(ranks.ranks)) - np.repeat(ranks.offsets[:-1], n) + 1
    return float((np.add.reduceat(place / ranks.ranks, ranks.offsets[:-1]) / n).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--torch", action="store_true", help="time the plain torch kernel too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kernels = {"numba": best_for_cpu()} | ({"torch": torch_kernel} if arguments.torch else {})
    print(f"{'workload':12} {'kernel':6} {'product s':>9} {'total s':>9} {'ratio':>6} "
          f"{'bound':>6} {'MB':>5} {'bound':>5} {'mAP':>6}")  # fmt: skip
    for name in arguments.workloads or WORKLOADS:
        w = WORKLOADS[name]
        plan, query, gallery = make(w)
        for label, kernel in kernels.items():
            # Compiles or loads the kernel, outside the measurement.
            small = Plan(Groups.of([0], [0, 1]), Groups.none(1), np.arange(2))
            rank(small, torch.eye(2)[:1], torch.eye(2), kernel=kernel)
            products, totals, ratios = [], [], []
            found = None
            memory = peak_mb(lambda kernel=kernel: rank(plan, query, gallery, kernel=kernel))
            for _ in range(arguments.repeats):
                products.append(seconds(lambda: matrix_product(query, gallery)))

                def whole(kernel=kernel) -> None:
                    nonlocal found
                    found = rank(plan, query, gallery, kernel=kernel)

                totals.append(seconds(whole))
                ratios.append(totals[-1] / products[-1])
            print(f"{name:12} {label:6} {statistics.median(products):9.3f} "
                  f"{statistics.median(totals):9.3f} {statistics.median(ratios):6.3f} "
                  f"{w.most_ratio:6.2f} {memory:5.0f} {w.most_mb:5} {mean_ap(found.exact):6.3f}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
