"""QrCM-ReID in the layout of CUHK-PEDES: photos, captions, and infrared and sketch versions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from reidbench.tools.files import whole_file, write_json
from reidbench.tools.images import open_image
from reidbench_registry import ConfigError, DataError, DatasetCard, Record, Track

from .annotations import Photo, read
from .operators import VERSION, ChannelMix, LineSketch

ANNOTATIONS = "reid_raw.json"
MARKER = "derived.json"
IMAGES = (".jpg", ".jpeg", ".png", ".bmp")


class Companion(NamedTuple):
    """A modality that lies beside the photos, or is derived from them."""

    modality: str
    folders: str
    """beginning of the name of the folders that may hold it"""
    operator: str


COMPANIONS = (
    Companion("ir", "imgs-IR", "ChannelMix"),
    Companion("sketch", "imgs-sketch", "LineSketch"),
)


class QrCM:
    """Reads `reid_raw.json` and `imgs/`, with `imgs-IR/` and `imgs-sketch*/` where they are there.

    root: the folder that holds them; a relative one starts at the current directory.
    derive: make the infrared and sketch versions that are missing, by ChannelMix and LineSketch;
        their records say so (`generated`). False: leave them out.
    seed: of the derived pictures.

    A version belongs to the photo with the same path, whatever its extension; the photo's own
    extension comes first. Cameras are unknown: the folders of CUHK-PEDES name sources. The card's
    revision is the hash of `reid_raw.json`, with the seed and version of derived pictures.
    Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: three people in the layout of CUHK-PEDES."""
        from .skeleton import write

        write(folder)
        return {"root": str(folder)}

    def __init__(self, root: str, derive: bool = True, seed: int = 0) -> None:
        if not isinstance(root, str) or not root:
            raise ConfigError(f"QrCM: root={root!r} is no folder")
        if type(derive) is not bool:
            raise ConfigError(f"QrCM: derive={derive!r} must be true or false")
        if type(seed) is not int or seed < 0:
            raise ConfigError(f"QrCM: seed={seed!r} is not a whole number from 0")
        self._root, self._derive, self._seed = Path(root).expanduser(), derive, seed
        self.notes: list[str] = []
        """What a user should know about the data, after `prepare`."""
        self.card = DatasetCard(
            name="QrCM-ReID",
            revision="unread",
            licence="that of the source (CUHK-PEDES: academic use, on request from its authors)",
            citation="arXiv 2602.12936; CUHK-PEDES: Li et al., CVPR 2017",
            modalities=("rgb", "ir", "sketch", "text"),
            description="Photos with captions, infrared and sketch versions, CUHK-PEDES layout.",
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index; missing versions are derived below `cache`, one file at a time, and kept.

        Raises DataError naming a root, file or field that is missing or wrong, and a photo that
        cannot be read."""
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        photos = read(self._root / ANNOTATIONS)
        self._check(photos)
        digest = hashlib.sha256((self._root / ANNOTATIONS).read_bytes()).hexdigest()
        self.notes = [] if any(p.split == "val" for p in photos) else ["val: no photos"]
        versions = {c.modality: self._versions(c, photos, cache, track) for c in COMPANIONS}
        revision = digest[:12]
        if any(made_by for files in versions.values() for _, made_by in files.values()):
            # Other derived pictures are other data: what was trained on them must not be reused.
            revision += f"-derived{VERSION}-seed{self._seed}"
        self.card = replace(self.card, revision=revision)
        return [record for photo in photos for record in self._records(photo, versions)]

    def _check(self, photos: list[Photo]) -> None:
        present = _files(self._root / "imgs")
        missing = [p.file for p in photos if p.file not in present]
        if missing:
            shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            folders = Counter(str(PurePosixPath("imgs", f).parent) for f in missing).most_common(3)
            where = ", ".join(f"{n} in {folder}" for folder, n in folders)
            raise DataError(
                f"{self._root / 'imgs'}: {len(missing)} of {len(photos)} photos are missing: "
                f"{shown} ({where})"
            )

    def _versions(
        self, companion: Companion, photos: list[Photo], cache: Path, track: Track
    ) -> dict[str, tuple[Path, str | None]]:
        """photo -> its version's file, and the operator that made it (None: it came with the
        data)."""
        found: dict[str, tuple[Path, str | None]] = {}
        present: dict[str, Path] = {}
        for folder in sorted(self._root.glob(f"{companion.folders}*")):
            # Sorted: which of several extensions is taken must not depend on the file system.
            for file in sorted(f for f in _files(folder) if f.lower().endswith(IMAGES)):
                present.setdefault(file, folder / file)
                present.setdefault(_stem(file), folder / file)
        for photo in photos:
            version = present.get(photo.file) or present.get(_stem(photo.file))
            if version:
                found[photo.file] = version, None
        lacking = [p for p in photos if p.file not in found]
        if not lacking:
            return found
        if not self._derive:
            self.notes.append(f"{companion.modality}: {len(lacking)} of {len(photos)} are missing")
            return found
        found |= self._derived(companion, lacking, cache, track)
        self.notes.append(
            f"{companion.modality}: {len(lacking)} of {len(photos)} derived by {companion.operator}"
        )
        return found

    def _derived(
        self, companion: Companion, photos: list[Photo], cache: Path, track: Track
    ) -> dict[str, tuple[Path, str | None]]:
        operator = {"ChannelMix": ChannelMix, "LineSketch": LineSketch}[companion.operator]()
        folder = cache / companion.modality
        made_by = {"operator": companion.operator, "version": VERSION, "seed": self._seed}
        _claim(folder, made_by)
        targets = {p.file: folder / f"{p.file}.png" for p in photos}
        present = _files(folder)
        missing = [p for p in photos if f"{p.file}.png" not in present]
        if missing:
            for photo in track(missing, f"deriving {companion.modality}", len(missing)):
                name = hashlib.sha256(photo.file.encode()).digest()[:8]
                rng = np.random.default_rng([self._seed, int.from_bytes(name)])
                picture = operator(open_image(self._root / "imgs" / photo.file), "rgb", rng)
                with whole_file(targets[photo.file]) as part:
                    picture.save(part, compress_level=1)
        return {file: (path, companion.operator) for file, path in targets.items()}

    def _records(
        self, photo: Photo, versions: dict[str, dict[str, tuple[Path, str | None]]]
    ) -> list[Record]:
        def record(suffix: str, modality: str, **more) -> Record:
            return Record(
                item_id=f"{photo.file}#{suffix}",
                dataset=self.card.name,
                split=photo.split,
                modality=modality,
                pid=photo.pid,
                instance_id=photo.file,
                **more,
            )

        records = [record("rgb", "rgb", path=self._root / "imgs" / photo.file)]
        for modality, files in versions.items():
            if photo.file in files:
                path, operator = files[photo.file]
                records.append(record(modality, modality, path=path, generated=operator))
        for index, caption in enumerate(photo.captions):
            records.append(record(f"text{index}", "text", text=caption, caption_idx=index))
        return records


def _claim(folder: Path, made_by: dict) -> None:
    """Make sure that what lies in `folder` was made as `made_by` says."""
    marker = folder / MARKER
    try:
        if json.loads(marker.read_text(encoding="utf-8")) == made_by:
            return
    except (OSError, ValueError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    write_json(marker, made_by)


def _files(folder: Path) -> set[str]:
    """Files below a folder, relative, with forward slashes: one listing instead of a look-up a
    photo. Linked folders count: the sources of CUHK-PEDES often lie elsewhere."""
    found = set()
    for place, _, names in os.walk(folder, followlinks=True):
        below = Path(place).relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        found.update(prefix + n for n in names if not n.startswith(".part-"))
    return found


def _stem(file: str) -> str:
    return file.rpartition(".")[0]
