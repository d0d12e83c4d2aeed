"""SYSU-MM01 as its authors distribute it, or only its index where there are no images."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reidbench.tools import arguments
from reidbench.tools.guarded import digits, read_text
from reidbench.tools.terminal import quoted
from reidbench_registry import DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw

from . import permutations
from .permutations import CAMERAS

SPLITS = ("train", "val", "test")
INFRARED = ("3", "6")
LOCATION = {"3": "2"}
"""Camera 3 is at the location of camera 2; each other camera has its own location"""
PERMUTATIONS = ("rand_perm_cam.mat", "exp/rand_perm_cam.mat", "data_split/rand_perm_cam.mat")
IMAGES = (".jpg", ".jpeg", ".png", ".bmp")

Cells = dict[tuple[str, str], list[str]]
"""(camera, pid) -> names of the images, in order"""


class SysuMM01:
    """Reads `exp/{train,val,test}_id.txt` and `cam1/0001/0001.jpg` ... `cam6/`.

    root: the folder that contains them; a relative path starts at the current directory.
    permutations: the authors' `rand_perm_cam.mat`, for the official galleries; None: the one in the
        root, in `exp/` or in `data_split/`, if any. Needs scipy (extra `sysu`).

    Without any image the index is made from the permutations, which contain the number of images:
    enough to score embeddings that were made elsewhere. Splits are the published ones; many papers
    train on train and val together. Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: three people before six cameras, no permutations."""
        for pid, split in enumerate(SPLITS, start=1):
            lists = folder / "exp" / f"{split}_id.txt"
            lists.parent.mkdir(parents=True, exist_ok=True)
            lists.write_text(str(pid), encoding="utf-8")
            for camera in range(1, CAMERAS + 1):
                draw(folder / f"cam{camera}" / f"{pid:04}" / "0001.jpg", seed=10 * pid + camera)
        return {"root": str(folder)}

    def __init__(self, root: str | Path, permutations: str | Path | None = None) -> None:
        self._root = arguments.path("SYSU-MM01", "root", root)
        self._permutations = (
            None
            if permutations is None
            else arguments.path("SYSU-MM01", "permutations", permutations)
        )
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name="SYSU-MM01",
            revision="1",
            licence="signed agreement: academic use, no redistribution, no modification",
            citation="Wu et al., RGB-Infrared Cross-Modality Person Re-Identification, ICCV 2017",
            modalities=("rgb", "ir"),
            description="491 people before four visible and two infrared cameras.",
            access="signed agreement, by mail to the authors (Ancong Wu, Sun Yat-sen University)",
            # From the lists and the authors' permutations, which know every image.
            counts={
                "train": {"identities": 296, "rgb": 20284, "ir": 9929},
                "val": {"identities": 99, "rgb": 1974, "ir": 1980},
                "test": {"identities": 96, "rgb": 6775, "ir": 3803},
            },
            protocols=("sysu-mm01/official", "sysu-mm01/python-seeded"),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index, by camera, identity and name. Raises DataError naming what is missing or
        inconsistent, and folders with another number of images than the permutations have."""
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        split_of = self._splits()
        self.notes = []
        path = self._permutations or next(
            (self._root / p for p in PERMUTATIONS if (self._root / p).is_file()), None
        )
        places = permutations.read(path) if path else {}
        images = self._images()
        if not images and not places:
            raise DataError(f"{self._root}: neither images (cam1/ ... cam6/) nor {PERMUTATIONS[0]}")
        if not places:
            self.notes.append(f"no {PERMUTATIONS[0]}: only python-seeded galleries can be scored")
        if not images:
            self.notes.append("no images: the index comes from the permutations")
        cells = images or {
            cell: [f"{i:04}" for i in range(1, len(order) + 1)] for cell, order in places.items()
        }
        if images and places:
            _check(path, cells, places, split_of)
        unlisted = {pid for _, pid in cells} - split_of.keys()
        if unlisted:
            self.notes.append(f"{len(unlisted)} identities are in no list and left out")
        return [
            record
            for (camera, pid), names in sorted(cells.items())
            if pid in split_of
            for record in self._records(
                camera, pid, names, split_of[pid], places.get((camera, pid)), bool(images)
            )
        ]

    def _records(
        self,
        camera: str,
        pid: str,
        names: list[str],
        split: str,
        places: np.ndarray | None,
        with_path: bool,
    ) -> list[Record]:
        infrared = camera in INFRARED
        return [
            Record(
                item_id=f"cam{camera}/{pid}/{name.partition('.')[0]}",
                dataset=self.card.name,
                split=split,
                modality="ir" if infrared else "rgb",
                pid=pid,
                camera_id=camera,
                location_id=LOCATION.get(camera, camera),
                path=self._root / f"cam{camera}" / pid / name if with_path else None,
                # Galleries contain visible images only.
                extras={} if places is None or infrared else {"trial_places": places[i].tolist()},
            )
            for i, name in enumerate(names)
        ]

    def _splits(self) -> dict[str, str]:
        """pid -> split"""
        split_of: dict[str, str] = {}
        for split in SPLITS:
            path = self._root / "exp" / f"{split}_id.txt"
            words = read_text(path, missing="identity list not found").split(",")
            for word in words:
                pid = digits(word.strip())
                if pid is None:
                    raise DataError(
                        f"{path}: no comma-separated identities: {quoted(word, 60)} is none"
                    )
                first = split_of.setdefault(f"{pid:04}", split)
                if first != split:
                    raise DataError(f"{path}: identity {pid} is in split {first!r} too")
        return split_of

    def _images(self) -> Cells:
        cells: Cells = {}
        for camera in map(str, range(1, CAMERAS + 1)):
            for place, _, names in os.walk(self._root / f"cam{camera}"):
                pid = Path(place).name
                images = sorted(n for n in names if n.lower().endswith(IMAGES))
                if images and (number := digits(pid)) is not None:
                    cells[camera, f"{number:04}"] = images
        return cells


def _check(
    path: Path | None,
    cells: Cells,
    places: dict[tuple[str, str], np.ndarray],
    split_of: dict[str, str],
) -> None:
    """Raises DataError unless each folder has as many images as its permutation."""
    listed = [c for c in sorted(cells.keys() | places.keys()) if c[1] in split_of]
    counts = {c: (len(cells.get(c, [])), len(places.get(c, []))) for c in listed}
    wrong = [c for c, (here, there) in counts.items() if here != there]
    if wrong:
        (camera, pid), (here, there) = wrong[0], counts[wrong[0]]
        of_camera = Counter(f"cam{c}" for c, _ in wrong)
        where = ", ".join(f"{n} in {folder}" for folder, n in of_camera.items())
        raise DataError(
            f"{path}: {len(wrong)} folders have another number of images than permutations "
            f"({where}), first cam{camera}/{pid}: {here} images, {there} in the permutations"
        )
