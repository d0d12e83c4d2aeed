"""A few people in the layout of one of the three sets, for checks."""

from __future__ import annotations

from pathlib import Path

from reidbench.tools.files import write_json
from reidbench_registry.testing import draw

from .sources import SOURCES, Source

FILES = {
    "CUHK-PEDES": "cam_a/{pid:03}_{photo}.png",
    "ICFG-PEDES": "train/{pid:04}/{pid:04}_{photo:03}_03_0303morning_0008_0.png",
    "RSTPReid": "{pid:04}_c5_{photo:04}.png",
}


def write(root: Path, source: Source = SOURCES["cuhk-pedes"]) -> None:
    """Two photos with two captions each, for one person a split."""
    entries = []
    for pid, split in enumerate(source.splits, start=source.first_id):
        for photo in range(2):
            file = FILES[source.name].format(pid=pid, photo=photo)
            draw(root / "imgs" / file, seed=10 * pid + photo)
            captions = [f"Person {pid} from the front.", f"Person {pid} in a coat."]
            entry = {"split": split, "captions": captions, source.path_field: file, "id": pid}
            entries.append(entry)
    write_json(root / source.annotations[0], entries)
