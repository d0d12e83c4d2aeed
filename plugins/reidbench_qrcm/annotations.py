"""Annotation files of the text-based sets; all mistakes in one are reported together."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from reidbench.tools.guarded import TABLE, read_json
from reidbench.tools.problems import Problems
from reidbench.tools.terminal import quoted
from reidbench.tools.text import clean_caption
from reidbench_registry import DataError

from .sources import Source

NEEDED = ("train", "test")


class Photo(NamedTuple):
    """One entry of the file."""

    file: str
    """below `imgs/`, with forward slashes"""
    pid: str
    split: str
    captions: list[str]


def find(root: Path, source: Source) -> Path:
    """The annotation file of a set. Raises DataError when there is none of its possible names."""
    present = [root / name for name in source.annotations if (root / name).is_file()]
    if not present:
        others = "".join(f" (nor {name})" for name in source.annotations[1:])
        raise DataError(f"annotation file not found: {root / source.annotations[0]}{others}")
    return present[0]


def read(path: Path, source: Source, problems: Problems) -> list[Photo]:
    """The photos of the file, in its order.

    Wrong entries are added to `problems`: a missing or wrong field, a photo that is listed twice or
    outside the data set, no caption, an identity in two splits. So is a list without train or
    without test photos, which otherwise would only be noticed after the training.

    Raises DataError for a file that does not contain a list."""
    entries = read_json(path, TABLE)
    if not isinstance(entries, list):
        raise DataError(f"{path}: expected a list of photos, found {type(entries).__name__}")
    if not entries:
        raise DataError(f"{path}: the list of photos is empty")
    photos: list[Photo] = []
    seen: set[str] = set()
    split_of: dict[str, str] = {}
    for number, entry in enumerate(entries):
        if problem := _problem(entry, source):
            problems.add(problem, number)
            if problems.full:
                break
            continue
        captions = [clean_caption(c) for c in entry["captions"]]
        photo = Photo(entry[source.path_field], str(entry["id"]), entry["split"], captions)
        first = split_of.setdefault(photo.pid, photo.split)
        if first != photo.split:
            problems.add(
                f"identity {photo.pid} is in split {first!r} and in {photo.split!r}", number
            )
        if photo.file in seen:
            problems.add(f"{photo.file} is listed twice", number)
        seen.add(photo.file)
        photos.append(photo)
    for split in NEEDED:
        if split not in split_of.values() and not problems:
            problems.add(f"no photo is in split {split!r}")
    return photos


def notes(photos: list[Photo], source: Source) -> list[str]:
    """Lines about what is not wrong, but differs from the published list."""
    lines = []
    least = min(int(p.pid) for p in photos)
    if least < source.first_id:
        lines.append(
            f"identities start at {least}; the published ones of {source.name} at "
            f"{source.first_id}: this list was renumbered"
        )
    splits = {p.split for p in photos}
    lines += [f"{split}: no photos" for split in source.splits if split not in splits]
    return lines


def _problem(entry: Any, source: Source) -> str | None:
    """What is wrong with an entry by itself; None when nothing is."""
    if not isinstance(entry, dict):
        return f"expected an object, found {type(entry).__name__}"
    fields = {"split": str, "captions": list, source.path_field: str, "id": int}
    for name, kind in fields.items():
        if name not in entry:
            return f"field {name!r} is missing"
        if not isinstance(entry[name], kind) or isinstance(entry[name], bool):
            return f"field {name!r} is {quoted(entry[name])}, expected {kind.__name__}"
    if entry["id"] < 0:
        return f"field 'id' is {entry['id']}, expected a number from {source.first_id}"
    if entry["split"] not in source.splits:
        return f"split {quoted(entry['split'])} is none of {', '.join(source.splits)}"
    given = entry[source.path_field]
    file = PurePosixPath(given)
    if file.is_absolute() or ".." in file.parts or not file.name or "\\" in given:
        return f"{source.path_field} {quoted(given)} does not lie below imgs/"
    if not given.isprintable():
        return f"{source.path_field} {quoted(given)} is no file name"
    if not entry["captions"]:
        return "the caption list is empty"
    for caption in entry["captions"]:
        if not isinstance(caption, str) or not clean_caption(caption):
            return f"caption {quoted(caption)} is no text"
    return None
