"""One's own data from a table."""

from pathlib import Path

import pytest

from reidbench_manifest.dataset import Manifest
from reidbench_registry import ConfigError, DataError, fingerprint


def plain(items, *_):
    return items


@pytest.fixture
def table(tmp_path):
    return Path(Manifest.conformance(tmp_path / "mine")["path"])


def test_rows_become_records_without_cameras(table, tmp_path):
    dataset = Manifest(str(table), name="Mine", licence="CC0")
    records = dataset.prepare(tmp_path, plain)
    assert [(r.dataset, r.modality, r.camera_id) for r in records] == [
        ("Mine", "rgb", None), ("Mine", "text", None),
    ] * 3  # fmt: skip
    assert dataset.card.modalities == ("rgb", "text") and dataset.card.licence == "CC0"
    assert Manifest(str(table)).card.name == "mine"
    moved = table.parent.rename(tmp_path / "elsewhere") / "mine.csv"
    again = Manifest(str(moved), name="Mine")
    found = again.prepare(tmp_path, plain)
    assert fingerprint(again.card, found) == fingerprint(dataset.card, records)


def test_files_that_are_not_there_are_all_named(table, tmp_path):
    for name in ("0.png", "2.png"):
        (table.parent / name).unlink()
    with pytest.raises(DataError, match="2 files are not there") as error:
        Manifest(str(table)).prepare(tmp_path, plain)
    assert len(error.value.problems) == 2 and "(item '2a')" in error.value.problems[1]


@pytest.mark.parametrize(
    "given", [{"path": ""}, {"path": "x", "name": 3}, {"path": "x", "synthetic": "no"}]
)
def test_wrong_arguments(given):
    with pytest.raises(ConfigError, match="Manifest: "):
        Manifest(**given)
