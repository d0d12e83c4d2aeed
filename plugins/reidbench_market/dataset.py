"""Market-1501 as its authors distribute it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reidbench.tools import arguments
from reidbench.tools.problems import Problems
from reidbench_registry import DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw

FOLDERS = {
    "bounding_box_train": ("train", None),
    "query": ("test", "query"),
    "bounding_box_test": ("test", "gallery"),
}
"""folder -> split and role"""
NAME = re.compile(r"(-1|\d+)_c(\d)s\d+_\d+_\d+\.jpg")
JUNK = "-1"


class Market1501:
    """Reads `bounding_box_train/`, `query/` and `bounding_box_test/`.

    root: the folder that contains them (`Market-1501-v15.09.15`).

    Junk (identity -1) is left out and counted in `notes`; distractors (identity 0000) stay in the
    gallery. Identities and cameras come from the file names; `role` says whether a test image is a
    query or in the gallery. Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: two people."""
        for name in (
            "bounding_box_train/0002_c1s1_000451_03.jpg",
            "query/0003_c1s1_000151_00.jpg",
            "bounding_box_test/0003_c2s1_000776_01.jpg",
            "bounding_box_test/0000_c3s1_000001_02.jpg",
            "bounding_box_test/-1_c1s1_000401_03.jpg",
        ):
            draw(folder / name)
        return {"root": str(folder)}

    def __init__(self, root: str | Path) -> None:
        self._root = arguments.path("Market-1501", "root", root)
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name="Market-1501",
            revision="v15.09.15",
            licence="research use; withdrawn by its authors from some places",
            citation="Zheng et al., Scalable Person Re-identification: A Benchmark, ICCV 2015",
            modalities=("rgb",),
            description="1501 people before six cameras.",
            access="the authors' page (Liang Zheng)",
            # 750 people and the distractors; 3368 queries and 15913 gallery images.
            counts={
                "train": {"identities": 751, "rgb": 12936},
                "test": {"identities": 751, "rgb": 3368 + 15913},
            },
            protocols=("market-1501",),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index, folder after folder, by name. Raises DataError naming missing and empty
        folders, files with other names, and people in both train and test."""
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        problems = Problems(self._root)
        junk, records = 0, []
        for folder, (split, role) in FOLDERS.items():
            place = self._root / folder
            names = sorted(p.name for p in place.glob("*.jpg")) if place.is_dir() else []
            if not names:
                what = "holds no .jpg" if place.is_dir() else "is missing"
                problems.add(f"the folder {folder}/ {what}")
            for name in names:
                parts = NAME.fullmatch(name)
                if parts is None:
                    problems.add(f"in {folder}/, not named like 0002_c1s1_000451_03.jpg", name)
                elif parts[1] == JUNK:
                    junk += 1
                else:
                    records.append(self._record(place / name, split, role, parts))
        train = {r.pid for r in records if r.split == "train"}
        for pid in sorted(train & {r.pid for r in records if r.split == "test"}):
            problems.add("people in train and in test", pid)
        problems.raise_any()
        distractors = sum(r.pid == "0000" for r in records)
        self.notes = [f"{junk} junk images left out", f"{distractors} distractors in the gallery"]
        return records

    def _record(self, path: Path, split: str, role: str | None, name: re.Match[str]) -> Record:
        return Record(
            item_id=f"{path.parent.name}/{path.stem}",
            dataset=self.card.name,
            split=split,
            modality="rgb",
            pid=name[1],
            camera_id=name[2],
            path=path,
            role=role,
        )
