"""Tables beside a manifest, in any of its forms: galleries that the authors of a data set drew, and
queries that ask with several items at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from reidbench_registry import DataError, Record, composite

from ._rows import Row, read_rows, whole_number
from .problems import Problems

TRIALS = ("item_id", "trial", "place")
COMPOSITES = ("query_id", "item_id", "member_idx", "pid")


def read_trials(path: Path, items: Collection[str]) -> dict[str, list[int]]:
    """Galleries that a data set's authors drew, as a table of a manifest's forms beside it: columns
    `item_id`, `trial` and `place`, both counted from 0, a row for each item of a gallery and trial.

    item id -> its place in each trial: `extras["trial_places"]` of a Record. An item takes part in
    galleries of as many shots as its place is smaller than. Raises DataError naming the rows: an
    item that is none of `items`, a wrong number, a trial that comes twice or not at all."""
    problems = Problems(path, "row")
    rows = read_rows(path, problems, TRIALS, TRIALS)
    found: dict[str, dict[int, int]] = {}
    for number, row in enumerate(rows, start=1):
        trial, place = _number(row, "trial"), _number(row, "place")
        item = str(row.get("item_id"))
        if trial is None or place is None:
            problems.add("trial and place are whole numbers from 0", number)
        elif item not in items:
            problems.add("items that are not in the manifest", number)
        elif trial in found.setdefault(item, {}):
            problems.add("an item twice in one trial", number)
        else:
            found[item][trial] = place
    count = max((max(places, default=-1) for places in found.values()), default=-1) + 1
    for item, places in found.items():
        if len(places) < count:
            problems.add(f"items that are not in each of the {count} trials, such as {item!r}")
            break
    problems.raise_any()
    return {item: [places[t] for t in range(count)] for item, places in found.items()}


def read_composites(path: Path, items: Mapping[str, Record]) -> list[Record]:
    """Composite queries, as a table of a manifest's forms beside it: columns `query_id` and
    `item_id`, a row for each member of a query. Members stand in the order of their rows or, where
    that column is there, of `member_idx` (from 0); a `pid` is held against that of the items.

    The queries as records, in the table's order (`reidbench_registry.composite`). Raises DataError
    naming the rows: a member that is none of `items` (item id -> record), a wrong number or pid, a
    query id that an item has, members that make no query."""
    problems = Problems(path, "row")
    rows = read_rows(path, problems, COMPOSITES[:2], COMPOSITES)
    members: dict[str, list[tuple[int, Record]]] = {}
    for number, row in enumerate(rows, start=1):
        query, item = str(row.get("query_id") or ""), items.get(str(row.get("item_id")))
        place = _number(row, "member_idx") if "member_idx" in row else number
        pid = row.get("pid")
        if not query:
            problems.add("query_id is empty", number)
        elif query in items:
            problems.add("query ids that items of the manifest have", number)
        elif item is None:
            problems.add("items that are not in the manifest", number)
        elif place is None:
            problems.add("member_idx is a whole number from 0", number)
        elif pid not in (None, "") and str(pid) != item.pid:
            problems.add("another pid than the item's in the manifest", number)
        else:
            members.setdefault(query, []).append((place, item))
    problems.raise_any()
    queries = []
    for query, found in members.items():
        try:
            queries.append(composite(query, _in_order(found)))
        except DataError as error:
            problems.add(str(error))
    problems.raise_any()
    return queries


def _in_order(members: list[tuple[int, Record]]) -> Sequence[Record]:
    return [record for _, record in sorted(members, key=lambda m: m[0])]


def _number(row: Row, name: str) -> int | None:
    """A whole number from 0; None for anything else."""
    try:
        value = whole_number(row.get(name))
    except ValueError:
        return None
    return value if value is not None and value >= 0 else None
