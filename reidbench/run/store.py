"""Outputs of stages, each under a key made from all that went into it.

`<work dir>/stages/<stage>-<key>/` is shared by every run with the same inputs. A folder appears
there by one rename when its stage is done; `stage.json` in it lists the files and their sizes, so
that a damaged output is found and made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import processes
from ..tools.files import whole_folder, write_json

MANIFEST = "stage.json"


def key_of(material: Any) -> str:
    """SHA-256 of the canonical JSON of `material`."""
    text = json.dumps(material, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, stage: str, key: str) -> Path:
        return self.root / f"{stage}-{key[:16]}"

    def partial(self, stage: str, key: str) -> Path:
        """Where a stage that is under way may keep what helps it to continue after a kill."""
        return self.root.with_name("partial") / f"{stage}-{key[:16]}"

    def has(self, stage: str, key: str) -> bool:
        """Whether the stage's output is present and whole."""
        folder = self.folder(stage, key)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            files = manifest["files"]
            return manifest["key"] == key and files == _sizes(folder)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def make(self, stage: str, key: str, material: Any, work: Callable[[Path], None]) -> Path:
        """Run `work` on an empty folder and put the result in place, whole or not at all.

        Processes that were started together all work; what the main one leaves is the result."""
        folder = self.folder(stage, key)
        if not processes.is_main():
            with tempfile.TemporaryDirectory() as aside:
                work(Path(aside))
            processes.wait()
            return folder
        if folder.exists():
            shutil.rmtree(folder)
        with whole_folder(folder) as part:
            work(part)
            manifest = {"stage": stage, "key": key, "made_from": material, "files": _sizes(part)}
            write_json(part / MANIFEST, manifest)
        shutil.rmtree(self.partial(stage, key), ignore_errors=True)
        processes.wait()
        return folder


def link(output: Path, target: Path) -> None:
    """Show a stage's output in a run folder: hard links where the disk has them, else copies."""

    def place(source: str, destination: str) -> None:
        try:
            os.link(source, destination)
        except OSError:
            shutil.copy2(source, destination)

    with whole_folder(target.with_name(f"{target.name}.new")) as part:
        shutil.copytree(output, part, copy_function=place, dirs_exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    target.with_name(f"{target.name}.new").rename(target)


def _sizes(folder: Path) -> dict[str, int]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != MANIFEST)
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in files}
