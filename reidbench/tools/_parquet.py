"""Parquet tables of strangers.

A few hundred kilobytes can stand for gigabytes: one long value in a dictionary that a million rows
point to, or a page of zeros. So a file's own account of itself is looked at before it is read, and
columns whose values repeat are read as a dictionary and places in it, of which it is known how
large they become before they do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reidbench_registry import DataError

from .guarded import GROWTH, MIB, check_file, check_memory, check_rows

COLUMNS = 1000
"""Columns that a table may have."""
WIDTH = 16
"""Bytes of a value of fixed length: a decimal number has 16."""
SMALL = 8 * MIB
"""Files up to this size are read through dictionaries throughout. In larger ones only columns
whose values repeat are: dictionaries of unique ids take time, and buy nothing."""
FEW = 4
"""Bytes a row, below which the values of a column must repeat."""
OBJECTS = 1280 * MIB
"""What the rows may take as Python objects, beyond GROWTH times the size of the file."""


def read_table(path: Path) -> Any:
    """The file as a pyarrow table. Raises ValueError for a damaged one, DataError for one that is
    too large for its size."""
    import pyarrow
    import pyarrow.parquet

    size = check_file(path)
    try:
        # The file alone: a folder name like `split=test` above it must not become a column.
        with pyarrow.parquet.ParquetFile(path) as file:
            meta = file.metadata
            _check(path, meta, size)
            strings = _as_dictionaries(file.schema_arrow, meta, size)
        with pyarrow.parquet.ParquetFile(path, read_dictionary=strings) as file:
            table = file.read()
        table.validate(full=True)
        _check_objects(path, table, size)
        return _plain(table)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"not a whole Parquet file: {error}") from None


def _check(path: Path, meta: Any, size: int) -> None:
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    rows = max(meta.num_rows, sum(group.num_rows for group in groups))
    check_rows(path, rows, size)
    if meta.num_columns > COLUMNS:
        raise ValueError(f"{meta.num_columns:,} columns, expected at most {COLUMNS:,}")
    for i in range(meta.num_columns):
        column = meta.schema.column(i)
        if column.physical_type == "FIXED_LEN_BYTE_ARRAY" and column.length > WIDTH:
            raise ValueError(f"column {column.path!r} has values of {column.length:,} bytes")
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    # A value that is null everywhere takes a place in memory all the same.
    values = max(rows * meta.num_columns, sum(chunk.num_values for chunk in chunks))
    pages = sum(chunk.total_uncompressed_size for chunk in chunks)
    check_memory(path, max(8 * values, pages), size)


def _as_dictionaries(schema: Any, meta: Any, size: int) -> list[str]:
    """The columns of strings or bytes that are read as dictionaries."""
    import pyarrow

    sizes = [0] * meta.num_columns
    for i in range(meta.num_row_groups):
        for j in range(meta.num_columns):
            sizes[j] += meta.row_group(i).column(j).total_uncompressed_size
    names = {meta.schema.column(j).path: n for j, n in enumerate(sizes)}
    return [
        field.name
        for field in schema
        if (pyarrow.types.is_string(field.type) or pyarrow.types.is_binary(field.type))
        and (size <= SMALL or names.get(field.name, 0) < FEW * meta.num_rows)
    ]


def _check_objects(path: Path, table: Any, size: int) -> None:
    """Whether the table's values, and then its rows, fit into what a file of this size may take:
    about 350 bytes a row and 60 a value beside its characters, as measured."""
    decoded = sum(map(_decoded, table.columns))
    check_memory(path, decoded, size)
    values = sum(len(column) - column.null_count for column in table.columns)
    taken = 350 * len(table) + 60 * values + decoded
    if taken > OBJECTS + GROWTH * size:
        raise DataError(f"{path}: {size:,} bytes that would become {taken:,} in memory")


def _decoded(column: Any) -> int:
    """Bytes of a column once its values stand one by one."""
    import pyarrow
    import pyarrow.compute as pc

    if not pyarrow.types.is_dictionary(column.type):
        return column.nbytes
    total = 0
    for chunk in column.chunks:
        lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
        total += (pc.sum(lengths).as_py() or 0) + 4 * len(chunk)
    return total


def _plain(table: Any) -> Any:
    import pyarrow

    columns = [
        column.cast(column.type.value_type) if pyarrow.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pyarrow.Table.from_arrays(columns, names=table.column_names)
