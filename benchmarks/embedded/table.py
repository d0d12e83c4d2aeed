"""The table of the embedded experiment: what each distiller gives, over seeds.

    python benchmarks/embedded/table.py --seeds 5 --jobs 2
    python benchmarks/embedded/table.py --seeds 3 --split val        # for tuning
    python benchmarks/embedded/table.py --seeds 3 --configs cosine paper --warm cosine

Runs every config of `configs/ablation` with every seed (what is present is not run again) and
prints a Markdown table: R1 and mAP averaged over the three tasks, mean and standard deviation over
seeds, and the difference to cosine with its 95% interval (queries averaged over seeds, identities
resampled). With `--warm NAME` every student starts from the weights that NAME's student of the same
seed ended with, instead of random ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from reidbench.evaluation.bootstrap import paired
from reidbench.results.per_query import load_per_query

CONFIGS = Path(__file__).parents[2] / "configs" / "ablation"
ORDER = ("none", "cosine", "pcm", "fr", "pcm_fr", "all", "paper")
BASELINE = "cosine"
METRICS = ("R1", "mAP")


def run(name: str, seed: int, given: argparse.Namespace, warm: str | None = None) -> Path:
    """Run one config with one seed; returns its run folder."""
    run_name = f"{name}{f'-warm-{warm}' if warm else ''}-{given.split}-{seed}"
    options = [
        f"evaluation.protocol.split={given.split}",
        "run.threads=1",
        f"run.name={run_name}",
        *given.cfg_options,
    ]
    if warm:
        student = given.work_dir / f"{warm}-{given.split}-{seed}" / "distill" / "backbone"
        weights = (student / "model.safetensors").resolve()
        options.append(f"student.backbone.pretrained={weights}")
    command = [sys.executable, "-m", "reidbench", "run", CONFIGS / f"{name}.py", "--seed",
               str(seed), "--work-dir", given.work_dir, "--cfg-options", *options]  # fmt: skip
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}, seed {seed}: {done.stderr.strip()}")
    print(f"{run_name}: done", file=sys.stderr, flush=True)
    return given.work_dir / run_name


def averaged(folders: list[Path], mode: str) -> tuple[dict[str, np.ndarray], list[str]] | None:
    """Per metric [seeds, queries of all tasks], and the queries' pids; None without that mode."""
    rows: dict[str, list[np.ndarray]] = {m: [] for m in METRICS}
    pids: list[str] = []
    for folder in folders:
        found = {t: q for (t, m), q in load_per_query(folder / "evaluate").items() if m == mode}
        if not found:
            return None
        pids = [pid for task in sorted(found) for pid in found[task].pids]
        for metric in METRICS:
            parts = [found[task].figures[metric] for task in sorted(found)]
            rows[metric].append(np.concatenate(parts))
    return {m: 100 * np.stack(r) for m, r in rows.items()}, pids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--split", default="test", choices=("val", "test"))
    parser.add_argument("--configs", nargs="+", default=list(ORDER))
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, a thread each")
    parser.add_argument("--work-dir", type=Path, default=Path("runs/table"))
    parser.add_argument("--warm", help="a config whose students the students start from")
    parser.add_argument("--cfg-options", nargs="+", default=[])
    given = parser.parse_args()

    # A teacher is shared: the first config of a seed makes it, the others find it.
    first = given.warm or next(name for name in given.configs if name != "none")
    seeds = range(given.seeds)
    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(lambda seed: run(first, seed, given), seeds))
        todo = [(name, seed) for seed in seeds for name in given.configs]
        folders = dict(
            zip(todo, pool.map(lambda job: run(*job, given, given.warm), todo), strict=True)
        )

    lines = ["| distillers | mode | R1 | mAP | mAP over cosine |", "|---|---|---|---|---|"]
    for mode in ("cloud", "edge", "edge-cloud"):
        base = averaged([folders[BASELINE, s] for s in seeds], mode)
        # The cloud does not depend on the student.
        for name in given.configs if mode != "cloud" else [BASELINE]:
            found = averaged([folders[name, s] for s in seeds], mode)
            if found is None or base is None:
                continue
            values, pids = found
            means = {m: values[m].mean(1) for m in METRICS}
            cells = [f"{means[m].mean():.1f} ± {means[m].std(ddof=1):.1f}" for m in METRICS]
            gap = ""
            if name != BASELINE:
                mine, other = ({"mAP": v[0]["mAP"].mean(0)} for v in (found, base))
                mean, low, high = paired(mine, other, pids)["mAP"]
                gap = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"
            label = name if mode != "cloud" else "(teacher)"
            lines.append(f"| {label} | {mode} | {' | '.join(cells)} | {gap} |")
    sample = json.loads((folders[given.configs[0], 0] / "result.json").read_text())
    chance = np.mean([s["chance_R1"] for s in sample["scores"]])
    print("\n".join(lines))
    print(f"\nSynthetic; split {given.split}, {given.seeds} seeds, chance R1 {100 * chance:.2f}.")


if __name__ == "__main__":
    main()
