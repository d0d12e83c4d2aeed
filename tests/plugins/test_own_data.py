"""One's own data from a table."""

from pathlib import Path

import pytest

from reidbench.evaluation.trials import galleries
from reidbench_manifest.dataset import Manifest
from reidbench_registry import ConfigError, DataError, Selector, Task, Trials, fingerprint


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


def test_trials_beside_the_table_decide_the_galleries(table, tmp_path):
    trials = tmp_path / "trials.csv"
    trials.write_text("item_id,trial,place\n2a,0,0\n2a,1,1\n0a,1,0\n0a,0,1\n")
    records = Manifest(str(table), trials=str(trials)).prepare(tmp_path, plain)
    places = {r.item_id: r.extras.get("trial_places") for r in records}
    assert places["2a"] == [0, 1] and places["0a"] == [1, 0] and places["1a"] is None
    task = Task("t", Selector("text"), Selector("rgb"), trials=Trials(2, 1, "dataset"))
    gallery = [r for r in records if r.item_id in ("0a", "2a")]
    assert [[r.item_id for r in g] for g in galleries(task, gallery)] == [["2a"], ["0a"]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("zz,0,0", "row 1: items that are not in the manifest"),
        ("0a,0,x", "row 1: trial and place are whole numbers from 0"),
        ("0a,-1,0", "row 1: trial and place are whole numbers from 0"),
        ("0a,0,0\n0a,0,1", "row 2: an item twice in one trial"),
        ("0a,0,0\n0a,1,0\n2a,1,0", "not in each of the 2 trials, such as '2a'"),
    ],
)
def test_mistakes_in_trials_are_named(table, tmp_path, rows, words):
    trials = tmp_path / "trials.csv"
    trials.write_text(f"item_id,trial,place\n{rows}\n")
    with pytest.raises(DataError, match=words):
        Manifest(str(table), trials=str(trials)).prepare(tmp_path, plain)
