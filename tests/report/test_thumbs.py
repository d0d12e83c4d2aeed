"""Pictures of a report: those that may be opened, within a budget."""

import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import toy_report as toy

from reidbench.report import thumbs as pictures
from reidbench.report.build import build, report
from reidbench.report.inputs import Options, Pictures
from reidbench_registry import Record


def test_pictures_that_are_gone_are_one_line(tmp_path):
    records = toy.world(tmp_path)
    made = toy.inputs_of(records, toy.embedded(records), toy.tasks())
    (tmp_path / "rgb-0-0.png").unlink()
    (tmp_path / "rgb-0-1.png").write_bytes(b"no picture")
    value = report([made], Options(queries=12))
    lines = [line for line in value["missing"] if "could not be read" in line]
    assert len(lines) == 1 and lines[0].startswith("2 of 72 pictures")
    assert value["items"]["rgb-0-0"]["thumb"] is None
    assert value["items"]["rgb-0-2"]["thumb"] is not None
    # No picture is opened that nobody allowed.
    value = report([dataclasses.replace(made, pictures=None)])
    assert value["thumbs"] == [] and "was not given" in value["missing"][0]


def test_pictures_stay_within_the_folder(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(b"")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    manifest = tmp_path / "tables"

    def path_of(path):
        record = Record("a", "t", "test", "rgb", "1", path=str(path))
        return Pictures(inside, manifest).path_of(record)

    assert path_of(manifest / "x" / "1.png") == inside / "x" / "1.png"
    assert path_of(inside / "1.png") == inside / "1.png"
    for outside in (tmp_path / "secret.png", manifest / ".." / "secret.png", "/etc/passwd",
                    manifest / "link.png", inside / ".." / "secret.png", "a\0b"):  # fmt: skip
        assert path_of(outside) is None, outside


def test_pictures_stay_within_the_budget(tmp_path, monkeypatch):
    records = toy.world(tmp_path)
    paths = {r.item_id: Path(r.path) for r in records if r.path}
    whole = pictures.thumbs(paths)
    size = sum(len(pictures.as_uri(f)) + 3 for f in whole.files)
    assert len(whole.files) == len(paths) == 72 and not whole.missing
    monkeypatch.setattr(pictures, "BUDGET", size - 1)
    lower = pictures.thumbs(paths)
    assert len(lower.files) == 72 and "in a lower quality (65)" in lower.missing[0]
    monkeypatch.setattr(pictures, "BUDGET", size // 4)
    few = pictures.thumbs(paths)
    assert 0 < len(few.files) < 72 and "do not fit into the page" in few.missing[0]
    assert sum(len(pictures.as_uri(f)) for f in few.files) <= size // 4
    # The first stay.
    assert list(few.place) == list(paths)[: len(few.files)]


def test_pictures_beside_the_page(tmp_path):
    records = toy.world(tmp_path)
    inputs = toy.inputs_of(records, toy.embedded(records), toy.tasks())
    built = build([inputs], Options(full=True), "page-pictures")
    assert built.report["thumbs"][:2] == ["page-pictures/0.webp", "page-pictures/1.webp"]
    assert list(built.pictures) == built.report["thumbs"]
    assert len(built.pictures) == 72 == len(built.thumbs)
