"""The check finds every mistake in one pass, and knows a data set only by its contract."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from reidbench.data.check import check
from reidbench.data.index import count
from reidbench.data.queries import check_queries
from reidbench.tools.folders import walk
from reidbench_registry import (
    ConfigError,
    DataError,
    DatasetCard,
    Record,
    Selector,
    Task,
    Trials,
    composite,
)


class Toy:
    """A data set that somebody else wrote."""

    def __init__(self, records, counts=None, error=None, notes=()):
        self.card = DatasetCard("Toy", "1", "none", "none", ("rgb", "text"), counts=counts or {})
        self.records, self.error, self.notes = records, error, notes

    def prepare(self, cache, track):
        if self.error:
            raise self.error
        return self.records


def picture(path: Path, grey: int, suffix=".jpg") -> Path:
    path = path.with_suffix(suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 128), (grey, grey, 0)).save(path)
    return path


def photo(root, name, split, pid, **more):
    grey = 10 * int(name)
    more = {"path": root / f"{name}.jpg", "instance_id": name} | more
    if not more["path"].exists():
        picture(more["path"], grey)
    return Record(name, "Toy", split, "rgb", pid, **more)


@pytest.fixture
def sound(tmp_path):
    split_of = {1: "train", 2: "train", 3: "test", 4: "test"}
    photos = [
        photo(tmp_path, f"{2 * p + i}", s, str(p)) for p, s in split_of.items() for i in (0, 1)
    ]
    texts = [Record("t1", "Toy", "test", "text", "3", text="A man.", caption_idx=0)]
    return tmp_path, photos + texts


def run(data, root=None, **more):
    def track(items, description, total=None):
        return items

    def create(kind, cfg):
        raise ConfigError("nothing is installed")

    report = check(data, root, Path("cache"), create, track, **more)
    return report, {s: [r for r in report.rows if r.status == s] for s in ("ok", "warn", "fail")}


def test_sound_data_pass(sound):
    root, records = sound
    whole = {"train": {"identities": 2, "rgb": 4}, "test": {"identities": 2, "rgb": 4, "text": 1}}
    report, rows = run(Toy(records, whole), root)
    assert report.failed == 0 and not rows["warn"]
    told = {r.check: r.detail for r in rows["ok"]}
    assert told["counts"] == "all 5 published counts hold"
    assert told["identities"] == "4, 1 to 4 without a gap"
    assert told["files"] == "8 pictures, there and decodable"


def test_every_mistake_is_found_in_one_pass(sound):
    root, records = sound
    (root / "2.jpg").write_bytes(b"")
    (root / "3.jpg").write_bytes((root / "3.jpg").read_bytes()[:400])
    (root / "4.jpg").unlink()
    (root / "5.jpg").write_text("no picture")
    (root / "6.jpg").write_bytes((root / "9.jpg").read_bytes())
    picture(root / "extra" / "x", 200)
    (root / "loop").symlink_to("..")
    (root / "extra" / "loop").symlink_to(root)
    records += [
        photo(root, "9", "train", "4", instance_id="8"),
        Record("t2", "Toy", "test", "text", "3", text=" "),
        Record("t3", "Toy", "test", "text", "3", text="caf\ufffd"),
    ]
    _, rows = run(Toy(records, {"train": {"rgb": 4}}, notes=["2 left out"]), root)
    fails = Counter(r.check for r in rows["fail"])
    assert fails == {
        "item ids": 1, "identities apart": 1, "instances apart": 1, "captions": 2, "counts": 1,
        "files": 4, "same picture": 2, "folders": 1,
    }  # fmt: skip
    told = "\n".join(r.detail for r in rows["fail"])
    for words in (
        "missing: 1 picture", "circle: loop -> /",
        "empty: 1", "truncated: 1", "no picture format: 1", "6 = 9",
        "train rgb: 5, published 4 (+1)", "1 id of several items: 9", "extra/loop -> the root",
    ):  # fmt: skip
        assert words in told
    told = {r.check: r.detail for r in rows["warn"]}
    assert told["notes"] == "2 left out"
    assert told["unused files"] == "pictures that are not in the index: 1 in extra"


def test_pictures_in_the_place_of_another_modality_are_told(sound):
    root, records = sound
    other = [
        photo(root, str(n), "test", "4", path=picture(root / "ir" / f"{n}", 100 + n), instance_id=m)
        for n, m in ((11, "8"), (12, "9"))
    ]
    grey = Image.new("L", (64, 128), 90)
    grey.save(root / "ir" / "12.jpg")
    grey.convert("RGB").save(root / "9.jpg")
    records += [replace(r, item_id=f"{r.item_id}-ir", modality="ir") for r in other]
    _, rows = run(Toy(records), root)
    assert [r.detail for r in rows["warn"] if r.check == "modalities"] == [
        "1 of 8 rgb pictures are grey: 9", "1 of 2 ir pictures have colour: 11-ir",
    ]  # fmt: skip
    _, rows = run(Toy(records), root, decode=False)
    assert "modalities" not in {r.check for r in rows["warn"]}


def test_without_an_index_the_pictures_are_looked_at_all_the_same(sound):
    root, _ = sound
    (root / "2.jpg").write_bytes(b"")
    _, rows = run(Toy([], error=DataError("two", ["id 0", "no such folder"])), root)
    assert [r.detail for r in rows["fail"]][:2] == ["id 0", "no such folder"]
    assert "empty: 1 picture" in rows["fail"][2].detail
    assert run(Toy([]))[1]["fail"][0].detail == "no records"
    assert run(Toy([], error=PermissionError(13, "closed")))[1]["fail"]


def test_derived_pictures_may_repeat(sound):
    root, records = sound
    blank = picture(root / "blank", 255, ".png")
    made = [
        Record(f"s{p}", "Toy", "test", "sketch", str(p), path=blank, generated="Lines")
        for p in (3, 4)
    ]
    _, rows = run(Toy(records + made), root)
    assert not rows["fail"]
    assert "s3 = s4" in next(r.detail for r in rows["warn"] if r.check == "same picture")


def test_same_picture_in_two_sets(sound, tmp_path):
    _, records = sound
    other = [
        photo(tmp_path / "other", "3", "test", "x"),
        photo(tmp_path / "other", "30", "test", "y"),
    ]
    _, rows = run(Toy(records), against={"Other": (Toy(other), tmp_path)})
    (row,) = [r for r in rows["warn"] if r.check == "also in Other"]
    assert row.detail == "1 picture (1 in train here and test there): 3 = 3"
    _, rows = run(Toy(records), against={"Other": (Toy([], error=DataError("gone")), tmp_path)})
    assert [r.detail for r in rows["fail"]] == ["gone"]


def test_cam_in_the_root_is_told(tmp_path):
    root = tmp_path / "webcam"
    _, rows = run(Toy([photo(root, "1", "test", "1", camera_id="1")]), root)
    assert any(r.check == "root" and "webcam" in r.detail for r in rows["warn"])


def item(name, modality, pid, camera="1", instance=None, location=None):
    return Record(name, "Toy", "test", modality, pid, camera, instance or name, location)


ITEMS = [
    item("q1", "ir", "1", "1", "a", "x"),  # only its own photo
    item("q2", "ir", "2", "1", "b", "y"),
    item("q3", "ir", "3"),  # nobody
    item("g1", "rgb", "1", "2", "a", "x"),
    item("g2", "rgb", "2", "1", "c", "y"),
    item("g3", "rgb", "2", "2", "d", "x"),
]


@pytest.mark.parametrize(
    ("exclude", "skipped"),
    [("none", 1), ("same_instance", 2), ("same_pid_camera", 1), ("same_location_any_pid", 2)],
)
def test_queries_without_a_positive(exclude, skipped):
    items = [
        r for r in ITEMS if exclude != "same_location_any_pid" or r.location_id or r.pid == "3"
    ]
    items = [item("q3", "ir", "3", location="z") if r.item_id == "q3" else r for r in items]
    task = Task("t", Selector("ir"), Selector("rgb"), exclude)
    row = check_queries("p", task, items)
    assert row.status == "warn" and f"; {skipped} without" in row.detail
    assert "3 queries, gallery 3" in row.detail


def test_queries_that_cannot_be_asked():
    drawn = Task("t", Selector("ir"), Selector("rgb"), trials=Trials(2, 1, "dataset"))
    assert "no place in trial 1" in check_queries("p", drawn, ITEMS).detail
    empty = Task("t", Selector("sketch"), Selector("rgb"))
    assert "the query is empty" in check_queries("p", empty, ITEMS).detail
    alone = Task("t", Selector("ir"), Selector("rgb"))
    strangers = [r for r in ITEMS if r.item_id in ("q3", "g1")]
    assert check_queries("p", alone, strangers).status == "fail"


def test_trials_are_drawn_each():
    records = [*ITEMS, item("g4", "rgb", "3", "5")]
    task = Task("t", Selector("ir"), Selector("rgb"), trials=Trials(3, 1, "python-seeded"))
    row = check_queries("p", task, records)
    assert (row.status, row.detail) == ("ok", "t: 3 queries, gallery 4 in each of 3 trials")


def test_counts_tell_what_is_missing_altogether():
    card = DatasetCard("T", "1", "", "", ("rgb",), counts={"val": {"identities": 5}})
    counts = count(card, [item("g", "rgb", "1")])
    assert [(c.split, c.what, c.found, c.published) for c in counts] == [
        ("val", "identities", 0, 5), ("test", "identities", 1, None), ("test", "rgb", 1, None),
    ]  # fmt: skip


def test_walk_ends_in_circles(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "f.jpg").touch()
    for name in ("a/up", "a/b/up"):
        (tmp_path / name).symlink_to(tmp_path / "a")
    (tmp_path / "twice").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to("self")
    tree = walk(tmp_path)
    assert tree.files == ["a/f.jpg", "twice/f.jpg"] and tree.broken == ["self"]
    assert sorted(tree.loops)[0] == "a/b/up -> a" and len(tree.loops) == 4


def test_composite_queries_are_held_against_their_members(sound):
    root, records = sound
    told = composite("q", records[4:6])
    _, rows = run(Toy([*records, told]), root)
    assert {"1 of rgb+rgb"} == {r.detail for r in rows["ok"] if r.check == "composite queries"}
    _, rows = run(Toy([r for r in records if r.item_id != "6"] + [told]), root)
    assert [r.detail for r in rows["fail"] if r.check == "composite queries"] == [
        "1 with members that are missing or of another identity: q"
    ]
