"""The authors' table of QrCM-ReID as input."""

import csv
from pathlib import Path

import pytest

from reidbench_qrcm.authors_csv import QrCMTable
from reidbench_registry import ConfigError, DataError


def plain(items, *_):
    return items


@pytest.fixture
def table(tmp_path):
    return Path(QrCMTable.conformance(tmp_path / "aio_reid")["csv"])


def changed(table, change):
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return QrCMTable(str(table))


def test_one_instance_is_a_photo_its_versions_and_its_caption(table, tmp_path):
    dataset = QrCMTable(str(table))
    records = dataset.prepare(tmp_path, plain)
    assert [r.modality for r in records] == ["rgb", "ir", "sketch", "text"] * 3
    assert [r.instance_id for r in records[:5]] == ["0", "0", "0", "0", "1"]
    assert {r.camera_id for r in records} == {None}, "camid counts photos"
    assert [r.text for r in records if r.modality == "text"] == ["A man."] * 3
    assert [r.split for r in records[::4]] == ["train", "val", "test"]
    assert dataset.notes == []


def test_paths_of_another_machine_are_rooted_anew(table, tmp_path):
    here = str(table.parent)
    dataset = changed(table, lambda rows: [
        row.__setitem__(0, row[0].replace(here, "/data/aio_reid")) for row in rows[1:]
    ])  # fmt: skip
    with pytest.raises(DataError, match="images not found in /data/aio_reid/RGB"):
        dataset.prepare(tmp_path, plain)
    moved = QrCMTable(str(table), root=here, strip="/data/aio_reid")
    assert all(r.path.is_file() for r in moved.prepare(tmp_path, plain) if r.path)
    with pytest.raises(DataError, match="paths that do not begin with /elsewhere"):
        QrCMTable(str(table), root=here, strip="/elsewhere").prepare(tmp_path, plain)


def set_cell(row, column, value):
    return lambda rows: rows[row].__setitem__(column, value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_cell(2, 3, "ir"), "row 2: modality 'ir' is none of RGB, IR, sketch, text"),
        (set_cell(2, 3, "sketch"), "row 1: photos with 0 ir rows; row 1: photos with 2 sketch"),
        (set_cell(2, 7, "dev"), "row 2: split 'dev' is none of train, val, test"),
        (set_cell(2, 1, "x"), "row 2: pid is 'x', expected an integer"),
        (set_cell(4, 5, "1"), "row 4: num_images is 1 for text"),
        (set_cell(4, 4, " "), "row 4: the caption is empty"),
        (set_cell(1, 0, ""), "row 1: a RGB row without an image_path"),
        (set_cell(3, 1, "1"), "camid 0 has more than one pid"),
        (set_cell(5, 7, "train"), "identity 1 is in train and in val"),
        (lambda rows: rows.pop(4), "row 1: photos without a text row"),
        (lambda rows: rows[0].pop(), "there is no column split"),
        (lambda rows: rows[3].pop(), "row 3: another number of cells than columns"),
        (lambda rows: rows.__delitem__(slice(1, None)), "the table is empty"),
    ],
)
def test_mistakes_are_named_with_their_rows(table, tmp_path, change, words):
    with pytest.raises(DataError) as error:
        changed(table, change).prepare(tmp_path, plain)
    assert words in str(error.value)


def test_train_numbers_with_gaps_are_noted(table, tmp_path):
    dataset = changed(table, lambda rows: [
        row.__setitem__(column, "7") for row in rows[1:5] for column in (1, 6)
    ])  # fmt: skip
    dataset.prepare(tmp_path, plain)
    assert [note.split(" do not")[0] for note in dataset.notes] == ["train pids", "train camids"]


def test_files_and_arguments(tmp_path, table):
    with pytest.raises(DataError, match="table not found: nowhere.csv"):
        QrCMTable("nowhere.csv").prepare(tmp_path, plain)
    table.write_bytes(table.read_bytes() + b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        QrCMTable(str(table)).prepare(tmp_path, plain)
    for given in ({"csv": ""}, {"csv": "x", "strip": "/data"}, {"csv": "x", "root": ""}):
        with pytest.raises(ConfigError, match="QrCM-table: "):
            QrCMTable(**given)
