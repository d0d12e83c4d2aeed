"""Images per second of one core: reidbench's loading against the plain way.

    python benchmarks/loading.py

Plain is what public ReID code does for each image: PIL's open, convert and bicubic resize, then
torchvision's ToTensor and Normalize. Both load the same drawn JPEGs (quality 75) into 384 x 128, in
turn, in one process with one thread; medians over rounds, and the mean difference of pixels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from PIL import Image
from torchvision.transforms import functional as F

from reidbench.tools.images import open_image, to_tensor
from reidbench_registry.testing.pictures import draw

SIZE = (384, 128)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SOURCES = {"64 x 128 crops": (128, 64), "1080 x 1920 photos": (1920, 1080)}


def plain(path: Path) -> torch.Tensor:
    """As peers do."""
    image = Image.open(path).convert("RGB").resize(SIZE[::-1], Image.Resampling.BICUBIC)
    return F.normalize(F.to_tensor(image), MEAN, STD)


def ours(path: Path) -> torch.Tensor:
    """As backbones of reidbench do."""
    return to_tensor(open_image(path, at_least=SIZE), SIZE, MEAN, STD)


def seconds(load: Callable[[Path], torch.Tensor], paths: list[Path]) -> float:
    start = time.perf_counter()
    for path in paths:
        load(path)
    return (time.perf_counter() - start) / len(paths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| JPEGs | plain, images/s | reidbench, images/s | ratio | mean difference, of 255 |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (height, width) in SOURCES.items():
            paths = [Path(folder) / f"{height}-{i}.jpg" for i in range(given.images)]
            for i, path in enumerate(paths):
                draw(path, i, height, width)
            times: dict[Callable, list[float]] = {plain: [], ours: []}
            for _ in range(given.rounds):
                for load, found in times.items():
                    found.append(seconds(load, paths))
            gap = torch.stack([(plain(p) - ours(p)).abs().mean((1, 2)) for p in paths]).mean(0)
            level = (gap * torch.tensor(STD)).mean().item() * 255
            a, b = median(times[plain]), median(times[ours])
            print(f"| {name} | {1 / a:.0f} | {1 / b:.0f} | {a / b:.2f} | {level:.2f} |")


if __name__ == "__main__":
    main()
