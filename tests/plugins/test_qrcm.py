"""QrCM-ReID from a small skeleton of the CUHK-PEDES layout: index, derived versions, mistakes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reidbench_qrcm.dataset import QrCM
from reidbench_qrcm.operators import ChannelMix, LineSketch
from reidbench_qrcm.tasks import ir2rgb, qrcm_distill, text2rgb
from reidbench_registry import ConfigError, DataError, fingerprint

STREET10 = Path(__file__).parents[3] / "shared" / "data" / "street10"


def plain(items, *_):
    return items


def picture(path, seed=0, size=(16, 32)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)


def entries():
    people = [("train", 1), ("train", 2), ("test", 3), ("val", 4)]
    return [
        {"split": s, "id": i, "file_path": f"cam_a/{i}_{n}.jpg",
         "captions": [f"person {i}, {n}", f"again {i}"], "processed_tokens": [[]]}
        for s, i in people for n in range(2)
    ]  # fmt: skip


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data"
    write(folder, entries())
    for number, entry in enumerate(entries()):
        picture(folder / "imgs" / entry["file_path"], number)
    return folder


def write(folder, rows):
    folder.mkdir(exist_ok=True)
    (folder / "reid_raw.json").write_text(json.dumps(rows))


def index(root, cache, **given):
    dataset = QrCM(str(root), **given)
    return dataset, dataset.prepare(cache, plain)


def test_index(root, tmp_path):
    dataset, records = index(root, tmp_path / "cache")
    one = [r for r in records if r.instance_id == "cam_a/3_1.jpg"]
    assert [r.modality for r in one] == ["rgb", "ir", "sketch", "text", "text"]
    assert {(r.pid, r.split) for r in one} == {("3", "test")}
    assert [r.text for r in one][-2:] == ["person 3, 1", "again 3"]
    assert [r.caption_idx for r in one] == [None, None, None, 0, 1]
    assert [r.generated for r in one] == [None, "ChannelMix", "LineSketch", None, None]
    assert {r.camera_id for r in records} == {None}
    assert dataset.notes == [
        "ir: 8 of 8 derived by ChannelMix", "sketch: 8 of 8 derived by LineSketch"
    ]  # fmt: skip


def test_versions_that_lie_there_are_used_whatever_their_extension(root, tmp_path):
    for entry in entries()[:3]:
        picture(root / "imgs-IR" / entry["file_path"])
        picture((root / "imgs-sketch2" / entry["file_path"]).with_suffix(".png"))
    _, records = index(root, tmp_path / "cache")
    made = {r.modality: sum(bool(s.generated) for s in records if s.modality == r.modality)
            for r in records}  # fmt: skip
    assert made == {"rgb": 0, "ir": 5, "sketch": 5, "text": 0}
    dataset, records = index(root, tmp_path / "cache", derive=False)
    assert sum(r.modality == "ir" for r in records) == 3
    assert "ir: 5 of 8 are missing" in dataset.notes


def test_derived_pictures_are_the_same_again_kept_and_made_anew_for_another_seed(root, tmp_path):
    _, records = index(root, tmp_path / "a")
    _, again = index(root, tmp_path / "b")
    by_id = {r.item_id: r for r in again}
    derived = [r for r in records if r.generated]
    assert all(r.path.read_bytes() == by_id[r.item_id].path.read_bytes() for r in derived)
    before = derived[0].path.stat().st_mtime_ns
    derived[2].path.unlink()
    index(root, tmp_path / "a")
    assert derived[0].path.stat().st_mtime_ns == before and derived[2].path.is_file()
    bytes_before = derived[0].path.read_bytes()
    index(root, tmp_path / "a", seed=1)
    assert derived[0].path.read_bytes() != bytes_before


def test_fingerprint_follows_the_content_not_the_place(root, tmp_path):
    dataset, records = index(root, tmp_path / "a")
    moved = root.rename(tmp_path / "elsewhere")
    other, found = index(moved, tmp_path / "b")
    assert fingerprint(dataset.card, records) == fingerprint(other.card, found)
    rows = entries()
    rows[0]["captions"][0] = "someone else"
    write(moved, rows)
    other, found = index(moved, tmp_path / "b")
    assert fingerprint(dataset.card, records) != fingerprint(other.card, found)


def test_fingerprint_tells_derived_pictures_of_another_seed_apart(root, tmp_path):
    found = {fingerprint(d.card, r) for d, r in
             (index(root, tmp_path / "a", seed=seed) for seed in (0, 0, 1))}  # fmt: skip
    assert len(found) == 2
    plain_ones = [index(root, tmp_path / "a", derive=False, seed=seed) for seed in (0, 1)]
    assert len({fingerprint(d.card, r) for d, r in plain_ones}) == 1


def test_the_photos_own_extension_comes_first(root, tmp_path):
    for suffix in (".bmp", ".jpg", ".png"):
        picture((root / "imgs-IR" / "cam_a" / "1_0.jpg").with_suffix(suffix))
    (root / "imgs-IR" / "cam_a" / "1_1.txt").write_text("no picture")
    _, records = index(root, tmp_path / "cache", derive=False)
    assert [r.path.name for r in records if r.modality == "ir"] == ["1_0.jpg"]


def test_linked_folders_are_followed(root, tmp_path):
    (root / "imgs" / "cam_a").rename(tmp_path / "elsewhere")
    (root / "imgs" / "cam_a").symlink_to(tmp_path / "elsewhere")
    assert len(index(root, tmp_path / "cache")[1]) == 8 * 5


def changed(number, **fields):
    rows = entries()
    for key, value in fields.items():
        if value is None:
            del rows[number][key]
        else:
            rows[number][key] = value
    return json.dumps(rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "reid_raw.json: Expecting"),
        ('{"a": 1}', "expected a list of photos, found dict"),
        ("[]", "the list of photos is empty"),
        ("[3]", "entry 0: expected an object, found int"),
        (changed(3, captions=None), "entry 3: field 'captions' is missing"),
        (changed(2, id="x"), "entry 2: field 'id' is 'x', expected int"),
        (changed(1, split="dev"), "entry 1: split 'dev' is none of train, val, test"),
        (changed(1, captions=[]), "entry 1: the caption list is empty"),
        (changed(1, captions=[7]), "entry 1: caption 7 is no text"),
        (changed(1, captions=[" "]), "entry 1: caption ' ' is no text"),
        (changed(1, file_path="../x.jpg"), "'../x.jpg' does not lie below imgs/"),
        (changed(1, file_path="/x.jpg"), "'/x.jpg' does not lie below imgs/"),
        (changed(1, file_path="\ud800.jpg"), r"1.file_path: a lone surrogate in '\ud800.jpg'"),
        (json.dumps(entries()[:4]), "reid_raw.json: no photo is in split 'test'"),
        (json.dumps(entries()[4:]), "reid_raw.json: no photo is in split 'train'"),
        ("[" * 100_000, "nested more than 64 levels deep"),
        (changed(1, split="test"), "identity 1 is in split 'train' and in 'test'"),
        (changed(1, file_path="cam_a/1_0.jpg"), "cam_a/1_0.jpg is listed twice"),
        (
            changed(1, file_path="cam_b/x.jpg"),
            "1 of 1 photos of imgs/cam_b/ are missing; there is no such folder: cam_b/x.jpg",
        ),
        (changed(1, file_path="x.jpg"), "1 of 1 photos of imgs/ are missing: x.jpg"),
    ],
)
def test_mistakes_in_the_annotations_are_named(root, tmp_path, text, words):
    (root / "reid_raw.json").write_text(text)
    with pytest.raises(DataError, match=re.escape(words)) as error:
        index(root, tmp_path / "cache")
    assert "\n" not in str(error.value)


def test_files_that_are_missing_or_unreadable_are_named(root, tmp_path):
    (root / "imgs" / "cam_a" / "2_1.jpg").write_bytes(b"")
    with pytest.raises(DataError, match="unreadable image: .*2_1.jpg"):
        index(root, tmp_path / "cache")
    (root / "reid_raw.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"reid_raw.json: not UTF-8 \(byte 0\)"):
        index(root, tmp_path / "cache")
    (root / "reid_raw.json").unlink()
    with pytest.raises(DataError, match="annotation file not found"):
        index(root, tmp_path / "cache")
    with pytest.raises(DataError, match="data root not found: nowhere"):
        QrCM("nowhere").prepare(tmp_path, plain)


@pytest.mark.parametrize("given", [{"root": ""}, {"root": "x", "seed": -1},
                                   {"root": "x", "derive": "no"}])  # fmt: skip
def test_wrong_arguments(given):
    with pytest.raises(ConfigError, match="QrCM: "):
        QrCM(**given)


def test_channel_mix_is_a_weighted_mean_of_the_channels():
    flat = Image.new("RGB", (4, 4), (200, 100, 0))
    weights = np.random.default_rng(3).dirichlet(np.ones(3))
    mixed = np.asarray(ChannelMix()(flat, "rgb", np.random.default_rng(3)))
    assert (mixed == round(weights @ [200, 100, 0])).all() and mixed.shape == (4, 4, 3)


def test_line_sketch_draws_edges_and_leaves_surfaces_white():
    photo = Image.new("RGB", (32, 64), (220, 220, 220))
    photo.paste((40, 40, 40), (0, 32, 32, 64))
    lines = np.asarray(LineSketch()(photo, "rgb", np.random.default_rng(0)))[:, 16, 0]
    assert lines[:28].min() > 250 and lines[40:].min() > 250 and lines[28:36].min() < 120
    with pytest.raises(ConfigError, match="width=0"):
        LineSketch(width=0)


def test_captions_pass_the_operators():
    rng = np.random.default_rng(0)
    assert ChannelMix()("a man", "text", rng) == LineSketch()("a man", "text", rng) == "a man"


def test_protocol_drops_the_photo_that_a_picture_was_made_from():
    rules = {t["type"]: t["exclude"] for t in qrcm_distill().tasks}
    assert rules == {"ir2rgb": "same_instance", "sketch2rgb": "same_instance", "text2rgb": "none"}
    assert {t["split"] for t in qrcm_distill("val").tasks} == {"val"}
    assert ir2rgb("val").query.split == "val" and ir2rgb().query.modality == "ir"
    assert text2rgb().exclude == "none" and text2rgb().gallery.modality == "rgb"


@pytest.mark.skipif(not STREET10.is_dir(), reason="street10 is not here")
def test_real_photos(tmp_path):
    dataset, records = index(STREET10, tmp_path)
    assert {r.split for r in records} == {"train", "test"} and "val: no photos" in dataset.notes
    assert len({r.pid for r in records}) == 10
