"""Manifests: what goes in comes out, in every form; what is wrong is one line with its rows."""

import csv
import json
import time
from dataclasses import fields, replace

import pyarrow
import pyarrow.parquet
import pytest

from reidbench.tools import manifest
from reidbench.tools._columns import FIELDS, clean_records
from reidbench.tools._parquet import read_table
from reidbench.tools.manifest import read_manifest, write_manifest
from reidbench_registry import DataError, DatasetCard, Record, fingerprint

FORMS = [".csv", ".jsonl", ".json", ".parquet"]
HEADER = "item_id,split,modality,pid"


def records(folder):
    return [
        Record("a", "toy", "test", "rgb", "007", "c1", "p1", "l1", f"{folder}/imgs/a.jpg"),
        Record("b", "toy", "test", "text", "007", instance_id="p1", text='a "red"\ncoat, été',
               caption_idx=0, extras={"style": "x", "trial_places": [3, 1]}),
        Record("0012", "toy", "train", "ir", "000", path="/elsewhere/b.png",
               generated="ChannelMix"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_goes_in_comes_out(form, tmp_path):
    path = tmp_path / f"toy{form}"
    write_manifest(path, records(tmp_path))
    assert read_manifest(path) == records(tmp_path)


def test_a_table_without_mistakes_reads_the_same_by_columns(tmp_path, monkeypatch):
    plain = [replace(r, role=role) for r, role in zip(
        records(tmp_path), ("query", None, "gallery"), strict=True)]  # fmt: skip
    path = tmp_path / "toy.parquet"
    write_manifest(path, plain)
    found = clean_records(read_table(path), path, None)
    assert found == plain and len({id(r.extras) for r in found}) == len(plain)
    assert tuple(f.name for f in fields(Record) if f.name != "extras") == FIELDS
    assert {r.dataset for r in read_manifest(path, "other")} == {"other"}


@pytest.mark.parametrize("form", [".csv", ".jsonl", ".json"])
def test_text_forms_read_the_same_by_columns_and_by_rows(form, tmp_path, monkeypatch):
    plain = [replace(r, extras={}) for r in records(tmp_path)]
    path = tmp_path / f"toy{form}"
    write_manifest(path, plain)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "_record", None)
        assert read_manifest(path) == plain
        assert {r.dataset for r in read_manifest(path, "other")} == {"other"}
    monkeypatch.setattr(manifest, "table_of", lambda rows: None)
    assert read_manifest(path) == plain
    assert {r.dataset for r in read_manifest(path, "other")} == {"other"}


@pytest.mark.parametrize(
    "wrong", [{"modality": "radar"}, {"pid": ""}, {"item_id": "0012"}, {"modality": "ir+rgb"}]
)
def test_a_table_with_anything_else_is_read_by_rows(tmp_path, wrong):
    rows = [replace(r, extras={}) for r in records(tmp_path)]
    path = tmp_path / "toy.parquet"
    write_manifest(path, [replace(rows[0], **wrong), *rows[1:]])
    assert clean_records(read_table(path), path, None) is None


OWN = [
    {
        "style": "lineart",
        "frame": 3,
        "blurred": True,
        "score": 1.5,
        "extras": '{"a": [1], "style": 7}',
    },
    {"style": "", "frame": None, "blurred": False, "score": 2, "extras": ""},
    {"style": "0012", "frame": 0, "blurred": None, "score": float("nan"), "extras": None},
]


@pytest.mark.parametrize("left_out", [(), ("score",), ("extras", "score")])
@pytest.mark.parametrize("form", FORMS)
def test_columns_of_its_own_read_the_same_by_columns_and_by_rows(
    form, left_out, tmp_path, monkeypatch
):
    """A column of numbers that are not all whole is left to the slow way in every form."""
    rows = [
        {"item_id": str(i), "split": "test", "modality": "rgb", "pid": "1"}
        | {k: v for k, v in own.items() if k not in left_out}
        for i, own in enumerate(OWN)
    ]
    path = tmp_path / f"own{form}"
    if form == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif form == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = [json.dumps(row).replace("NaN", "null") for row in rows]
        path.write_text("\n".join(lines) if form == ".jsonl" else f"[{','.join(lines)}]")
    found = read_manifest(path)
    monkeypatch.setattr(manifest, "clean_records", lambda *_: None)
    by_rows = read_manifest(path)
    assert found == by_rows and [list(map(type, r.extras.values())) for r in found] == [
        list(map(type, r.extras.values())) for r in by_rows
    ]
    assert found[2].extras["style"] == "0012" and "style" not in found[1].extras


CHANGES = {
    "item_id": "z", "split": "val", "modality": "thermal", "pid": "8", "camera_id": "c2",
    "instance_id": "p2", "location_id": "l2", "text": "x", "caption_idx": 4, "generated": "g",
    "role": "query", "extras": {"a": 1},
}  # fmt: skip


def test_a_fingerprint_follows_every_field_but_place_and_order(tmp_path):
    card = DatasetCard("toy", "1", "CC0", "nobody", ("rgb",))
    rows = records(tmp_path)
    first = fingerprint(card, rows)
    assert fingerprint(card, rows[::-1]) == first
    assert fingerprint(card, records(tmp_path / "elsewhere")) == first
    assert fingerprint(replace(card, revision="2"), rows) != first
    found = {fingerprint(card, [replace(rows[0], **{k: v}), *rows[1:]]) for k, v in CHANGES.items()}
    assert len(found | {first}) == len(CHANGES) + 1
    assert {f.name for f in fields(Record)} == {*CHANGES, "dataset", "path"}


def written(tmp_path, text, name="m.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_of_other_hands(tmp_path):
    """A byte order mark, another order, own columns, empty cells; a JSON number is an id too."""
    text = "\ufeffpid,style,rel_path,item_id,modality,split,caption_idx,extras\n"
    text += '007,lineart,x/1.png,s1,sketch,test,1.0,"{""artist"": 3}"\n0,,,s2,sketch,test,,\n'
    first, second = read_manifest(written(tmp_path, text))
    assert first == Record("s1", "m", "test", "sketch", "007", path=f"{tmp_path}/x/1.png",
                           caption_idx=1, extras={"style": "lineart", "artist": 3})  # fmt: skip
    assert second == Record("s2", "m", "test", "sketch", "0")
    line = '{"item_id": 7, "split": "test", "modality": "rgb", "pid": 3, "camera_id": null}\n\n'
    assert read_manifest(written(tmp_path, line, "m.jsonl")) == [
        Record("7", "m", "test", "rgb", "3")
    ]


def test_a_column_folder_of_parquet_is_no_column(tmp_path):
    folder = tmp_path / "split=train"
    write_manifest(folder / "m.parquet", records(folder))
    assert [r.split for r in read_manifest(folder / "m.parquet")] == ["test", "test", "train"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the manifest is empty"),
        (f"{HEADER}\n", "the manifest is empty"),
        ("item_id,split,modalty,pid\na,test,rgb,1\n",
         "there is no column 'modality'; did you mean 'modalty'?"),
        (f"{HEADER}\na,test,rgb,1\nb,test,rgb,1\na,test,rgb,2\n",
         "row 3: item id 'a' occurs more than once"),
        (f"{HEADER}\na,test,rgb,1\nb,test,infrared,1\n", "row 2: unknown modality 'infrared'"),
        (f"{HEADER}\na,test,rgb,\n,test,rgb,1\n", "row 1: pid is empty; row 2: item_id is empty"),
        (f"{HEADER}\na,test,rgb\n", "row 1: 3 cells under 4 columns"),
        (f'{HEADER}\na,test,"rgb,1\n', "unexpected end of data"),
        (f"{HEADER},pid\na,test,rgb,1,1\n", "two columns have one name"),
        (f"{HEADER},caption_idx,extras\na,test,rgb,1,one,[1]\n",
         "row 1: caption_idx is 'one', expected an integer; row 1: extras is no JSON object"),
        (HEADER + "".join(f"\nx{i},test,rbg,1" for i in range(9)),
         "rows 1, 2, 3, 4, 5 and 4 more: unknown modality 'rbg'; did you mean 'rgb'?"),
    ],
)  # fmt: skip
def test_mistakes_in_csv(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.jsonl", b'{"item_id": "a"\n{}\n', "row 1: no JSON object"),
        ("m.jsonl", b'{"item_id": 1.5, "split": "test", "modality": "rgb", "pid": "1"}',
         "row 1: item_id is 1.5, expected a string"),
        ("m.json", b"{}", "expected a list of objects, found dict"),
        ("m.json", b"[{", "Expecting property name"),
        ("m.csv", b"item_id\n\xff", "not UTF-8 (byte 8)"),
        ("m.parquet", b"PAR1", "not a whole Parquet file"),
        ("m.xlsx", b"", "a manifest is a .csv, .jsonl, .json, .parquet file"),
    ],
)  # fmt: skip
def test_mistakes_in_other_forms(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: {message}") and "\n" not in str(caught.value)


def test_truncated_parquet_and_no_file(tmp_path):
    path = tmp_path / "m.parquet"
    write_manifest(path, records(tmp_path))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="m.parquet: not a whole Parquet file"):
        read_manifest(path)
    with pytest.raises(DataError, match="manifest not found: .*nowhere.csv"):
        read_manifest(tmp_path / "nowhere.csv")


def test_rubbish_in_json_is_refused(tmp_path):
    row = {"item_id": "a", "split": "test", "modality": "text", "pid": "1", "text": "half \ud800"}
    path = tmp_path / "odd.jsonl"
    for more, words in (
        ({}, "row 1: text: a lone surrogate in 'half \\ud800'"),
        ({"text": "x", "caption_idx": True}, "caption_idx is True, expected an integer"),
        ({"text": "x", "caption_idx": 1e300}, "caption_idx is 1e+300, expected an integer"),
        ({"text": "x", "y": 10**30}, "row 1: y: a number of 31 digits"),
        ({"text": "x", "extras": {"trial_places": 5}}, "trial_places is no list of integers"),
        ({"text": "x", "trial_places": "abc"}, "trial_places is no list of integers"),
        ({"text": ["\x1b[2J"]}, "text is ['\\x1b[2J'], expected a string"),
    ):
        path.write_text(json.dumps(row | more))
        with pytest.raises(DataError) as caught:
            read_manifest(path)
        assert words in str(caught.value)


def test_a_table_of_another_kind_is_not_read_to_its_end(tmp_path):
    lines = [json.dumps({"item_id": "a", "split": "s", "modality": "rgb", "pid": "1"})]
    path = written(tmp_path, "\n".join([*lines, *["{}"] * 1_000_000]), "m.jsonl")
    start = time.monotonic()
    with pytest.raises(DataError, match="split is empty") as caught:
        read_manifest(path)
    assert len(str(caught.value)) < 1000 and time.monotonic() - start < 10
    wide = "".join(f'{{"c{i}": 1}}\n' for i in range(3000))
    with pytest.raises(DataError, match="3,000 columns in 3,000 rows"):
        read_manifest(written(tmp_path, wide, "m.jsonl"))


@pytest.mark.parametrize("members", [5, "ab", [1], {"a": 1}, None])
def test_members_that_are_none_make_no_composite_query(members):
    assert not Record("q", "d", "test", "ir+rgb", "p", extras={"members": members}).members
    # An own column of that name on an ordinary item means something else.
    assert not Record("q", "d", "test", "rgb", "p", extras={"members": ["a", "b"]}).members
