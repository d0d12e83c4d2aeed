"""Infrared and sketch versions of photos: from the data set's own folders, or derived."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from reidbench.tools.derive import Job, Target, claim, derive_pictures
from reidbench.tools.folders import walk
from reidbench_registry import Track

from .annotations import Photo
from .operators import ChannelMix, LineSketch

IMAGES = (".jpg", ".jpeg", ".png", ".bmp")


class Kind(NamedTuple):
    """A modality with folders of its own in the data set, or derived from the photos."""

    modality: str
    folders: str
    """beginning of the names of these folders"""
    operator: str


KINDS = (Kind("ir", "imgs-IR", "ChannelMix"), Kind("sketch", "imgs-sketch", "LineSketch"))
OPERATORS = {"ChannelMix": ChannelMix, "LineSketch": LineSketch}


class Version(NamedTuple):
    """A picture made from a photo."""

    path: Path
    operator: str | None
    """which operator derived it; None: it came with the data set"""


def find(root: Path, kind: Kind, photos: Sequence[Photo], exact: bool) -> dict[str, Version]:
    """photo -> its version, where one came with the data set.

    A version has the path of its photo. Unless `exact`, the extension may differ; the photo's own
    extension is preferred."""
    present: dict[str, Path] = {}
    for folder in sorted(root.glob(f"{kind.folders}*")):
        # The files are sorted: which of several extensions is taken must not depend on the disk.
        for file in (f for f in walk(folder).files if f.lower().endswith(IMAGES)):
            present.setdefault(file, folder / file)
            if not exact:
                present.setdefault(stem(file), folder / file)
    versions = {}
    for photo in photos:
        path = present.get(photo.file) or (None if exact else present.get(stem(photo.file)))
        if path:
            versions[photo.file] = Version(path, None)
    return versions


def derive(
    root: Path, kind: Kind, photos: Sequence[Photo], cache: Path, seed: int, track: Track
) -> dict[str, Version]:
    """photo -> its version, made below `cache` where it is not there yet. Pictures of another
    version of the operator, or of another seed, are removed first.

    Raises DataError naming all photos that cannot be read."""
    operator = OPERATORS[kind.operator]
    folder = cache / kind.modality
    made_by = {"operator": kind.operator, "version": operator.version, "seed": seed}
    claim({folder: made_by}, replace=True)
    present = set(walk(folder).files)
    targets = {p.file: folder / f"{p.file}.png" for p in photos}
    jobs = [
        Job(root / "imgs" / file, {kind.modality: Target(path, file)})
        for file, path in targets.items()
        if f"{file}.png" not in present
    ]
    derive_pictures(jobs, {kind.modality: operator}, seed, track, f"deriving {kind.modality}")
    return {file: Version(path, kind.operator) for file, path in targets.items()}


def stem(file: str) -> str:
    """A file's path without its extension."""
    return file.rpartition(".")[0]
