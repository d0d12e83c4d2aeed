import re

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import torch

from reidbench.embeddings import Embeddings
from reidbench.report.atlas import write_atlas
from reidbench.report.neighbours import neighbours, projection
from reidbench_registry import ConfigError, DataError, Record


def features(count, dim=8, seed=0):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed))


def records(count):
    return [
        Record(f"item {n}", "made", "test", "text" if n % 2 else "rgb", str(n // 2),
               camera_id=None if n % 2 else "3", text=f"caption <{n}>" if n % 2 else None,
               path="/secret/place.png")
        for n in range(count)
    ]  # fmt: skip


def bank(count, **options):
    return Embeddings(features(count, **options), [f"item {n}" for n in range(count)])


@pytest.mark.parametrize(("count", "k", "rows"), [(50, 15, 7), (50, 15, 64), (9, 15, 4), (1, 3, 4)])
def test_neighbours_are_those_of_the_whole_matrix(count, k, rows):
    given = 3 * features(count)
    similarity, near = map(torch.cat, zip(*neighbours(given, k, rows), strict=True))
    x = given.double().numpy()
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    whole = x @ x.T
    np.fill_diagonal(whole, -np.inf)
    for row in range(count):
        plain = sorted(set(range(count)) - {row}, key=lambda n: -whole[row, n])[:k]
        assert near[row].tolist() == plain
        np.testing.assert_allclose(similarity[row], whole[row, plain], atol=1e-6)


def test_neighbours_of_equal_rows_are_whole_and_in_order():
    given = torch.tensor([[1.0, 0.0]] * 5 + [[0.0, 0.0]])
    similarity, near = map(torch.cat, zip(*neighbours(given, 15, 2), strict=True))
    assert near[3].tolist() == [0, 1, 2, 4, 5]
    assert similarity[3].tolist() == [1, 1, 1, 1, 0]
    assert near[5].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("dim", [1, 2, 8])
def test_projection_is_the_pca_of_all_rows(dim):
    given = features(40, dim) + 1
    places, explained = projection(given, rows=7)
    x = torch.nn.functional.normalize(given, dim=1).double()
    x -= x.mean(0)
    left, values, _ = torch.linalg.svd(x, full_matrices=False)
    for axis in range(min(2, dim)):
        plain = left[:, axis] * values[axis]
        torch.testing.assert_close(places[:, axis].abs(), plain.abs(), atol=1e-6, rtol=0)
        if dim > 1:
            whole = float((values**2).sum())
            assert explained[axis] == pytest.approx(float(values[axis] ** 2) / whole, abs=1e-6)
    assert places.shape == (40, 2)


def test_a_file_holds_what_was_given(tmp_path, monkeypatch):
    monkeypatch.setattr("reidbench.report.atlas.ROWS", 8)
    path, count = tmp_path / "made" / "atlas.parquet", 20
    given = bank(count)
    write_atlas(path, reversed(records(count + 5)), given, None, {"item 4": b"RIFF"})
    table = pyarrow.parquet.read_table(path)
    rows = table.to_pylist()
    assert [row["item"] for row in rows] == given.item_ids
    assert rows[3] | {"neighbors": 0, "projection_x": 0, "projection_y": 0} == {
        "item": "item 3", "modality": "text", "pid": "1", "camera": None, "split": "test",
        "caption": "caption <3>", "image": None, "neighbors": 0, "projection_x": 0,
        "projection_y": 0,
    }  # fmt: skip
    assert rows[4]["image"] == {"bytes": b"RIFF", "path": "item 4"}
    unit = torch.nn.functional.normalize(given.features, dim=1)
    for number, row in enumerate(rows):
        near = row["neighbors"]
        assert len(near["ids"]) == 15 and number not in near["ids"]
        assert near["distances"] == sorted(near["distances"])
        plain = 1 - unit[number] @ unit[near["ids"]].T
        np.testing.assert_allclose(near["distances"], plain, atol=1e-6)
    places = projection(given.features)[0]
    assert [row["projection_x"] for row in rows] == places[:, 0].tolist()
    assert b"secret" not in path.read_bytes()
    assert pyarrow.parquet.ParquetFile(path).num_row_groups == 3


def test_coordinates_of_another_projection(tmp_path):
    path, places = tmp_path / "a.parquet", torch.arange(12.0).view(6, 2)
    write_atlas(path, records(6), bank(6), places)
    table = pyarrow.parquet.read_table(path)
    assert table["projection_y"].to_pylist() == places[:, 1].tolist()
    assert pyarrow.types.is_float64(table["projection_x"].type)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_items(tmp_path, count):
    write_atlas(tmp_path / "a.parquet", records(count), bank(count))
    rows = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [len(row["neighbors"]["ids"]) for row in rows] == [max(0, count - 1)] * count


def test_text_that_utf8_cannot_hold(tmp_path):
    odd = Record("item 0", "made", "test", "text", "\ud800", text="half \udfff of a pair")
    write_atlas(tmp_path / "a.parquet", [odd], bank(1))
    (row,) = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert row["caption"] == "half ? of a pair" and row["pid"] == "?"


def test_mistakes_leave_no_file(tmp_path):
    def fails(error, message, given=None, of=None, name="a.parquet", **options):
        with pytest.raises(error, match=re.escape(message)):
            write_atlas(tmp_path / name, of or records(4), given or bank(4), **options)
        assert not list(tmp_path.iterdir())

    fails(ConfigError, "expected a .parquet file", name="a.csv")
    fails(DataError, "2 items have no record, first 'item 2'", of=records(2))
    fails(DataError, "coordinates have the shape [3, 2], expected [4, 2]",
          coordinates=torch.zeros(3, 2))  # fmt: skip
    fails(DataError, "coordinates are not finite", coordinates=torch.full((4, 2), torch.nan))
    broken = bank(4)
    broken.features[2, 1] = torch.inf
    fails(DataError, "features are not finite, first that of item 'item 2'", broken)
