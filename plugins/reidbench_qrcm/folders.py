"""What lies in the image folders, by one listing instead of a look-up a photo."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from reidbench.tools.problems import Problems

from .annotations import Photo

SHOWN = 3


def files(folder: Path) -> set[str]:
    """Files below a folder, relative, with forward slashes.

    Linked folders count: the sources of CUHK-PEDES often lie elsewhere. A link that leads back to
    a folder above it is not followed again."""
    found: set[str] = set()
    above: dict[Path, frozenset[tuple[int, int]]] = {}
    for name, folders, names in os.walk(folder, followlinks=True):
        place = Path(name)
        status = place.stat()
        this = (status.st_dev, status.st_ino)
        line = above.get(place.parent, frozenset())
        if this in line:
            folders.clear()
            continue
        above[place] = line | {this}
        below = place.relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        found.update(prefix + n for n in names if not n.startswith(".part-"))
    return found


def check_present(folder: Path, photos: Sequence[Photo]) -> Problems:
    """Photos without a file, a line for each folder that lacks some."""
    present = files(folder)
    listed: dict[str, list[str]] = defaultdict(list)
    for photo in photos:
        listed[photo.file.rpartition("/")[0]].append(photo.file)
    problems = Problems(folder)
    for name, wanted in sorted(listed.items()):
        missing = [file for file in wanted if file not in present]
        if not missing:
            continue
        place = "/".join(filter(None, (folder.name, name)))
        shown = ", ".join(missing[:SHOWN]) + (", ..." if len(missing) > SHOWN else "")
        gone = "" if (folder / name).is_dir() else "; there is no such folder"
        problems.add(
            f"{len(missing)} of {len(wanted)} photos of {place}/ are missing{gone}: {shown}"
        )
    return problems
