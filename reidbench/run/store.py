"""Outputs of stages, each under a key made from all that went into it.

`<work dir>/stages/<stage>-<key>/` is shared by every run with the same inputs. A folder appears
there by one rename when its stage is done; `stage.json` in it holds the SHA-256 of every file, so
that a damaged output is noticed and made again. Whoever calls holds the lock of the key
(`locks.locked`): folders of this key belong to nobody else meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import distributed
from ..tools.digests import file_digest
from ..tools.files import write_json
from .locks import unless_held

MANIFEST = "stage.json"


class Store:
    def __init__(self, work_dir: Path) -> None:
        self.root = work_dir / "stages"

    @staticmethod
    def name(stage: str, key: str) -> str:
        """Of the folder of an output."""
        return f"{stage}-{key[:16]}"

    def folder(self, stage: str, key: str) -> Path:
        return self.root / self.name(stage, key)

    def partial(self, stage: str, key: str) -> Path:
        """Where a stage keeps what it continues from after a kill; removed when it is done."""
        return self.root.with_name("partial") / self.name(stage, key)

    def has(self, stage: str, key: str) -> bool:
        """Whether the stage's output is present and every file of it is as it was written."""
        return is_whole(self.folder(stage, key), key)

    def make(self, stage: str, key: str, material: Any, work: Callable[[Path], None]) -> Path:
        """Run `work` on an empty folder and put the result in place, whole or not at all, instead
        of a damaged output. All ranks work; what rank 0 wrote is the result."""
        folder = self.folder(stage, key)
        if not distributed.is_main():
            with tempfile.TemporaryDirectory() as unused:
                work(Path(unused))
            distributed.barrier()
            return folder
        part = folder.with_name(f".part-{folder.name}")
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
        part.mkdir(parents=True)
        try:
            work(part)
            manifest = {"stage": stage, "key": key, "made_from": material, "files": _digests(part)}
            write_json(part / MANIFEST, manifest)
            for file in (p for p in part.rglob("*") if p.is_file()):
                file.chmod(0o444)  # run folders link to it: nobody should write there
            _replace(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(self.partial(stage, key), ignore_errors=True)
        distributed.barrier()
        return folder

    def sweep(self, work_dir: Path) -> None:
        """Remove unfinished outputs of processes that were killed."""
        for part in self.root.glob(".part-*"):
            with unless_held(work_dir, part.name.removeprefix(".part-")) as free:
                if free:
                    shutil.rmtree(part, ignore_errors=True)


def is_whole(output: Path, key: str) -> bool:
    """Whether a folder is the output of this key, with every file as it was written."""
    try:
        manifest = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
        return manifest["key"] == key and manifest["files"] == _digests(output)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def link(output: Path, target: Path) -> None:
    """Show a stage's output in a run folder: hard links where the disk has them, else copies. The
    run then no longer depends on the store. Raises FileNotFoundError when the output is gone."""

    def place(source: str, destination: str) -> None:
        try:
            os.link(source, destination)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copy2(source, destination)

    part = target.with_name(f".part-{target.name}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        for source in sorted(p for p in output.rglob("*") if p.is_file()):
            destination = part / source.relative_to(output)
            destination.parent.mkdir(parents=True, exist_ok=True)
            place(str(source), str(destination))
        if not (part / MANIFEST).is_file():
            raise FileNotFoundError(output / MANIFEST)
        _replace(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _replace(part: Path, target: Path) -> None:
    """Rename `part` to `target`; what was there is removed after it was moved out of the way."""
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != MANIFEST)
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}
