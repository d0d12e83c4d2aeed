"""`reid_raw.json` of CUHK-PEDES: read whole, every mistake found before a picture is opened."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from reidbench.tools.text import clean_caption
from reidbench_registry import DataError

SPLITS = ("train", "val", "test")
NEEDED = ("train", "test")
FIELDS = {"split": str, "captions": list, "file_path": str, "id": int}


class Photo(NamedTuple):
    """One entry of the file."""

    file: str
    """below `imgs/`, with forward slashes"""
    pid: str
    split: str
    captions: list[str]


def read(path: Path) -> list[Photo]:
    """All photos of the file, in its order.

    Raises DataError naming the file for one that is missing or no list of entries, and for entries
    that lack a field, have a wrong one, name a photo twice or one outside the data set, have no
    caption, or put one identity into two splits: the first such entry, and how many there are.
    Also for a list without train or test photos: to learn it after the training is too late."""
    entries = _json(path)
    if not isinstance(entries, list):
        raise DataError(f"{path}: expected a list of photos, found {type(entries).__name__}")
    if not entries:
        raise DataError(f"{path}: the list of photos is empty")
    problems: list[str] = []
    photos: list[Photo] = []
    seen: set[str] = set()
    split_of: dict[str, str] = {}
    for number, entry in enumerate(entries):
        problem = _problem(entry)
        if problem is None:
            photo = Photo(
                entry["file_path"],
                str(entry["id"]),
                entry["split"],
                [clean_caption(c) for c in entry["captions"]],
            )
            first = split_of.setdefault(photo.pid, photo.split)
            if first != photo.split:
                problem = f"identity {photo.pid} is in split {first!r} and in {photo.split!r}"
            elif photo.file in seen:
                problem = f"{photo.file} is listed twice"
            seen.add(photo.file)
            photos.append(photo)
        if problem is not None:
            problems.append(f"entry {number}: {problem}")
    if problems:
        more = f" (and {len(problems) - 1} more entries are wrong)" if len(problems) > 1 else ""
        raise DataError(f"{path}: {problems[0]}{more}")
    splits = {p.split for p in photos}
    for split in NEEDED:
        if split not in splits:
            raise DataError(f"{path}: no photo is in split {split!r}")
    return photos


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"annotation file not found: {path}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
    except RecursionError:
        raise DataError(f"{path}: nested too deeply to be a list of photos") from None


def _problem(entry: Any) -> str | None:
    """What is wrong with an entry by itself; None when nothing is."""
    if not isinstance(entry, dict):
        return f"expected an object, found {type(entry).__name__}"
    for name, kind in FIELDS.items():
        if name not in entry:
            return f"field {name!r} is missing"
        if not isinstance(entry[name], kind) or isinstance(entry[name], bool):
            return f"field {name!r} is {entry[name]!r}, expected {kind.__name__}"
    if entry["split"] not in SPLITS:
        return f"split {entry['split']!r} is none of {', '.join(SPLITS)}"
    given = entry["file_path"]
    file = PurePosixPath(given)
    if file.is_absolute() or ".." in file.parts or not file.name or "\\" in given:
        return f"file_path {given!r} does not lie below imgs/"
    if not given.isprintable():
        return f"file_path {given!r} is no file name"
    if not entry["captions"]:
        return "the caption list is empty"
    for caption in entry["captions"]:
        if not isinstance(caption, str) or not clean_caption(caption):
            return f"caption {caption!r} is no text"
    return None
