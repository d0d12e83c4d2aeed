"""Time and memory of `reidbench analyze lowrank` on a large bank.

    python benchmarks/lowrank.py           # 460,000 x 1536: 2.8 GB in a temporary folder
    python benchmarks/lowrank.py --rows 50000 --dir /mnt/disk

Writes a generated bank (four modalities, low rank plus noise) and its manifest, runs the command as
a process of its own, and prints its seconds by the clock, its processor seconds, and the peak of
its memory beyond the mapped file (`RssAnon`, looked at every 20 ms; Linux only).

Goals: 120 s on 2 cores and 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from reidbench.embeddings.embeddings import FEATURES, ITEMS
from reidbench.tools.files import write_json
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record

CHUNK = 8192
MODALITIES = ("rgb", "ir", "sketch", "text")


def write_bank(folder: Path, rows: int, dim: int) -> None:
    """A safetensors file, written in chunks: the bank need not fit the memory."""
    rng = np.random.default_rng(0)
    size = rows * dim * 4
    header = {"features": {"dtype": "F32", "shape": [rows, dim], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    mixing = rng.standard_normal((64, dim), dtype=np.float32)
    with (folder / FEATURES).open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for first in range(0, rows, CHUNK):
            number = min(CHUNK, rows - first)
            low = rng.standard_normal((number, 64), dtype=np.float32) @ mixing
            noise = rng.standard_normal((number, dim), dtype=np.float32)
            file.write((low + noise + 1).tobytes())
    ids = [f"item-{number:07}" for number in range(rows)]
    write_json(folder / ITEMS, ids)
    records = [
        Record(item, "generated", "train", MODALITIES[number % 4], str(number // 16))
        for number, item in enumerate(ids)
    ]
    write_manifest(folder / "manifest.parquet", records)


def anonymous_mb(pid: int) -> float:
    """Memory of a process that no file backs; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("RssAnon")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=460_000)
    parser.add_argument("--dim", type=int, default=1536)
    parser.add_argument("--dir", type=Path, help="where the temporary folder goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.dir) as place:
        folder = Path(place)
        write_bank(folder, arguments.rows, arguments.dim)
        command = [sys.executable, "-m", "reidbench", "analyze", "lowrank", str(folder)]
        command += ["--manifest", str(folder / "manifest.parquet")]
        start, peak = time.perf_counter(), 0.0
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        while process.poll() is None:
            peak = max(peak, anonymous_mb(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        assert process.stdout is not None
        print(process.stdout.read().decode())
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{arguments.rows:,} x {arguments.dim}: {seconds:.1f} s by the clock, "
              f"{used.ru_utime + used.ru_stime:.1f} processor seconds, "
              f"{os.environ.get('OMP_NUM_THREADS', 'default')} threads, "
              f"peak {peak:.0f} MB beyond the mapped file")  # fmt: skip
        if process.returncode:
            sys.exit(process.returncode)


if __name__ == "__main__":
    main()
