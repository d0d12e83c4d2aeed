"""Tables that accompany a manifest, in any of its file formats: galleries that the authors of a
data set drew, and composite queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from reidbench_registry import DataError, Record, composite

from ._rows import Row, cell_as_integer, read_rows
from .problems import Problems
from .terminal import quoted

TRIALS = ("item_id", "trial", "place")
COMPOSITES = ("query_id", "item_id", "member_idx", "pid")


def read_trials(path: Path, items: Collection[str]) -> dict[str, list[int]]:
    """Galleries that a data set's authors drew: a table with the columns `item_id`, `trial` and
    `place` (the last two counted from 0), one row for each item of a gallery in each trial.

    Returns item id -> its place in each trial, which is `extras["trial_places"]` of a Record. An
    item belongs to a gallery of n shots when its place is smaller than n. Raises DataError naming
    the rows: an item that is not in `items`, a wrong number, a trial that is missing or given
    twice."""
    problems = Problems(path, "row")
    rows = read_rows(path, problems, TRIALS, TRIALS)
    places_of: dict[str, dict[int, int]] = {}
    for number, row in enumerate(rows, start=1):
        trial, place = _number(row, "trial"), _number(row, "place")
        item = str(row.get("item_id"))
        if trial is None or place is None:
            problems.add("trial and place must be integers from 0", number)
        elif item not in items:
            problems.add("items that are not in the manifest", number)
        elif trial in places_of.setdefault(item, {}):
            problems.add("an item twice in one trial", number)
        else:
            places_of[item][trial] = place
    count = max((max(places, default=-1) for places in places_of.values()), default=-1) + 1
    for item, places in places_of.items():
        if len(places) < count:
            problems.add(
                f"items that are not in each of the {count} trials, such as {quoted(item)}"
            )
            break
    problems.raise_any()
    return {item: [places[t] for t in range(count)] for item, places in places_of.items()}


def read_composites(path: Path, items: Mapping[str, Record]) -> list[Record]:
    """Composite queries: a table with the columns `query_id` and `item_id`, one row for each member
    of a query. A column `member_idx` (from 0) gives the order of the members; without it they keep
    the order of the rows. A column `pid` must agree with the pid of the items.

    Returns the queries as records (`reidbench_registry.composite`), in the table's order. Raises
    DataError naming the rows: a member that is not in `items` (item id -> record), a wrong number
    or pid, a query id that an item has, members that cannot form a query."""
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
            problems.add("member_idx must be an integer from 0", number)
        elif pid not in (None, "") and str(pid) != item.pid:
            problems.add("another pid than the item's in the manifest", number)
        else:
            members.setdefault(query, []).append((place, item))
    problems.raise_any()
    queries = []
    for query, of_query in members.items():
        try:
            queries.append(composite(query, _in_order(of_query)))
        except DataError as error:
            problems.add(str(error))
    problems.raise_any()
    return queries


def _in_order(members: list[tuple[int, Record]]) -> Sequence[Record]:
    return [record for _, record in sorted(members, key=lambda m: m[0])]


def _number(row: Row, name: str) -> int | None:
    """An integer from 0; None for anything else."""
    try:
        value = cell_as_integer(row.get(name))
    except ValueError:
        return None
    return value if value is not None and value >= 0 else None
