"""A sheet of pictures to look at: `python -m reidbench_synthetic.sheet OUT.png`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

from reidbench.tools.files import whole_file
from reidbench.tools.images import open_image

from .dataset import IMAGES, SyntheticPedestrians

ZOOM = 3
GAP = 4
LINE = 14


def sheet(dataset: SyntheticPedestrians, people: int) -> Image.Image:
    """One row a person: all instances in each image modality, and below them a caption."""
    world = dataset.world
    with tempfile.TemporaryDirectory() as folder:
        records = dataset.prepare(Path(folder), lambda items, *_: items)
        by_id = {r.item_id: r for r in records}
        wide, high = world.width * ZOOM + GAP, world.height * ZOOM + GAP + LINE
        columns = len(IMAGES) * world.instances
        page = Image.new("RGB", (columns * wide, people * high), "white")
        pen = ImageDraw.Draw(page)
        for row in range(people):
            name = f"train-{row:04d}"
            for column in range(columns):
                modality = list(IMAGES)[column // world.instances]
                path = by_id[f"{name}-{column % world.instances}-{modality}"].path
                assert path is not None
                picture = open_image(path).resize((wide - GAP, high - GAP - LINE), 0)
                page.paste(picture, (column * wide, row * high))
            text = by_id[f"{name}-0-text"].text or ""
            pen.text((2, (row + 1) * high - LINE - 2), text, fill="black")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a sheet of synthetic pedestrians.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--difficulty", type=float, default=1.0)
    given = parser.parse_args()
    dataset = SyntheticPedestrians(
        seed=given.seed, train=given.people, val=0, test=0, difficulty=given.difficulty
    )
    page = sheet(dataset, given.people)
    with whole_file(given.out) as part:
        page.save(part)
    print(given.out)


if __name__ == "__main__":
    main()
