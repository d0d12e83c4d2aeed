"""What lies below a folder, links followed, none of them in circles."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass
class Tree:
    """Paths below a folder, relative to it, with forward slashes."""

    files: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    """links to a folder that they lie in, with where they lead"""
    broken: list[str] = field(default_factory=list)
    """links that lead nowhere"""
    closed: list[str] = field(default_factory=list)
    """folders that may not be read"""

    @property
    def pictures(self) -> list[str]:
        return [f for f in self.files if f.lower().endswith(PICTURES)]


def walk(root: Path) -> Tree:
    """All that lies below `root`, in the order of names. A folder that is linked to from two places
    counts twice, as it does for whoever reads it. Raises nothing: what cannot be read is named."""
    tree = Tree()
    # A folder with what it lies in, by device and inode: what a link in a circle comes back to.
    # What the root lies in belongs to it: a link to `/` must not lead over the whole disk.
    around = {(s.st_dev, s.st_ino): str(p) for p in root.resolve().parents if (s := p.stat())}
    waiting: list[tuple[str, dict[tuple[int, int], str]]] = [("", around)]
    while waiting:
        below, above = waiting.pop()
        try:
            here = (root / below).stat()
            entries = sorted(os.scandir(root / below), key=lambda e: e.name)
        except OSError:
            tree.closed.append(below or str(root))
            continue
        known = (here.st_dev, here.st_ino)
        if known in above:
            tree.loops.append(f"{below} -> {above[known] or 'the root'}")
            continue
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            # is_dir and is_file are False for a link to nowhere, and for one to itself.
            if _is(entry.is_dir):
                waiting.append((path, above | {known: below}))
            elif _is(entry.is_file):
                tree.files.append(path)
            elif entry.is_symlink():
                tree.broken.append(path)
    tree.files.sort()
    return tree


def _is(question) -> bool:
    try:
        return question()
    except OSError:  # a link in a circle: Python tells that apart from one to nowhere
        return False
