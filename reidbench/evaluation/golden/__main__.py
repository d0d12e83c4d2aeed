"""python -m reidbench.evaluation.golden FOLDER: write the golden suite as files of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import cases


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reidbench.evaluation.golden", description=(
        "Write each case of the golden suite into a folder of its own: manifest.csv, "
        "embeddings.npz, task.json, expected.json."
    ))  # fmt: skip
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for case in cases():
        case.write(folder / case.name)
        print(f"{case.name:28} {case.what}")


if __name__ == "__main__":
    main()
