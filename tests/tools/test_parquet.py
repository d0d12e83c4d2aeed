"""Parquet tables that are small on disk and would be large in memory."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reidbench.tools import _parquet
from reidbench.tools._parquet import read_table
from reidbench.tools.manifest import read_manifest
from reidbench_registry import DataError

NEEDED = {"split": "test", "modality": "rgb", "pid": "1"}


def written(path, columns, **more):
    pq.write_table(pa.table(columns), path, compression="zstd", **more)
    return path


def manifest(count, **own):
    return {"item_id": [str(i) for i in range(count)]} | {
        name: pa.array([value]).take(pa.array([0] * count))
        for name, value in (NEEDED | own).items()
    }


def refused(path, words):
    before = pa.total_allocated_bytes()
    with pytest.raises(DataError, match=words) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert pa.total_allocated_bytes() - before < 2**27


def test_one_long_value_for_many_rows(tmp_path):
    """327 KiB that took 8.5 GB: a dictionary with one value, and places in it."""
    path = tmp_path / "m.parquet"
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 400_000])
    ids = pa.array([str(i) for i in range(20_000)])
    written(path, {"item_id": ids, "text": values}, store_schema=False, data_page_size=2**20)
    assert path.stat().st_size < 400_000
    refused(path, r"bytes that would become 8,0\d\d,\d{3},\d{3} in memory")


@pytest.mark.parametrize("column", ["null", "constant", "number"])
def test_more_rows_than_the_file_has_bytes(tmp_path, column):
    count = 3_000_000
    kinds = {
        "null": pa.nulls(count, pa.string()),
        "constant": pa.DictionaryArray.from_arrays(
            pa.repeat(pa.scalar(0, pa.int8()), count), ["a"]
        ),
        "number": pa.repeat(pa.scalar(7, pa.int64()), count),
    }
    path = written(tmp_path / "m.parquet", {"item_id": kinds[column]})
    refused(path, "bytes that would become 3,000,000 rows")


def test_a_list_that_becomes_gigabytes(tmp_path):
    values = pa.repeat(pa.scalar(1, pa.int64()), 12_000_000)
    lists = pa.ListArray.from_arrays(pa.array([0, 12_000_000], pa.int32()), values)
    path = written(tmp_path / "m.parquet", {"item_id": ["a"], "places": lists})
    refused(path, "in memory")


def test_fixed_length_values_and_many_columns(tmp_path):
    path = written(tmp_path / "m.parquet", {"item_id": pa.array([b"x" * 99], pa.binary(99))})
    refused(path, "has values of 99 bytes")
    refused(written(path, {f"c{i}": [1] for i in range(1001)}), "1,001 columns")


def test_bytes_that_are_no_text(tmp_path):
    table = manifest(3) | {"pid": pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())}
    refused(written(tmp_path / "m.parquet", table), "not a whole Parquet file: .*UTF8|UTF-8")


def test_repeating_columns_of_large_files_are_read_the_same(tmp_path, monkeypatch):
    path = written(tmp_path / "m.parquet", manifest(5000, own="a", empty=""))
    through_dictionaries = read_table(path)
    monkeypatch.setattr(_parquet, "SMALL", 0)
    assert read_table(path) == through_dictionaries == pq.ParquetFile(path).read()
    assert len(read_manifest(path)) == 5000
