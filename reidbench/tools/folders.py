"""What is below a folder. Links are followed, but never in circles."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .files import PART

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass
class Tree:
    """Paths below a folder, relative to it, with forward slashes."""

    files: list[str] = field(default_factory=list)
    """sorted"""
    loops: list[str] = field(default_factory=list)
    """links to a folder that contains them, as `link -> folder`"""
    broken: list[str] = field(default_factory=list)
    """links whose target does not exist"""
    closed: list[str] = field(default_factory=list)
    """folders that cannot be read"""

    @property
    def pictures(self) -> list[str]:
        """The files with an image's extension."""
        return [f for f in self.files if f.lower().endswith(PICTURES)]


def walk(root: Path) -> Tree:
    """Everything below `root`. A folder that two links lead to counts twice, as it does for a
    program that opens the paths. Files that are still being written (`tools.files`) are left out.
    Raises nothing: folders that cannot be read, also a missing root, are listed in `closed`."""
    tree = Tree()
    # Each folder waits with the folders that contain it, by device and inode: a link to one of
    # these is a circle. Parents of the root count: a link to `/` must not walk the whole disk.
    waiting: list[tuple[str, dict[tuple[int, int], str]]] = [("", _parents(root))]
    while waiting:
        folder, containing = waiting.pop()
        try:
            status = (root / folder).stat()
            entries = sorted(os.scandir(root / folder), key=lambda e: e.name)
        except OSError:
            tree.closed.append(folder or str(root))
            continue
        inode = (status.st_dev, status.st_ino)
        if inode in containing:
            tree.loops.append(f"{folder} -> {containing[inode] or 'the root'}")
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            # is_dir and is_file are False for a link without a target, and for one to itself.
            if _true(entry.is_dir):
                waiting.append((path, containing | {inode: folder}))
            elif _true(entry.is_file):
                if not entry.name.startswith(PART):
                    tree.files.append(path)
            elif entry.is_symlink():
                tree.broken.append(path)
    tree.files.sort()
    return tree


def _parents(root: Path) -> dict[tuple[int, int], str]:
    parents = {}
    for parent in root.resolve().parents:
        try:
            status = parent.stat()
        except OSError:  # the root and some of its parents may not exist
            continue
        parents[status.st_dev, status.st_ino] = str(parent)
    return parents


def _true(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except OSError:  # a link to itself
        return False
