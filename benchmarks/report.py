"""What a report costs beside scoring: time and memory, on random features, in one thread.

    python benchmarks/report.py                  # 10,000 queries, 200,000 items, 512 dimensions
    python benchmarks/report.py --queries 2000 --gallery 20000 --dim 128

Scoring and building the report run in turn, each in a process of its own that makes the same
features first. Memory is the largest resident size beyond that of the features. Pictures are drawn
noise of 256 x 128 pixels, one file for every item that the report shows.

Goals at the default size: the report takes at most 60 seconds and 512 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

PHOTOS = 8
"""Gallery items of a person."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--gallery", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--only", choices=("score", "report"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measured(arguments)))
        return
    found = {}
    for what in ("score", "report"):
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--only", what],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        found[what] = json.loads(done.stdout.splitlines()[-1])
        one = found[what]
        print(f"{what:>7}: {one['seconds']:.1f} s, {one['cpu']:.1f} s of the processor, "
              f"{one['extra_mb']:.0f} MB beyond the features")  # fmt: skip
    ratio = found["report"]["cpu"] / found["score"]["cpu"]
    print(f"report / scoring: {ratio:.2f} (processor); data {found['report']['mb']:.1f} MB, "
          f"{found['report']['pictures']} pictures")  # fmt: skip
    for line in found["report"]["missing"]:
        print(f"missing: {line}")


def measured(arguments: argparse.Namespace) -> dict:
    import numpy as np
    import torch
    from PIL import Image

    from reidbench.embeddings import Embeddings
    from reidbench.embeddings.files import Submission
    from reidbench.evaluation.chosen import choose
    from reidbench.evaluation.kernels import best_for_cpu
    from reidbench.evaluation.scoring import Pair, score_all
    from reidbench.pluginhost import PluginHost
    from reidbench.report.build import build
    from reidbench.report.files import of_files
    from reidbench.report.inputs import Pictures
    from reidbench.results import provenance
    from reidbench.results.origin import unknown_cost
    from reidbench.results.record import build as build_record
    from reidbench_registry import DatasetCard, Record

    torch.set_num_threads(1)
    n_q, n_g, dim = arguments.queries, arguments.gallery, arguments.dim
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / f"{i}.jpg" for i in range(64)]
        noise = np.random.default_rng(0)
        for place in places:
            small = noise.integers(0, 255, (16, 8, 3)).astype(np.uint8)
            Image.fromarray(small).resize((128, 256)).save(place)
        people = n_g // PHOTOS
        records = [
            Record(f"{m}{i}", "noise", "test", m, str(i % people), camera_id=str(i % 7),
                   instance_id=f"{m}{i}", path=str(places[i % 64]))
            for m, n in (("ir", n_q), ("rgb", n_g)) for i in range(n)
        ]  # fmt: skip
        torch.manual_seed(0)
        centres = torch.randn(people, dim)
        features = torch.randn(n_q + n_g, dim)
        for first in range(0, n_q + n_g, 10_000):
            part = slice(first, first + 10_000)
            whose = torch.tensor([int(r.pid) for r in records[part]])
            features[part] += 0.4 * centres[whose]
        del centres
        bank = Embeddings(features, [r.item_id for r in records])
        _ = bank.row
        card = DatasetCard("noise", "1", "none", "none", ("rgb", "ir"), synthetic=True)
        chosen = choose(PluginHost(), "task", {"type": "ir2rgb", "exclude": "none"})
        best_for_cpu()
        pairs = {"edge": Pair(bank, bank)}
        answered = [(task, "edge") for task in chosen.tasks]

        def score():
            return score_all(answered, records, card, "0", pairs, chosen.metrics)

        scores = score() if arguments.only == "report" else None
        with Watch() as watch:
            begun, cpu = time.perf_counter(), time.process_time()
            if scores is None:
                score()
                more = {}
            else:
                record = build_record(
                    status="submitted", run=None, reidbench=provenance.version(), seed=None,
                    protocol=None, dataset=dataset(card), trained_on=[], source=None,
                    conditions={}, cost={"edge": unknown_cost(dim)}, scores=scores.rows,
                    components=[], stages={},
                )  # fmt: skip
                submission = Submission("noise.npz", bank, {})
                inputs = of_files(
                    record, scores, chosen, submission, submission, "edge", records,
                    Pictures(Path(folder)),
                )  # fmt: skip
                built = build([inputs])
                text = json.dumps(built.report, allow_nan=False)
                more = {"mb": len(text) / 1e6, "pictures": len(built.thumbs),
                        "missing": built.report["missing"]}  # fmt: skip
            seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "extra_mb": watch.extra / 1e6} | more


def dataset(card) -> dict:
    from dataclasses import asdict

    return asdict(card) | {"fingerprint": "0"}


class Watch:
    """The largest resident size while the block runs, beyond that at its beginning."""

    def __enter__(self):
        self._before = self._most = resident()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._end.wait(0.02):
            self._most = max(self._most, resident())

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()
        self.extra = max(self._most, resident()) - self._before


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
