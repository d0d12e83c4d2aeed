"""One's own data from a table."""

from dataclasses import replace
from pathlib import Path

import pytest

from reidbench.evaluation.trials import draws
from reidbench_manifest.dataset import Manifest
from reidbench_manifest.tasks import retrieval, tasks
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
    shown = [replace(r, split="test") for r in records if r.modality == "rgb" and r.split != "val"]
    query = replace(records[0], item_id="q", modality="text", split="test")
    drawn = draws(task, [query, *shown])
    assert [[r.item_id for r in trial.gallery] for trial in drawn] == [["2a"], ["0a"]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("zz,0,0", "row 1: items that are not in the manifest"),
        ("0a,0,x", "row 1: trial and place must be integers from 0"),
        ("0a,-1,0", "row 1: trial and place must be integers from 0"),
        ("0a,0,0\n0a,0,1", "row 2: an item twice in one trial"),
        ("0a,0,0\n0a,1,0\n2a,1,0", "not in each of the 2 trials, such as '2a'"),
    ],
)
def test_mistakes_in_trials_are_named(table, tmp_path, rows, words):
    trials = tmp_path / "trials.csv"
    trials.write_text(f"item_id,trial,place\n{rows}\n")
    with pytest.raises(DataError, match=words):
        Manifest(str(table), trials=str(trials)).prepare(tmp_path, plain)


def composites(table, tmp_path, rows, header="query_id,item_id"):
    path = tmp_path / "composites.csv"
    path.write_text(f"{header}\n{rows}\n")
    return Manifest(str(table), composites=str(path)).prepare(tmp_path, plain)


def test_composite_queries_beside_the_table(table, tmp_path):
    rows = "q,2b,1,p2\nr,1a,0,p1\nq,2a,0,p2\nr,1b,1,"
    found = composites(table, tmp_path, rows, "query_id,item_id,member_idx,pid")
    assert len(found) == 8
    assert [(r.item_id, r.modality, r.split, list(r.members)) for r in found[6:]] == [
        ("q", "rgb+text", "test", ["2a", "2b"]),
        ("r", "rgb+text", "val", ["1a", "1b"]),
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("q,zz,0,", "row 1: items that are not in the manifest"),
        (",2a,0,", "row 1: query_id is empty"),
        ("2a,2b,0,", "row 1: query ids that items of the manifest have"),
        ("q,2a,x,", "row 1: member_idx must be an integer from 0"),
        ("q,2a,0,p1", "row 1: another pid than the item's"),
        ("q,2a,0,\nq,1a,1,", "'q': its members are of several pids: 'p1', 'p2'"),
    ],
)
def test_mistakes_in_composite_queries_are_named(table, tmp_path, rows, words):
    with pytest.raises(DataError, match=words):
        composites(table, tmp_path, rows, "query_id,item_id,member_idx,pid")


def test_a_task_is_spelled_out(table):
    task = retrieval("ir+sketch", "rgb", exclude="same_instance", split="val", by_role=True,
                     gallery_cameras=["c1"], trials={"number": 3})  # fmt: skip
    assert task.name == "ir+sketch2rgb" and task.trials == Trials(3)
    assert task.query == Selector("ir+sketch", "val", None, "query")
    assert task.gallery == Selector("rgb", "val", ["c1"], "gallery")
    assert tasks([{"type": "Retrieval", "query": "ir"}]).tasks == (
        {"type": "Retrieval", "query": "ir"},
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: retrieval("irr", "rgb"), "unknown modality 'irr'"),
        (lambda: retrieval(["ir"], "rgb"), r"query=\['ir'\] is not a modality"),
        (lambda: retrieval("ir", "rgb", trials={"count": 3}), "expected number, shots and origin"),
        (lambda: retrieval("ir", "rgb", exclude="cameras"), "exclude='cameras' is none of"),
        (lambda: tasks([]), "not a list of configs"),
        (lambda: tasks(["ir2rgb"]), "not a list of configs"),
    ],
)
def test_a_task_spelled_wrong_is_one_line(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
