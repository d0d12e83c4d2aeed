"""Large manifests, read column by column.

Only tables without any mistake are read here. Others are left to the row-by-row reader, which is
slower and says what is wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from reidbench_registry import MODALITIES, Record, gc_paused

from ._rows import WHOLE, fault_of_extras
from .guarded import json_parser

NEEDED = ("item_id", "split", "modality", "pid")
FIELDS = ("item_id", "dataset", "split", "modality", "pid", "camera_id", "instance_id",
          "location_id", "path", "text", "caption_idx", "generated", "role")  # fmt: skip
"""Those of a Record, in its order, without `extras`."""
REPEATING = ("dataset", "split", "modality", "pid", "camera_id", "instance_id", "location_id",
       "generated", "role")  # fmt: skip
"""Columns with few distinct values: equal values become one object."""


def table_of(rows: Sequence[Mapping[str, Any]]) -> Any | None:
    """Rows of a text file as a pyarrow table; None where a column mixes types or `caption_idx` is
    not a number."""
    import pyarrow

    names = dict.fromkeys(chain.from_iterable(rows))
    try:
        columns = {name: pyarrow.array([row.get(name) for row in rows]) for name in names}
        numbers = columns.get("caption_idx")
        if numbers is not None and not pyarrow.types.is_boolean(numbers.type):
            columns["caption_idx"] = _blank_to_null(numbers).cast(pyarrow.int64())
    except (pyarrow.ArrowException, OverflowError):
        return None
    if "extras" in columns:
        columns["extras"] = _blank_to_null(columns["extras"])
    return pyarrow.table(columns)


def _blank_to_null(column: Any) -> Any:
    import pyarrow
    import pyarrow.compute as pc

    if not pyarrow.types.is_string(column.type):
        return column
    return pc.if_else(pc.equal(column, ""), None, column)


def clean_records(table: Any, path: Path, dataset: str | None) -> list[Record] | None:
    """The records of the manifest `path` that was read as `table`; None when any cell is wrong."""
    if not _is_clean(table) or (extras := _extras(table)) is None:
        return None
    count = len(table)
    columns = {name: _values(table[name], name) for name in table.column_names if name in FIELDS}
    del table
    name = dataset or path.stem
    if dataset is not None or "dataset" not in columns:
        columns["dataset"] = [name] * count
    columns["dataset"] = [given or name for given in columns["dataset"]]
    if "path" in columns:
        folder = str(path.parent)
        columns["path"] = [p and below(folder, p) for p in columns["path"]]
    nothing = [None] * count
    with gc_paused():
        columns["extras"] = extras
        # The same as `__init__` of the frozen class, but one column at a time: half the time.
        records = list(map(Record.__new__, repeat(Record, count)))
        for name in (*FIELDS, "extras"):
            set_field = getattr(Record, name).__set__
            deque(map(set_field, records, columns.get(name, nothing)), maxlen=0)
    return records


def _extras(table: Any) -> list[dict[str, Any]] | None:
    """A dict of extras for each row: its columns that are not fields of a Record, then what the
    column `extras` holds. None when a cell of `extras` is not a JSON object."""
    own = [name for name in table.column_names if name not in (*FIELDS, "extras")]
    rows: list[dict[str, Any]] = [{} for _ in range(len(table))]
    for name in own:
        for extras, cell in zip(rows, table[name].to_pylist(), strict=True):
            if cell is not None and cell != "":
                extras[name] = cell
    if "extras" in table.column_names:
        parse = json_parser()
        try:
            given = [parse(cell) if cell else {} for cell in table["extras"].to_pylist()]
        except ValueError:
            return None
        if not all(type(extras) is dict for extras in given):
            return None
        rows = [mine | more for mine, more in zip(rows, given, strict=True)]
    return None if any(map(fault_of_extras, rows)) else rows


def below(folder: str, file: str) -> str:
    """The path of `file`; a relative one starts at `folder`. A string, as a Path costs ten times
    more."""
    return file if file.startswith("/") else f"{folder}/{file}"


def _is_clean(table: Any) -> bool:
    import pyarrow
    import pyarrow.compute as pc

    names = table.column_names
    if not len(table) or not set(NEEDED) <= set(names) or len(set(names)) < len(names):
        return False
    if "rel_path" in names:
        return False
    for name in names:
        column, kind = table[name], table[name].type
        text = pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
        number = pyarrow.types.is_integer(kind)
        if column.null_count == len(column):
            continue
        if name == "caption_idx":
            right = number and (pc.max(column).as_py() or 0) < WHOLE
        elif name in FIELDS or name == "extras":
            right = text
        else:
            right = text or number or pyarrow.types.is_boolean(kind)
        if not right:
            return False
    for name in NEEDED:
        if table[name].null_count or pc.any(pc.equal(table[name], "")).as_py():
            return False
    known_modalities = pc.is_in(table["modality"], value_set=pyarrow.array(MODALITIES))
    unique = pc.count_distinct(table["item_id"]).as_py() == len(table)
    return unique and pc.all(known_modalities).as_py()


def _values(column: Any, name: str) -> list[Any]:
    """Cells as Python values, empty strings as None."""
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return [None] * len(column)
    if name != "caption_idx" and pc.any(pc.equal(column, "")).as_py():
        column = pc.if_else(pc.equal(column, ""), None, column)
    if name not in REPEATING:
        return column.to_pylist()
    encoded = column.combine_chunks().dictionary_encode()
    values = [*encoded.dictionary.to_pylist(), None]
    return [values[-1 if i is None else i] for i in encoded.indices.to_pylist()]
