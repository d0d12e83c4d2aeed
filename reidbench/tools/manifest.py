"""Manifests: an index of items as a table in a file, one row for each item.

| column | |
|---|---|
| `item_id`, `split`, `modality`, `pid` | required, no empty cells |
| `dataset` | optional; default: the name of the file |
| `camera_id`, `instance_id`, `location_id`, `text`, `generated` | optional, may be empty |
| `role` | optional: `query` or `gallery`, where the data set fixes it |
| `path` (or `rel_path`) | optional; a relative path starts at the manifest's folder |
| `caption_idx` | optional, an integer |
| `extras` | optional, a JSON object |

All other columns go to `extras` under their own names. The suffix gives the format: `.csv` (UTF-8,
with a header), `.jsonl` (one object per line), `.json` (a list of objects, as a run writes its
index) or `.parquet`. Ids are strings and keep their leading zeros. Row 1 is the first item.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import (
    COMPOSITE_SEPARATOR,
    MODALITIES,
    DataError,
    Record,
    did_you_mean,
    gc_paused,
)

from ._columns import below, clean_records, table_of
from ._parquet import read_table
from ._rows import MISSING, READERS, Row, cell_as_integer, check_columns, fault_of_extras, read_rows
from .files import whole_file
from .guarded import BYTES_PER_ROW, as_data_error, json_parser
from .problems import Problems
from .terminal import quoted

REQUIRED = ("item_id", "split", "modality", "pid")
OPTIONAL = ("camera_id", "instance_id", "location_id", "text", "generated", "role")
COLUMNS = (*REQUIRED, "dataset", *OPTIONAL, "path", "caption_idx", "extras")
_KNOWN = frozenset((*COLUMNS, "rel_path"))
_PART = 65_536
"""Rows of a Parquet table that are looked at together"""
_SLOW = 500_000
"""Rows of a Parquet table that are read one by one, in a file of any size"""


def read_manifest(path: Path, dataset: str | None = None) -> list[Record]:
    """The records of a manifest, in its order; `dataset`, where it is given, replaces the column of
    that name. Paths are strings. A table without mistakes is read column by column; any other is
    read row by row, to say what is wrong, which takes several times longer.

    Raises DataError, one line that names the file and the rows: a missing, damaged or empty file, a
    missing column, an empty or wrong cell, a modality that does not exist, an item id that occurs
    twice."""
    problems = Problems(path, "row")
    rows: list[Row] = []
    if path.suffix == ".parquet":
        with as_data_error(path, MISSING):
            table = read_table(path)
        check_columns(path, set(table.column_names), len(table), REQUIRED, COLUMNS)
    else:
        rows = read_rows(path, problems, REQUIRED, COLUMNS)
        table = table_of(rows)
    if table is not None and (clean := clean_records(table, path, dataset)) is not None:
        return clean
    found = (
        (_record(row, number, path, dataset, problems) for number, row in enumerate(rows, start=1))
        if rows
        else _by_parts(table, path, dataset, problems)
    )
    records = []
    first_row: dict[str, int] = {}
    with gc_paused():
        for number, record in enumerate(found, start=1):
            if record.item_id and first_row.setdefault(record.item_id, number) != number:
                problems.add(f"item id {quoted(record.item_id)} occurs more than once", number)
            if problems.full:
                break
            records.append(record)
    problems.raise_any()
    return records


def _by_parts(table: Any, path: Path, dataset: str | None, problems: Problems) -> Iterator[Record]:
    """The records of a Parquet table in which something is wrong or unusual; only the parts where
    it is are read row by row."""
    most = _SLOW + path.stat().st_size // (2 * BYTES_PER_ROW)
    slow = 0
    for start in range(0, len(table), _PART):
        part = table.slice(start, _PART)
        if (clean := clean_records(part, path, dataset)) is not None:
            yield from clean
            continue
        slow += len(part)
        if slow > most:
            problems.raise_any()
            raise DataError(
                f"{path}: more than {most:,} rows that are no plain strings and integers; write "
                "such columns as strings"
            )
        for number, row in enumerate(part.to_pylist(), start=start + 1):
            yield _record(row, number, path, dataset, problems)


def _record(row: Row, number: int, path: Path, dataset: str | None, problems: Problems) -> Record:
    def wrong(what: str) -> None:
        problems.add(what, number)

    def string(name: str) -> str | None:
        value = row.get(name)
        if type(value) is str:
            return value or None
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        wrong(f"{name} is {quoted(value)}, expected a string")
        return None

    def needed(name: str) -> str:
        value = string(name)
        if value is None and row.get(name) in (None, ""):
            wrong(f"{name} is empty")
        return value or ""

    modality = needed("modality")
    for part in modality.split(COMPOSITE_SEPARATOR) if modality else ():
        if part not in MODALITIES:
            wrong(
                f"unknown modality {quoted(part)}{did_you_mean(part, MODALITIES)} "
                f"(modalities: {', '.join(MODALITIES)})"
            )
    file = string("path") or string("rel_path")
    return Record(
        item_id=needed("item_id"),
        dataset=dataset or string("dataset") or path.stem,
        split=needed("split"),
        modality=modality,
        pid=needed("pid"),
        **{name: string(name) for name in OPTIONAL},
        path=below(str(path.parent), file) if file else None,
        caption_idx=_caption_idx(row, wrong),
        extras=_extras(row, wrong),
    )


def _caption_idx(row: Row, wrong: Callable[[str], None]) -> int | None:
    value = row.get("caption_idx")
    try:
        return cell_as_integer(value)
    except ValueError:
        wrong(f"caption_idx is {quoted(value)}, expected an integer")
        return None


def _extras(row: Row, wrong: Callable[[str], None]) -> dict[str, Any]:
    given = row.get("extras")
    if isinstance(given, str) and given:
        with contextlib.suppress(ValueError):
            given = json_parser()(given)
    if given and not isinstance(given, dict):
        wrong("extras is no JSON object")
        given = None
    unknown = {k: _json_value(v) for k, v in row.items() if k not in _KNOWN}
    extras = {k: v for k, v in unknown.items() if v not in (None, "")} | _json_value(given or {})
    if fault := fault_of_extras(extras):
        wrong(fault)
    return extras


def _json_value(value: Any) -> Any:
    """A cell of an extra column as a JSON value: dates and the like become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return [_json_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    return str(value)


def write_manifest(path: Path, records: Sequence[Record]) -> None:
    """Write records as a manifest in the format of the suffix, whole or not at all. Paths below the
    manifest's folder become relative. Raises DataError for an unknown suffix."""
    if path.suffix not in READERS:
        raise DataError(f"{path}: a manifest is a {', '.join(READERS)} file")
    here, folder = str(Path.cwd()), f"{path.parent.absolute()}/"
    rows = [_row(record, here, folder) for record in records]
    with whole_file(path) as part:
        if path.suffix == ".parquet":
            import pyarrow
            import pyarrow.parquet

            columns = {name: [row[name] for row in rows] for name in COLUMNS}
            number, text = pyarrow.int32(), pyarrow.string()
            schema = pyarrow.schema([(n, number if n == "caption_idx" else text) for n in COLUMNS])
            pyarrow.parquet.write_table(pyarrow.table(columns, schema), part)
        else:
            part.write_text(_as_text(rows, path.suffix), encoding="utf-8", newline="")


def _row(record: Record, here: str, folder: str) -> Row:
    row: Row = {name: getattr(record, name) for name in COLUMNS}
    if record.path is not None:
        # The disk is not asked: a data set may have a million files.
        row["path"] = below(here, str(record.path)).removeprefix(folder)
    extras = dict(record.extras)
    row["extras"] = json.dumps(extras, ensure_ascii=False) if extras else None
    return row


def _as_text(rows: Iterable[Row], suffix: str) -> str:
    if suffix == ".csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()
    plain = [{k: v for k, v in row.items() if v is not None} for row in rows]
    for row in plain:
        if "extras" in row:
            row["extras"] = json.loads(row["extras"])
    lines = [json.dumps(row, ensure_ascii=False) for row in plain]
    return "[\n" + ",\n".join(lines) + "\n]\n" if suffix == ".json" else "\n".join([*lines, ""])
