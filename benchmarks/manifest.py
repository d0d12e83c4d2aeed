"""Seconds and memory of indexing a large data set: read a manifest, filter it, fingerprint it.

    python benchmarks/manifest.py --rows 1000000
    python benchmarks/manifest.py --rows 200000 --forms parquet own csv jsonl    # in turn

The table is made up: photos with infrared and sketch versions and captions, as Parquet; `own` has
two columns more, which no Record has. Every round has a process of its own; peak is its resident
memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from reidbench.tools.manifest import read_manifest
from reidbench_registry import DatasetCard, Selector, fingerprint

MODALITIES = ("rgb", "ir", "sketch", "text")
FORMS = {
    "parquet": "plain.parquet",
    "own": "own.parquet",
    "csv": "plain.csv",
    "jsonl": "plain.jsonl",
}
CAPTION = "A man with short black hair wears a red coat, blue jeans and white shoes, number "


def write(path: Path, rows: int) -> None:
    """A table of `rows` items in the form that its name says."""
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    numbers = range(rows)
    modality = [MODALITIES[i % 4] for i in numbers]
    columns = {
        "item_id": [f"cam_a/{i // 16:07}_{i // 4:07}.jpg#{i % 4}" for i in numbers],
        "dataset": ["made-up"] * rows,
        "split": ["train" if i % 80 < 64 else "test" for i in numbers],
        "modality": modality,
        "pid": [f"{i // 16}" for i in numbers],
        "camera_id": [f"{i // 4 % 15}" for i in numbers],
        "instance_id": [f"cam_a/{i // 16:07}_{i // 4:07}.jpg" for i in numbers],
        "path": [
            None if m == "text" else f"imgs-{m}/cam_a/{i // 16:07}_{i // 4:07}.jpg"
            for i, m in enumerate(modality)
        ],
        "text": [f"{CAPTION}{i}" if m == "text" else None for i, m in enumerate(modality)],
        "caption_idx": [0 if m == "text" else None for m in modality],
    }
    if path.stem == "own":
        columns |= {"style": [f"style {i % 7}" for i in numbers], "frame": list(numbers)}
    table = pyarrow.table(columns)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    elif path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
    else:
        pyarrow.parquet.write_table(table, path)


def measure(path: Path) -> None:
    """Print a row of the table for this process."""
    marks = [time.perf_counter()]
    records = read_manifest(path)
    marks.append(time.perf_counter())
    gallery, queries = Selector("rgb"), Selector("text")
    chosen = [r for r in records if gallery(r)], [r for r in records if queries(r)]
    marks.append(time.perf_counter())
    digest = fingerprint(DatasetCard("made-up", "1", "none", "none", MODALITIES), records)
    marks.append(time.perf_counter())
    read, filtered, hashed = (b - a for a, b in pairwise(marks))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(
        f"| {path.name} | {len(records)} | {read:.2f} | {filtered:.2f} | {hashed:.2f} | "
        f"{marks[-1] - marks[0]:.2f} | {peak:.0f} |  {len(chosen[0])} {digest[:8]}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=["parquet"])
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.table:
        measure(given.table)
        return
    print("| table | rows | read, s | filter, s | fingerprint, s | total, s | peak, MiB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tables = [Path(folder) / FORMS[form] for form in given.forms]
        for table in tables:
            write(table, given.rows)
        for table in tables * given.rounds:
            subprocess.run([sys.executable, __file__, "--table", table], check=True)


if __name__ == "__main__":
    main()
