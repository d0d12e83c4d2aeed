"""Checks of the index alone: counts, ids, splits, captions. No file is opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import PurePath

from reidbench_registry import COMPOSITE_SEPARATOR, MODALITIES, DatasetCard, Record

from .report import Count, Row, number, some

SPLITS = ("train", "val", "test", "unlabelled")
UNLABELLED = "unlabelled"
REPLACEMENT = "\ufffd"
"""What a decoder inserts for bytes that are not valid in the given encoding"""


def check_index(card: DatasetCard, records: Sequence[Record]) -> Iterator[Row]:
    """Rows for everything that can be checked from the records alone."""
    if not records:
        yield Row("index", "fail", "no records")
        return
    yield _ids(records)
    yield _disjoint("identities", records, lambda r: r.pid)
    if any(r.instance_id is not None for r in records):
        yield _disjoint("instances", records, lambda r: r.instance_id)
    yield from _identity_ranges(records)
    yield from _captions(records)
    yield from _composites(records)
    yield from _extensions(records)
    yield from _generated(records)


def count(card: DatasetCard, records: Sequence[Record]) -> list[Count]:
    """Identities and items of each modality in each split, found and published."""
    items: dict[str, Counter[str]] = defaultdict(Counter)
    people: dict[str, set[str]] = defaultdict(set)
    for r in records:
        items[r.split][r.modality] += 1
        people[r.split].add(r.pid)
    counts = []
    for split in sorted(items.keys() | card.counts.keys(), key=_rank(SPLITS)):
        published = card.counts.get(split, {})
        here: dict[str, int] = dict(items[split])
        if split != UNLABELLED or "identities" in published:
            here["identities"] = len(people[split])
        for what in sorted(here.keys() | published.keys(), key=_rank(("identities", *MODALITIES))):
            counts.append(Count(split, what, here.get(what, 0), published.get(what)))
    return counts


def published(card: DatasetCard) -> list[Count]:
    """The numbers on the card."""
    return [
        Count(split, what, n, n)
        for split, numbers in sorted(card.counts.items(), key=lambda x: _rank(SPLITS)(x[0]))
        for what, n in sorted(
            numbers.items(), key=lambda x: _rank(("identities", *MODALITIES))(x[0])
        )
    ]


def check_counts(counts: Sequence[Count]) -> Iterator[Row]:
    """Whether the numbers are the published ones."""
    known = [c for c in counts if c.published is not None]
    wrong = [c for c in known if c.found != c.published]
    for c in wrong:
        difference = c.found - (c.published or 0)
        yield Row(
            "counts",
            "fail",
            f"{c.split} {c.what}: {c.found:,}, published {c.published:,} ({difference:+,})",
        )
    if not known:
        yield Row("counts", "warn", "the card has no published counts to compare with")
    elif not wrong:
        yield Row("counts", "ok", f"all {len(known)} published counts hold")


def _rank(order: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (order.index(name) if name in order else len(order), name)


def _ids(records: Sequence[Record]) -> Row:
    repeated = [i for i, n in Counter(r.item_id for r in records).items() if n > 1]
    if repeated:
        detail = f"{number(len(repeated), 'id')} of several items: {some(repeated)}"
        return Row("item ids", "fail", detail)
    return Row("item ids", "ok", f"{len(records):,}, each of one item")


def _disjoint(what: str, records: Sequence[Record], key: Callable[[Record], str | None]) -> Row:
    """Whether two splits have identities (or instances) in common. For train and val that is only a
    warning: some sets take their val split from the photos of the train identities."""
    of_split: dict[str, set[str]] = defaultdict(set)
    for r in records:
        value = key(r)
        if value is not None and r.split != UNLABELLED:
            of_split[r.split].add(value)
    shared = {
        (a, b): sorted(of_split[a] & of_split[b])
        for a, b in combinations(sorted(of_split, key=_rank(SPLITS)), 2)
        if of_split[a] & of_split[b]
    }
    name = f"{what} apart"
    if not shared:
        splits = ", ".join(sorted(of_split, key=_rank(SPLITS)))
        return Row(name, "ok", f"each in one split ({splits})")
    detail = "; ".join(
        f"{len(ids):,} in {a} and {b}: {some(ids)}" for (a, b), ids in shared.items()
    )
    return Row(name, "warn" if set(shared) == {("train", "val")} else "fail", detail)


def _identity_ranges(records: Sequence[Record]) -> Iterator[Row]:
    people = {r.pid for r in records if r.split != UNLABELLED}
    numbers = {int(pid) for pid in people if pid.isascii() and pid.isdigit()}
    if not people:
        return
    if len(numbers) < len(people) * 0.9:
        yield Row("identities", "ok", f"{len(people):,}, not numbered")
        return
    gaps = max(numbers) - min(numbers) + 1 - len(numbers)
    detail = f"{len(people):,}, {min(numbers)} to {max(numbers)}"
    detail += f", {number(gaps, 'number')} unused" if gaps else " without a gap"
    others = sorted(p for p in people if not (p.isascii() and p.isdigit()))
    yield Row("identities", "ok", detail + (f"; not numbers: {some(others)}" if others else ""))


def _captions(records: Sequence[Record]) -> Iterator[Row]:
    texts = [r for r in records if r.modality == "text"]
    if not texts:
        return
    blank = [r.item_id for r in texts if not (r.text or "").strip()]
    garbled = [r.item_id for r in texts if REPLACEMENT in (r.text or "")]
    if blank:
        yield Row("captions", "fail", f"{len(blank):,} without text: {some(blank)}")
    if garbled:
        yield Row(
            "captions",
            "fail",
            f"{len(garbled):,} with U+FFFD, read in a wrong encoding: {some(garbled)}",
        )
    if not blank and not garbled:
        yield Row("captions", "ok", f"{len(texts):,}, all with text")


def _composites(records: Sequence[Record]) -> Iterator[Row]:
    queries = [r for r in records if COMPOSITE_SEPARATOR in r.modality]
    if not queries:
        return
    items = {r.item_id: r for r in records if COMPOSITE_SEPARATOR not in r.modality}
    wrong = [q.item_id for q in queries if not _fits(q, items)]
    if wrong:
        detail = f"{len(wrong):,} with members that are missing or of another identity"
        yield Row("composite queries", "fail", f"{detail}: {some(wrong)}")
        return
    counts = Counter(q.modality for q in queries).most_common()
    yield Row("composite queries", "ok", ", ".join(f"{n:,} of {name}" for name, n in counts))


def _fits(query: Record, items: Mapping[str, Record]) -> bool:
    expected = query.pid, query.split
    members = [items.get(m) for m in query.members]
    return bool(members) and all(r is not None and (r.pid, r.split) == expected for r in members)


def _extensions(records: Sequence[Record]) -> Iterator[Row]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for r in records:
        if r.path is not None:
            counts[r.modality][PurePath(r.path).suffix.lower() or "none"] += 1
    if counts:
        lines = (
            f"{modality}: {', '.join(f'{n:,} {suffix}' for suffix, n in suffixes.most_common())}"
            for modality, suffixes in sorted(counts.items(), key=lambda x: _rank(MODALITIES)(x[0]))
        )
        yield Row("extensions", "ok", "; ".join(lines))


def _generated(records: Sequence[Record]) -> Iterator[Row]:
    made = Counter((r.generated, r.modality) for r in records if r.generated)
    for (operator, modality), n in made.items():
        yield Row("generated", "warn", f"{n:,} {modality} items were made by {operator}")
