"""Manifests: an index of items as a table in a file, one row an item.

| column | |
|---|---|
| `item_id`, `split`, `modality`, `pid` | must be there, no empty cells |
| `dataset` | the file's name where it is left out |
| `camera_id`, `instance_id`, `location_id`, `text`, `generated` | may be left out or empty |
| `role` | `query` or `gallery` where that is fixed |
| `path` (or `rel_path`) | a relative one starts at the manifest's folder |
| `caption_idx` | a whole number |
| `extras` | a JSON object |

All other columns go to `extras` under their own names. The suffix says the form: `.csv` (UTF-8,
with a header), `.jsonl` (an object a line), `.json` (a list of objects, as a run writes its
index) or `.parquet`. Ids are strings and keep their leading zeros. Row 1 is the first item.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import MODALITIES, DataError, Record, did_you_mean

from ._columns import below, clean_records, read_table
from .files import whole_file
from .problems import Problems

REQUIRED = ("item_id", "split", "modality", "pid")
OPTIONAL = ("camera_id", "instance_id", "location_id", "text", "generated", "role")
TRIALS = ("item_id", "trial", "place")
COLUMNS = (*REQUIRED, "dataset", *OPTIONAL, "path", "caption_idx", "extras")

Row = dict[str, Any]


def read_manifest(path: Path, dataset: str | None = None) -> list[Record]:
    """The records of a manifest, in its order; of the data set `dataset` where that is given. Their
    paths are strings: a large Parquet file without mistakes is read column by column.

    Raises DataError, one line that names the file and the rows: a file that is missing, damaged or
    empty, a column that is missing, an empty or wrong cell, a modality that does not exist, an
    item id that occurs twice."""
    if path.suffix == ".parquet" and path.is_file():
        with _one_line(path):
            if (quick := clean_records(path, dataset)) is not None:
                return quick
    problems = Problems(path, "row")
    rows = _read(path, problems, REQUIRED, COLUMNS)
    if dataset is not None:
        rows = [row | {"dataset": dataset} for row in rows]
    records = [_record(row, number, path, problems) for number, row in enumerate(rows, start=1)]
    first_row: dict[str, int] = {}
    for number, record in enumerate(records, start=1):
        if record.item_id and first_row.setdefault(record.item_id, number) != number:
            problems.add(f"item id {record.item_id!r} occurs more than once", number)
    problems.raise_any()
    return records


def read_trials(path: Path, items: Collection[str]) -> dict[str, list[int]]:
    """Galleries that a data set's authors drew, as a table of a manifest's forms beside it: columns
    `item_id`, `trial` and `place`, both counted from 0, a row for each item of a gallery and trial.

    item id -> its place in each trial: `extras["trial_places"]` of a Record. An item takes part in
    galleries of as many shots as its place is smaller than. Raises DataError naming the rows: an
    item that is none of `items`, a wrong number, a trial that comes twice or not at all."""
    problems = Problems(path, "row")
    rows = _read(path, problems, TRIALS, TRIALS)
    found: dict[str, dict[int, int]] = {}
    for number, row in enumerate(rows, start=1):
        numbers = [_whole_number(row.get(name), lambda _: None) for name in TRIALS[1:]]
        trial, place = (n if n is not None and n >= 0 else None for n in numbers)
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


def _read(path: Path, problems: Problems, needed: Sequence[str], known: Sequence[str]) -> list[Row]:
    """The rows of a table that has at least the columns `needed`."""
    if path.suffix not in _READERS:
        raise DataError(f"{path}: a manifest is a {', '.join(_READERS)} file")
    if not path.is_file():
        raise DataError(f"manifest not found: {path}")
    with _one_line(path):
        rows = _READERS[path.suffix](path, problems)
    problems.raise_any()
    if not rows:
        raise DataError(f"{path}: the manifest is empty")
    present = set().union(*rows)
    for name in needed:
        if name not in present:
            raise DataError(
                f"{path}: there is no column {name!r}{did_you_mean(name, present - set(known))} "
                f"(columns: {', '.join(sorted(present))})"
            )
    return rows


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """What damaged files make libraries raise, as DataError."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start})") from None
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: {str(error).partition(chr(10))[0]}") from None


def _record(row: Row, number: int, path: Path, problems: Problems) -> Record:
    def wrong(what: str) -> None:
        problems.add(what, number)

    def string(name: str) -> str | None:
        value = row.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        wrong(f"{name} is {value!r}, expected a string")
        return None

    def needed(name: str) -> str:
        value = string(name)
        if value is None and row.get(name) in (None, ""):
            wrong(f"{name} is empty")
        return value or ""

    modality = needed("modality")
    if modality and modality not in MODALITIES:
        wrong(
            f"unknown modality {modality!r}{did_you_mean(modality, MODALITIES)} "
            f"(modalities: {', '.join(MODALITIES)})"
        )
    file = string("path") or string("rel_path")
    return Record(
        item_id=needed("item_id"),
        dataset=string("dataset") or path.stem,
        split=needed("split"),
        modality=modality,
        pid=needed("pid"),
        **{name: string(name) for name in OPTIONAL},
        path=below(str(path.parent), file) if file else None,
        caption_idx=_whole_number(row.get("caption_idx"), wrong),
        extras=_extras(row, wrong),
    )


def _whole_number(value: Any, wrong: Callable[[str], None]) -> int | None:
    if value is None or value == "":
        return None
    try:
        # Tables with gaps write whole numbers as 0.0, and a gap as NaN.
        number = float(value)
    except (TypeError, ValueError):
        number = 0.5
    if math.isnan(number):
        return None
    if isinstance(value, bool) or not number.is_integer():
        wrong(f"caption_idx is {value!r}, expected a whole number")
        return None
    return int(number)


def _extras(row: Row, wrong: Callable[[str], None]) -> dict[str, Any]:
    given = row.get("extras")
    if isinstance(given, str) and given:
        with contextlib.suppress(ValueError):
            given = json.loads(given)
    if given and not isinstance(given, dict):
        wrong("extras is no JSON object")
        given = None
    unknown = {k: _json_value(v) for k, v in row.items() if k not in (*COLUMNS, "rel_path")}
    return {k: v for k, v in unknown.items() if v not in (None, "")} | (given or {})


def _json_value(value: Any) -> Any:
    """A cell of a column that is not ours, as JSON knows it: dates and the like become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return [_json_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    return str(value)


def _read_csv(path: Path, problems: Problems) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if len(set(header)) < len(header):
            raise ValueError("two columns have one name")
        rows = []
        for number, cells in enumerate((c for c in reader if c), start=1):
            if len(cells) != len(header):
                problems.add(f"{len(cells)} cells under {len(header)} columns", number)
            rows.append(dict(zip(header, cells, strict=False)))
    return rows


def _read_jsonl(path: Path, problems: Problems) -> list[Row]:
    rows = []
    lines = (x for x in path.read_text(encoding="utf-8-sig").split("\n") if x.strip())
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            problems.add("no JSON object", number)
            continue
        rows.append(row)
    return rows


def _read_json(path: Path, problems: Problems) -> list[Row]:
    rows = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        raise ValueError(f"expected a list of objects, found {type(rows).__name__}")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problems.add("no JSON object", number)
    return rows


def _read_parquet(path: Path, problems: Problems) -> list[Row]:
    return read_table(path).to_pylist()


_READERS: dict[str, Callable[[Path, Problems], list[Row]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".parquet": _read_parquet,
}


def write_manifest(path: Path, records: Sequence[Record]) -> None:
    """Write records as a manifest in the form that the suffix says, whole or not at all. Files
    below the manifest's folder get relative paths. Raises DataError for another suffix."""
    if path.suffix not in _READERS:
        raise DataError(f"{path}: a manifest is a {', '.join(_READERS)} file")
    rows = [_row(record, path.parent.resolve()) for record in records]
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


def _row(record: Record, folder: Path) -> Row:
    row: Row = {name: getattr(record, name) for name in COLUMNS}
    if record.path is not None:
        place = Path(record.path).resolve()
        row["path"] = (
            place.relative_to(folder) if place.is_relative_to(folder) else place
        ).as_posix()
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
