"""One pass over a data set that reports everything that is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from reidbench_registry import DataError, Dataset, Record, ReidbenchError, Track

from ..tools.folders import Tree, walk
from .index import UNLABELLED, check_counts, check_index, count
from .pictures import Picture, read_pictures
from .queries import check_queries
from .report import Report, Row, Status, number, some

COLOURLESS = ("ir", "sketch")
COLOUR, GREY = 16.0, 1.0
"""Mean difference between the channels of a picture, of 255: above the first it counts as coloured,
below the second as grey"""

Create = Callable[[str, dict[str, Any]], Any]
"""(kind, config) -> an entry's object"""


def check(
    dataset: Dataset,
    root: Path | None,
    cache: Path,
    create: Create,
    track: Track,
    decode: bool = True,
    protocols: Sequence[str] = (),
    against: Mapping[str, tuple[Dataset, Path]] | None = None,
) -> Report:
    """Everything that can be checked without a model.

    root: the folder of the data set, when it has one; files in it that are not in the index are
        reported, too. When the index cannot be made, the pictures below it are checked all the
        same.
    cache: folder for pictures that the data set makes.
    decode: False: pictures are read and compared, but not decoded.
    protocols: in addition to those that the card names.
    against: other data sets that may contain the same pictures: name -> (data set, its cache)."""
    report = Report(dataset.card.name)
    tree = walk(root) if root is not None and root.is_dir() else None
    records, problems = _prepare(dataset, cache, track)
    report.dataset = dataset.card.name
    report.rows += [Row("index", "fail", problem) for problem in problems]
    report.rows += [Row("notes", "warn", note) for note in getattr(dataset, "notes", ())]
    if tree is not None:
        report.rows += _tree(tree)
    if records is None:
        if tree is not None and tree.pictures:
            paths = [Path(root or "", f) for f in tree.pictures]
            report.rows += _damage(read_pictures(paths, decode, track), decode)
        return report
    report.rows += check_index(dataset.card, records)
    report.counts = count(dataset.card, records)
    report.rows += check_counts(report.counts)
    pictures = read_pictures(_paths(records), decode, track)
    report.rows += _files(records, pictures, decode)
    if root is not None and tree is not None:
        report.rows += _unused(root, tree, records)
        report.rows += _cam_in_path(root, records)
    report.rows += _check_colour(records, pictures)
    report.rows += _same_contents(records, pictures)
    for name, (other, its_cache) in (against or {}).items():
        report.rows += _against(name, other, its_cache, records, pictures, track)
    for protocol in dict.fromkeys([*dataset.card.protocols, *protocols]):
        report.rows += _protocol(protocol, records, create)
    return report


def _prepare(
    dataset: Dataset, cache: Path, track: Track
) -> tuple[Sequence[Record] | None, tuple[str, ...]]:
    """The records, or None and all reasons why there are none."""
    try:
        return dataset.prepare(cache, track), ()
    except DataError as error:
        return None, error.problems
    except (OSError, UnicodeError) as error:
        return None, (f"{type(error).__name__}: {error}",)


def _paths(records: Sequence[Record]) -> list[Path]:
    return list(dict.fromkeys(Path(r.path) for r in records if r.path is not None))


def _tree(tree: Tree) -> Iterator[Row]:
    if tree.loops:
        yield Row("folders", "fail", f"links that lead in a circle: {some(tree.loops)}")
    if tree.closed:
        yield Row("folders", "fail", f"folders that may not be read: {some(tree.closed)}")
    if tree.broken:
        yield Row("folders", "warn", f"links that lead nowhere: {some(tree.broken)}")


def _files(
    records: Sequence[Record], pictures: Mapping[Path, Picture], decode: bool
) -> Iterator[Row]:
    pathless = Counter(
        r.modality for r in records if r.path is None and r.modality != "text" and not r.members
    )
    if pathless:
        each = ", ".join(f"{n:,} {modality}" for modality, n in pathless.items())
        yield Row("files", "warn", f"items without a file, in the index alone: {each}")
    if pictures:
        yield from _damage(pictures, decode)


def _damage(pictures: Mapping[Path, Picture], decode: bool) -> Iterator[Row]:
    wrong: dict[str, list[Path]] = defaultdict(list)
    for picture in pictures.values():
        if picture.wrong:
            wrong[picture.wrong].append(picture.path)
    for what, paths in wrong.items():
        folders = Counter(str(p.parent) for p in paths)
        where = f" (most in {folders.most_common(1)[0][0]})" if len(folders) > 1 else ""
        yield Row("files", "fail", f"{what}: {number(len(paths), 'picture')}, {some(paths)}{where}")
    if not wrong:
        how = "there and decodable" if decode else "there and not empty; not decoded"
        yield Row("files", "ok", f"{number(len(pictures), 'picture')}, {how}")


def _unused(root: Path, tree: Tree, records: Sequence[Record]) -> Iterator[Row]:
    used = {p.absolute() for p in _paths(records)}
    base = root.absolute()
    unused = [f for f in tree.pictures if base / f not in used]
    if unused:
        folders = Counter("/".join(PurePosixPath(f).parts[:-1][:2]) or "." for f in unused)
        each = ", ".join(f"{n:,} in {folder}" for folder, n in folders.most_common(6))
        more = f" and {len(folders) - 6} other folders" if len(folders) > 6 else ""
        yield Row("unused files", "warn", f"pictures that are not in the index: {each}{more}")


def _cam_in_path(root: Path, records: Sequence[Record]) -> Iterator[Row]:
    where = root.absolute()
    if "cam" in str(where) and any(r.camera_id for r in records):
        yield Row(
            "root",
            "warn",
            f"{where} contains 'cam': reidbench works with it, but public code that splits paths "
            "at 'cam' reads wrong cameras",
        )


def _check_colour(records: Sequence[Record], pictures: Mapping[Path, Picture]) -> Iterator[Row]:
    """Pictures that are probably of another modality: coloured infrared images and sketches, grey
    photos."""
    by_modality: dict[str, list[tuple[Record, float]]] = defaultdict(list)
    for r in records:
        if r.path is not None and (colour := pictures[Path(r.path)].colour) is not None:
            by_modality[r.modality].append((r, colour))
    for modality, colours in by_modality.items():
        if modality in COLOURLESS:
            suspect = [r.item_id for r, colour in colours if colour > COLOUR]
            detail = f"{len(suspect):,} of {len(colours):,} {modality} pictures have colour"
        elif modality == "rgb":
            suspect = [r.item_id for r, colour in colours if colour < GREY]
            detail = f"{len(suspect):,} of {len(colours):,} rgb pictures are grey"
        else:
            continue
        # A few are normal: a grey day, a coloured lamp.
        if len(suspect) > len(colours) / 100:
            yield Row("modalities", "warn", f"{detail}: {some(suspect)}")


def _same_contents(records: Sequence[Record], pictures: Mapping[Path, Picture]) -> Iterator[Row]:
    """Pictures with the same bytes in two splits, or of two identities."""
    holders: dict[bytes, list[Record]] = defaultdict(list)
    for r in records:
        if r.path is not None and (digest := pictures[Path(r.path)].digest):
            holders[digest].append(r)
    several = [group for group in holders.values() if len(group) > 1]
    clean = True
    for what, key in (("splits", lambda r: r.split), ("identities", lambda r: r.pid)):
        groups = [g for g in several if len({key(r) for r in g if r.split != UNLABELLED}) > 1]
        # Two derived pictures can be the same: a blank sketch, for example.
        real = [g for g in groups if not all(r.generated for r in g)]
        if groups:
            clean = False
            status: Status = "fail" if real else "warn"
            places = some(" = ".join(r.item_id for r in g[:2]) for g in real or groups)
            yield Row(
                "same picture", status, f"{len(real or groups):,} of several {what}: {places}"
            )
    if holders and clean:
        detail = "none in two splits or of two identities"
        repeated = sum(len(group) - 1 for group in several)
        yield Row("same picture", "ok", detail + (f"; {repeated:,} repeated" if repeated else ""))


def _against(
    name: str,
    other: Dataset,
    cache: Path,
    records: Sequence[Record],
    pictures: Mapping[Path, Picture],
    track: Track,
) -> Iterator[Row]:
    """Pictures with the same bytes in another data set: a model that is trained on one must not be
    tested on the other."""
    check = f"also in {name}"
    theirs, problems = _prepare(other, cache, track)
    if theirs is None:
        yield from (Row(check, "fail", problem) for problem in problems)
        return
    theirs = _not_derived(theirs)
    seen = read_pictures(_paths(theirs), False, track)
    there = {d: r for r in theirs if r.path is not None and (d := seen[Path(r.path)].digest)}
    shared = [
        (r, there[d])
        for r in _not_derived(records)
        if r.path is not None and (d := pictures[Path(r.path)].digest) and d in there
    ]
    if not shared:
        yield Row(check, "ok", f"none of its {number(len(seen), 'picture')}")
        return
    splits = Counter((ours.split, its.split) for ours, its in shared)
    each = ", ".join(f"{n:,} in {a} here and {b} there" for (a, b), n in splits.most_common())
    places = some(f"{ours.item_id} = {its.item_id}" for ours, its in shared)
    yield Row(check, "warn", f"{number(len(shared), 'picture')} ({each}): {places}")


def _not_derived(records: Sequence[Record]) -> list[Record]:
    """Without derived pictures, which are the same exactly where their photos are."""
    return [r for r in records if not r.generated]


def _protocol(protocol: str, records: Sequence[Record], create: Create) -> Iterator[Row]:
    try:
        tasks = [create("task", dict(t)) for t in create("protocol", {"type": protocol}).tasks]
    except ReidbenchError as error:
        yield Row(f"queries of {protocol}", "fail", str(error))
        return
    for task in tasks:
        yield check_queries(protocol, task, records)
