"""Derived versions: what is made, kept, refused, and how the new manifest tells it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reidbench.cli.main import main
from reidbench.evaluation.identity import identity
from reidbench.evaluation.scoring import records_of
from reidbench.tools.manifest import read_manifest, write_manifest
from reidbench_registry import DatasetCard, Record, Selector, Task, fingerprint


@pytest.fixture
def mine(tmp_path):
    """Photos of two people with captions; one photo has its own sketch."""
    rng = np.random.default_rng(0)
    records = []
    for i in range(4):
        path = tmp_path / "in" / f"s{i % 2}" / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (32, 16, 3), np.uint8)).save(path)
        common = {"dataset": "mine", "split": "test", "pid": f"{i // 2:03}", "camera_id": str(i)}
        records.append(Record(f"p{i}", modality="rgb", path=path, instance_id=str(i) if i else None,
                              **common))  # fmt: skip
        records.append(Record(f"t{i}", modality="text", text="A man.", caption_idx=0, **common))
    records.append(
        Record("k", "mine", "test", "sketch", "001", instance_id="3", path=records[-2].path)
    )
    write_manifest(tmp_path / "in" / "mine.csv", records)
    return tmp_path


def derive(mine, *words, out="out"):
    return main(["data", "derive", "--manifest", str(mine / "in" / "mine.csv"), "--out",
                 str(mine / out), "--jobs", "1", *words])  # fmt: skip


def made(mine, out="out", table="manifest.parquet"):
    records = read_manifest(mine / out / table)
    return records, {r.item_id: r for r in records if r.generated}


def test_companions_and_their_records(mine, capsys):
    assert derive(mine) == 0
    assert "ir: 4 items by ChannelMix\nsketch: 3 items by LineSketch; 1 photo had one" in (
        capsys.readouterr().out
    )
    records, new = made(mine)
    assert set(new) == {f"p{i}#ir" for i in range(4)} | {f"p{i}#sketch" for i in range(3)}
    by_id = {r.item_id: r for r in records}
    assert len(records) == 9 + 7 and by_id["p0"].instance_id == "p0"
    for r in new.values():
        photo = by_id[r.item_id.partition("#")[0]]
        for name in ("split", "pid", "camera_id", "instance_id"):
            assert getattr(r, name) == getattr(photo, name)
        with Image.open(r.path) as picture:
            assert picture.size == (16, 32)
    assert Path(new["p2#ir"].path) == mine / "out" / "ir" / "s0" / "2.jpg.png"
    assert {r.generated for r in new.values()} == {"ChannelMix", "LineSketch"}


def test_what_is_there_is_kept_and_nothing_depends_on_order(mine, capsys):
    assert derive(mine) == 0
    first = {i: Path(r.path).read_bytes() for i, r in made(mine)[1].items()}
    kept = mine / "out" / "ir" / "s0" / "2.jpg.png"
    kept.write_bytes(b"kept")
    (mine / "out" / "ir" / "s1" / "1.jpg.png").unlink()
    capsys.readouterr()
    assert derive(mine) == 0
    assert "ir: 4 items by ChannelMix, 3 were there" in capsys.readouterr().out
    assert kept.read_bytes() == b"kept"
    again = {i: Path(r.path).read_bytes() for i, r in made(mine)[1].items()}
    assert {i for i in first if first[i] != again[i]} == {"p2#ir"}
    assert derive(mine, out="two") == 0
    assert {i: Path(r.path).read_bytes() for i, r in made(mine, "two")[1].items()} == first


def test_processes_make_the_same(mine, monkeypatch):
    monkeypatch.setattr("reidbench.tools.derive.BATCH", 1)
    assert derive(mine) == 0 and derive(mine, "--jobs", "2", out="two") == 0
    one, two = (made(mine, out)[1] for out in ("out", "two"))
    assert {i: Path(r.path).read_bytes() for i, r in one.items()} == {
        i: Path(r.path).read_bytes() for i, r in two.items()
    }


def test_another_way_is_refused_and_is_other_data(mine, capsys):
    assert derive(mine) == 0
    assert derive(mine, "--seed", "1") == 2
    assert "out/ir was made in another way (seed 0, now 1)" in capsys.readouterr().err
    assert derive(mine, "--seed", "1", out="two") == 0
    card = DatasetCard("mine", "1", "", "", ("rgb",))
    prints = [fingerprint(card, made(mine, out)[0]) for out in ("out", "two")]
    assert prints[0] != prints[1]
    task = Task("t", Selector("ir"), Selector("rgb"))
    assert identity(task, card, prints[0], records_of([task], made(mine)[0]))["generated_by"] == [
        "ChannelMix"
    ]
    marker = json.loads((mine / "two" / "ir" / "derived.json").read_text())
    assert (marker["operator"], marker["seed"]) == ("reidbench_qrcm.ChannelMix", 1)


def test_forms_and_arguments(mine):
    words = ("--operators", "sketch=LineSketch", "--cfg-options", "sketch.strength=1",
             "--format", "jpeg", "--table", "csv")  # fmt: skip
    assert derive(mine, *words) == 0
    assert not (mine / "out" / "ir").exists()
    _, new = made(mine, table="manifest.csv")
    assert Path(new["p0#sketch"].path).name == "0.jpg.jpg"
    assert new["p0#sketch"].extras["derived"]["arguments"] == {"strength": 1}


def test_every_unreadable_photo_is_named_and_the_rest_is_made(mine, capsys):
    (mine / "in" / "s0" / "0.jpg").write_bytes(b"")
    (mine / "in" / "s1" / "1.jpg").unlink()
    assert derive(mine) == 2
    told = capsys.readouterr().err
    assert "0.jpg" in told and "image not found" in told and "(and 1 more photo)" in told
    assert (mine / "out" / "ir" / "s0" / "2.jpg.png").is_file()
    assert not (mine / "out" / "manifest.parquet").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--operators", "ChannelMix"), "expected modality=transform, as ir=ChannelMix"),
        (("--operators", "iir=ChannelMix"), "did you mean 'ir'?"),
        (("--operators", "ir=ChanelMix"), "did you mean 'ChannelMix'?"),
        (("--operators", "ir=ChannelMix", "ir=LineSketch"), "ir is given twice"),
        (("--cfg-options", "sketch.width=0"), "width=0 is not a positive number"),
        (("--cfg-options", "sketch.wide=1"), "did you mean 'width'?"),
        (("--jobs", "0"), "--jobs 0"),
        (("--seed", "-1"), "--seed -1"),
    ],
)
def test_wrong_words_are_one_line_and_leave_nothing(mine, words, told, capsys):
    assert derive(mine, *words) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1
    assert not (mine / "out").exists()


def test_a_strangers_folder_is_left_alone(mine, capsys):
    (mine / "out" / "ir").mkdir(parents=True)
    (mine / "out" / "ir" / "notes.txt").touch()
    assert derive(mine) == 2 and "no derived.json" in capsys.readouterr().err
    assert not (mine / "out" / "sketch").exists()
