"""Queries that ask with several items at once."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import DataError
from .kinds import COMPOSITE_SEPARATOR
from .types import Record


def composite(item_id: str, members: Sequence[Record]) -> Record:
    """A query that asks with several items of one person at once (ORBench; the multi-query mode of
    Market-Sketch-1K), as a record with neither file nor text.

    Its modality is those of its members, in their order: `ir+sketch`; `sketch+sketch` for two or
    more of one modality. A model may embed it by its own id; for one that does not, the members'
    normalised features are averaged. Camera, location and instance are those that all members
    share. Raises DataError for fewer than two members, one that occurs twice or is a composite
    itself, and for members of several identities, splits or data sets."""
    what = f"composite query {item_id!r}"
    ids = [r.item_id for r in members]
    if len(set(ids)) < 2:
        raise DataError(f"{what}: {len(set(ids))} members, expected two or more")
    if len(set(ids)) < len(ids):
        raise DataError(f"{what}: a member occurs twice")
    if any(r.members for r in members):
        raise DataError(f"{what}: a member is a composite query itself")

    def common(name: str) -> str | None:
        found = {getattr(r, name) for r in members}
        return found.pop() if len(found) == 1 else None

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
