"""Whether the photos of an annotation file exist: one listing of the folder, as a look-up for each
photo takes much longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from reidbench.tools.folders import walk
from reidbench.tools.problems import Problems

from .annotations import Photo

SHOWN = 3


def check_present(folder: Path, photos: Sequence[Photo]) -> Problems:
    """Photos without a file, a line for each folder that lacks some."""
    present = set(walk(folder).files)
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
        gone = "" if _is_folder(folder / name) else "; there is no such folder"
        problems.add(
            f"{len(missing)} of {len(wanted)} photos of {place}/ are missing{gone}: {shown}"
        )
    return problems


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False
