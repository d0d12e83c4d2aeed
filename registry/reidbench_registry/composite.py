"""Composite queries: several items of one person as one query."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import DataError
from .kinds import COMPOSITE_SEPARATOR
from .types import Record


def composite(item_id: str, members: Sequence[Record]) -> Record:
    """A query of several items of one person at once (ORBench; the multi-query mode of
    Market-Sketch-1K): a record with neither file nor text.

    Its modality joins those of its members, in their order: `ir+sketch`; `sketch+sketch` for two or
    more of one modality. A model may give an embedding for its item id; else the normalised
    features of the members are averaged. Camera, location and instance are set where they are the
    same for all members. Raises DataError for fewer than two members, for a member that occurs
    twice or is a composite query itself, and for members of several identities, splits or data
    sets."""
    what = f"composite query {item_id!r}"
    ids = [r.item_id for r in members]
    if len(set(ids)) < 2:
        raise DataError(f"{what}: {len(set(ids))} members, expected two or more")
    if len(set(ids)) < len(ids):
        raise DataError(f"{what}: a member occurs twice")
    if any(r.members for r in members):
        raise DataError(f"{what}: a member is a composite query itself")

    def common(name: str) -> str | None:
        values = {getattr(r, name) for r in members}
        return values.pop() if len(values) == 1 else None

    for name in ("pid", "split", "dataset"):
        if common(name) is None:
            found = ", ".join(sorted({repr(getattr(r, name)) for r in members}))
            raise DataError(f"{what}: its members are of several {name}s: {found}")
    kinds = list(dict.fromkeys(r.modality for r in members))
    return Record(
        item_id=item_id,
        dataset=members[0].dataset,
        split=members[0].split,
        modality=COMPOSITE_SEPARATOR.join(kinds if len(kinds) > 1 else kinds * 2),
        pid=members[0].pid,
        camera_id=common("camera_id"),
        instance_id=common("instance_id"),
        location_id=common("location_id"),
        role="query",
        extras={"members": ids},
    )
