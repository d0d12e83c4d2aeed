"""A data set of three people in the layout of CUHK-PEDES, for checks."""

from __future__ import annotations

from pathlib import Path

from reidbench.tools.files import write_json
from reidbench_registry.testing.pictures import draw


def write(root: Path) -> None:
    """Two photos with two captions each, for one person a split."""
    entries = []
    for pid, split in enumerate(("train", "val", "test"), start=1):
        for photo in range(2):
            file = f"cam_a/{pid:03}_{photo}.png"
            draw(root / "imgs" / file, seed=10 * pid + photo)
            captions = [f"Person {pid} from the front.", f"Person {pid} in a coat."]
            entries.append({"split": split, "captions": captions, "file_path": file, "id": pid})
    write_json(root / "reid_raw.json", entries)
