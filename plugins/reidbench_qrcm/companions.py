"""Infrared and sketch versions of photos: found beside them, or derived."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reidbench.tools.files import whole_file, write_json
from reidbench.tools.images import open_image
from reidbench_registry import Track

from .annotations import Photo
from .folders import files
from .operators import ChannelMix, LineSketch

MARKER = "derived.json"
IMAGES = (".jpg", ".jpeg", ".png", ".bmp")


class Kind(NamedTuple):
    """A modality that lies beside the photos, or is derived from them."""

    modality: str
    folders: str
    """beginning of the name of the folders that may hold it"""
    operator: str


KINDS = (Kind("ir", "imgs-IR", "ChannelMix"), Kind("sketch", "imgs-sketch", "LineSketch"))
OPERATORS = {"ChannelMix": ChannelMix, "LineSketch": LineSketch}


class Version(NamedTuple):
    """A picture made from a photo."""

    path: Path
    operator: str | None
    """what made it here; None: it came with the data"""


def find(root: Path, kind: Kind, photos: Sequence[Photo], exact: bool) -> dict[str, Version]:
    """photo -> its version, where it came with the data.

    A version has its photo's path; unless `exact`, with any extension, the photo's own first."""
    present: dict[str, Path] = {}
    for folder in sorted(root.glob(f"{kind.folders}*")):
        # Sorted: which of several extensions is taken must not depend on the file system.
        for file in sorted(f for f in files(folder) if f.lower().endswith(IMAGES)):
            present.setdefault(file, folder / file)
            if not exact:
                present.setdefault(stem(file), folder / file)
    found = {}
    for photo in photos:
        path = present.get(photo.file) or (None if exact else present.get(stem(photo.file)))
        if path:
            found[photo.file] = Version(path, None)
    return found


def derive(
    root: Path, kind: Kind, photos: Sequence[Photo], cache: Path, seed: int, track: Track
) -> dict[str, Version]:
    """photo -> its version, made below `cache` where it is not there yet."""
    operator = OPERATORS[kind.operator]()
    folder = cache / kind.modality
    _claim(folder, {"operator": kind.operator, "version": operator.version, "seed": seed})
    targets = {p.file: folder / f"{p.file}.png" for p in photos}
    present = files(folder)
    missing = [p for p in photos if f"{p.file}.png" not in present]
    if missing:
        for photo in track(missing, f"deriving {kind.modality}", len(missing)):
            name = hashlib.sha256(photo.file.encode()).digest()[:8]
            rng = np.random.default_rng([seed, int.from_bytes(name)])
            picture = operator(open_image(root / "imgs" / photo.file), "rgb", rng)
            with whole_file(targets[photo.file]) as part:
                picture.save(part, compress_level=1)
    return {file: Version(path, kind.operator) for file, path in targets.items()}


def stem(file: str) -> str:
    """A file's path without its extension."""
    return file.rpartition(".")[0]


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
