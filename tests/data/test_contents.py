"""Pictures are part of what a run's data are."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from reidbench.cli.main import main
from reidbench.data import contents
from reidbench.data.contents import Contents, read_contents
from reidbench_registry import Record


def record(item, path):
    return Record(item, "toy", "test", "rgb", "1", path=path)


def bar(items, *_):
    return items


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_the_digest_follows_contents_not_order_or_place(files, tmp_path):
    records = [record(p.name, p) for p in files]
    first = read_contents(records, Contents(), bar)
    assert first.digest_of(records) == first.digest_of(records[::-1])
    elsewhere = [record(p.name, p.rename(tmp_path / f"{p.name}2")) for p in files]
    moved = read_contents(elsewhere, Contents(), bar)
    assert moved.digest_of(elsewhere) == first.digest_of(records)
    (tmp_path / "a2").write_text("A")
    assert read_contents(elsewhere, moved, bar).digest_of(elsewhere) != first.digest_of(records)
    (tmp_path / "a2").unlink()
    assert read_contents(elsewhere, moved, bar).digest_of(elsewhere) != first.digest_of(records)
    assert first.digest_of([Record("t", "toy", "test", "text", "1", text="a")]) is None


def test_only_what_changed_is_read_again(files, tmp_path, monkeypatch):
    records = [record(p.name, p) for p in files]
    first = read_contents(records, Contents(), bar)
    contents.save(first, tmp_path / "c.parquet")
    kept = contents.load(tmp_path / "c.parquet")
    assert kept.seen == first.seen
    reading = []
    real = contents._read
    monkeypatch.setattr(contents, "_read", lambda paths: reading.extend(paths) or real(paths))
    read_contents(records, kept, bar)
    assert reading == []
    os.utime(files[1])
    read_contents(records, kept, bar)
    assert reading == [str(files[1])]
    (tmp_path / "c.parquet").write_bytes(b"no table")
    assert contents.load(tmp_path / "c.parquet").seen == {}


CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=2, test=4, instances=2)
student = dict(
    backbone=dict(type="OpenCLIP"),
    train=dict(steps=1, losses=[dict(type="SDM")], sampler=dict(type="PKModality", p=3, k=2)),
)
evaluation = dict(protocol="qrcm/distill", modes=["edge"])
run = dict(name="r", device="cpu", threads=1)
"""


def test_pictures_that_changed_are_other_data(tmp_path, capsys):
    """Of a manifest, all pictures are changed between two runs."""
    config = tmp_path / "config.py"
    config.write_text(CONFIG)
    words = ["--work-dir", str(tmp_path), "--cfg-options", "run.seed=0"]
    assert main(["run", str(config), *words]) == 0
    table = str(tmp_path / "r" / "data" / "index.json")
    data = "data={'type':'Manifest','path':'" + table + "'}"
    assert main(["run", str(config), *words, data, "run.name=m"]) == 0
    before = json.loads((tmp_path / "m" / "result.json").read_text())
    capsys.readouterr()
    for row in json.loads(Path(table).read_text()):
        if row.get("path"):
            path = Path(table).parent / row["path"]
            Image.open(path).convert("RGB").rotate(180).save(path)
    assert main(["run", str(config), *words, data, "run.name=m"]) == 0
    assert "skipped" not in capsys.readouterr().out.partition("distill")[2]
    after = json.loads((tmp_path / "m" / "result.json").read_text())
    assert after["stages"] != before["stages"]
    pictures = [{s["pictures"] for s in r["scores"]} for r in (before, after)]
    assert not pictures[0] & pictures[1] and None not in pictures[0]


def test_a_damaged_picture_of_the_cache_is_drawn_again(tmp_path):
    config = tmp_path / "config.py"
    config.write_text(CONFIG)
    words = ["run", str(config), "--work-dir", str(tmp_path), "--cfg-options", "run.seed=0"]
    assert main(words) == 0
    picture = next(p for p in sorted((tmp_path / "cache").rglob("*.png")))
    whole = picture.read_bytes()
    picture.write_bytes(whole[:100])
    before = (tmp_path / "r" / "result.json").read_bytes()
    assert main(words) == 0
    assert picture.read_bytes() == whole
    assert json.loads((tmp_path / "r" / "result.json").read_text()) == json.loads(before)
