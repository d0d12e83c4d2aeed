"""Data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

from ..composite import composite
from ..errors import ConfigError, DataError
from ..kinds import MODALITIES
from ..signature import signature
from ..types import DatasetCard, Record, fingerprint
from .subject import Subject, refused, require, skip

SPLITS = ("train", "val", "test", "unlabelled")
SAID = ("name", "revision", "licence", "citation", "modalities")


def _track(items: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    return items


def _prepared(subject: Subject, cache: str = "cache") -> tuple[DatasetCard, list[Record]]:
    folder = subject.folder / cache
    folder.mkdir(exist_ok=True)
    dataset = subject.build()
    records = list(dataset.prepare(folder, _track))
    require(records, "the index is empty")
    return dataset.card, records


def has_a_complete_card(subject: Subject) -> None:
    """The card gives name, revision, licence, citation and known modalities."""
    card, _ = _prepared(subject)
    require(isinstance(card, DatasetCard), f"card is a {type(card).__name__}, not a DatasetCard")
    empty = [name for name in SAID if not getattr(card, name)]
    require(not empty, f"the card does not give {', '.join(empty)}")
    strange = set(card.modalities) - set(MODALITIES)
    require(not strange, f"unknown modalities on the card: {', '.join(sorted(strange))}")


def indexes_whole_records(subject: Subject) -> None:
    """Records have unique ids, a known split, a modality of the card, strings for ids, and a file
    that is there or a caption."""
    card, records = _prepared(subject)
    items = {r.item_id: r for r in records}
    repeated = [i for i, n in Counter(r.item_id for r in records).items() if n > 1]
    require(not repeated, f"item id {repeated[0] if repeated else ''!r} occurs more than once")
    for r in records:
        who = f"item {r.item_id!r}"
        require(isinstance(r, Record), f"{r!r} is no Record")
        for name in ("item_id", "dataset", "pid"):
            value = getattr(r, name)
            require(isinstance(value, str) and value, f"{who}: {name} is {value!r}")
        require(r.split in SPLITS, f"{who}: unknown split {r.split!r}")
        if r.members:
            _is_composite(r, items)
            continue
        require(r.modality in card.modalities, f"{who}: {r.modality!r} is not on the card")
        if r.modality == "text":
            require(r.text and r.path is None, f"{who}: a caption has a text and no path")
        else:
            require(r.text is None, f"{who}: a picture has no text")
            require(r.path is None or Path(r.path).is_file(), f"{who}: there is no file {r.path}")


def _is_composite(query: Record, items: dict[str, Record]) -> None:
    """What `composite` makes of the members."""
    who = f"composite query {query.item_id!r}"
    require(not (query.path or query.text), f"{who}: it has neither file nor text")
    absent = [m for m in query.members if m not in items]
    require(not absent, f"{who}: member {absent[0] if absent else ''!r} is not in the index")
    made = composite(query.item_id, [items[m] for m in query.members])
    for name in ("pid", "split", "modality"):
        mine, theirs = getattr(query, name), getattr(made, name)
        require(mine == theirs, f"{who}: {name} is {mine!r}, its members have {theirs!r}")


def splits_share_nobody(subject: Subject) -> None:
    """No identity and no photo is in two of train, val and test."""
    _, records = _prepared(subject)
    for name in ("pid", "instance_id"):
        held = {s: {getattr(r, name) for r in records if r.split == s} - {None} for s in SPLITS[:3]}
        for a, b in combinations(held, 2):
            both = held[a] & held[b]
            require(not both, f"{name} {next(iter(both), None)!r} is in {a} and in {b}")


def has_a_stable_fingerprint(subject: Subject) -> None:
    """Prepared again, from what is cached and anew, the index is the same."""
    first, again, anew = (fingerprint(*_prepared(subject, c)) for c in ("a", "a", "b"))
    require(first == again, "the second `prepare` finds another index than the first")
    require(first == anew, "another cache gives another index")


def is_built_without_reading(subject: Subject) -> None:
    """Building the object reads nothing; `prepare` names a root that is not there."""
    if "root" not in signature(subject.entry).parameters:
        skip("it has no root")
    absent = str(subject.folder / "absent-root")
    dataset = subject.target(**subject.arguments | {"root": absent})
    cache = subject.folder / "cache"
    cache.mkdir()
    with refused(DataError, "a root that is not there", naming="absent-root"):
        dataset.prepare(cache, _track)


def refuses_wrong_arguments(subject: Subject) -> None:
    """ConfigError for an argument of a type that it cannot have."""
    names = list(signature(subject.entry).parameters)
    if not names:
        skip("it has no arguments")
    wrong = subject.arguments | {names[0]: {}}
    with refused(ConfigError, f"{names[0]}={{}}"):
        subject.target(**wrong)


def writes_below_its_cache_only(subject: Subject) -> None:
    """`prepare` leaves the user's files as they are."""
    subject.build()  # `conformance` may write its files now

    def listing() -> dict[Path, int]:
        folder = subject.folder / "conformance"
        return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}

    before = listing()
    _prepared(subject)
    require(listing() == before, "it wrote into the data set's own folder")


def notes_are_lines(subject: Subject) -> None:
    """Where it has `notes`, they are a list of single lines after `prepare`."""
    dataset = subject.build()
    cache = subject.folder / "cache"
    cache.mkdir()
    dataset.prepare(cache, _track)
    notes = getattr(dataset, "notes", None)
    if notes is None:
        skip("it has no notes")
    require(isinstance(notes, list | tuple), f"notes is {notes!r}, not a list")
    for note in notes:
        line = isinstance(note, str) and note and "\n" not in note
        require(line, f"the note {note!r} is not a line of text")
