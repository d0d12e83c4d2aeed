"""CUHK-PEDES, ICFG-PEDES, RSTPReid and the variants of QrCM-ReID over them, on small skeletons of
their layouts."""

import json

import pytest
from PIL import Image

from reidbench_qrcm.dataset import QrCM
from reidbench_qrcm.skeleton import write
from reidbench_qrcm.sources import SOURCES
from reidbench_qrcm.text_sets import CuhkPedes, IcfgPedes, RstpReid
from reidbench_registry import ConfigError, DataError

SETS = {"cuhk-pedes": CuhkPedes, "icfg-pedes": IcfgPedes, "rstpreid": RstpReid}


def plain(items, *_):
    return items


def listed(root, source):
    """The entries of a skeleton, and how to write them back."""
    path = root / SOURCES[source].annotations[0]
    entries = json.loads(path.read_text())
    return entries, lambda: path.write_text(json.dumps(entries))


@pytest.fixture(params=SETS)
def written(request, tmp_path):
    # "cam" in the root's path must confuse nobody.
    root = tmp_path / "camera cam1" / SOURCES[request.param].name
    write(root, SOURCES[request.param])
    return request.param, root


def test_photos_and_captions_are_indexed(written, tmp_path):
    source, root = written
    dataset = SETS[source](str(root))
    records = dataset.prepare(tmp_path, plain)
    published = SOURCES[source]
    assert len(records) == len(published.splits) * 2 * 3
    assert {r.split for r in records} == set(published.splits)
    assert min(int(r.pid) for r in records) == published.first_id
    first = records[:3]
    assert [r.modality for r in first] == ["rgb", "text", "text"]
    assert len({r.instance_id for r in first}) == 1 and first[0].path.is_file()
    assert dataset.notes == []
    camera = {"cuhk-pedes": None, "icfg-pedes": "3", "rstpreid": "5"}[source]
    assert {r.camera_id for r in records} == {camera}
    assert dataset.card.counts == published.counts and dataset.card.revision != "unread"


def test_both_names_of_an_annotation_file_are_known(tmp_path):
    write(tmp_path)
    (tmp_path / "reid_raw.json").rename(tmp_path / "caption_all.json")
    assert CuhkPedes(str(tmp_path)).prepare(tmp_path, plain)
    (tmp_path / "caption_all.json").unlink()
    with pytest.raises(DataError, match=r"reid_raw.json \(nor caption_all.json\)"):
        CuhkPedes(str(tmp_path)).prepare(tmp_path, plain)


def test_every_mistake_is_listed_at_once(tmp_path):
    write(tmp_path)
    entries, save = listed(tmp_path, "cuhk-pedes")
    entries[0]["captions"] = []
    entries[1]["split"] = "dev"
    entries[2]["id"] = "2"
    for number, file in ((3, "CUHK03/a.png"), (4, "CUHK03/b.png"), (5, "Market/c.png")):
        entries[number]["file_path"] = file
    save()
    with pytest.raises(DataError) as error:
        CuhkPedes(str(tmp_path)).prepare(tmp_path, plain)
    assert [p.removeprefix(str(tmp_path)) for p in error.value.problems] == [
        "/reid_raw.json: entry 0: the caption list is empty",
        "/reid_raw.json: entry 1: split 'dev' is none of train, val, test",
        "/reid_raw.json: entry 2: field 'id' is '2', expected int",
        "/imgs: 2 of 2 photos of imgs/CUHK03/ are missing; there is no such folder: "
        "CUHK03/a.png, CUHK03/b.png",
        "/imgs: 1 of 1 photos of imgs/Market/ are missing; there is no such folder: Market/c.png",
    ]
    assert "\n" not in str(error.value) and "2 mistakes elsewhere" in str(error.value)


def test_a_list_with_another_id_base_is_noted(tmp_path):
    write(tmp_path)
    entries, save = listed(tmp_path, "cuhk-pedes")
    for entry in entries:
        entry["id"] -= 1
    save()
    dataset = CuhkPedes(str(tmp_path))
    dataset.prepare(tmp_path, plain)
    (note,) = dataset.notes
    assert "identities start at 0; the published ones of CUHK-PEDES at 1" in note


def test_icfg_has_no_val_and_takes_none(tmp_path):
    write(tmp_path, SOURCES["icfg-pedes"])
    entries, save = listed(tmp_path, "icfg-pedes")
    entries[0]["split"] = "val"
    save()
    with pytest.raises(DataError, match="split 'val' is none of train, test"):
        IcfgPedes(str(tmp_path)).prepare(tmp_path, plain)


def test_a_link_in_a_circle_ends(tmp_path):
    write(tmp_path)
    (tmp_path / "imgs" / "cam_a" / "again").symlink_to(tmp_path / "imgs")
    assert len(CuhkPedes(str(tmp_path)).prepare(tmp_path, plain)) == 18


@pytest.mark.parametrize("kind", SETS.values())
def test_wrong_roots_are_named(kind, tmp_path):
    with pytest.raises(ConfigError, match="root='' is not a path"):
        kind("")
    with pytest.raises(DataError, match="data root not found: nowhere"):
        kind("nowhere").prepare(tmp_path, plain)


# --- QrCM over them


def companions(root, suffix=None, skip=()):
    """Infrared and sketch versions of every photo, beside it."""
    for photo in sorted((root / "imgs").rglob("*.png")):
        for folder in ("imgs-IR", "imgs-sketch2"):
            place = root / folder / photo.relative_to(root / "imgs")
            place.parent.mkdir(parents=True, exist_ok=True)
            changed = suffix and photo.name in skip and folder == "imgs-sketch2"
            Image.open(photo).save(place.with_suffix(suffix) if changed else place)


def test_qrcm_finds_out_which_set_it_is(written, tmp_path):
    source, root = written
    companions(root)
    by_name = QrCM(str(root), source=source).prepare(tmp_path, plain)
    assert by_name == QrCM(str(root)).prepare(tmp_path, plain)
    photos = len({r.instance_id for r in by_name})
    assert len(by_name) == 5 * photos and not any(r.generated for r in by_name)


def test_strict_takes_only_photos_with_everything_at_one_path(tmp_path):
    write(tmp_path)
    companions(tmp_path, suffix=".jpg", skip=("001_0.png", "002_0.png", "002_1.png"))
    dataset = QrCM(str(tmp_path), variant="strict", captions=1)
    records = dataset.prepare(tmp_path / "cache", plain)
    # What the authors' loop would keep, by plain look-up.
    entries, _ = listed(tmp_path, "cuhk-pedes")
    kept = [
        e["file_path"]
        for e in entries
        if all((tmp_path / f / e["file_path"]).is_file() for f in ("imgs-IR", "imgs-sketch2"))
    ]
    assert [r.instance_id for r in records if r.modality == "rgb"] == kept and len(kept) == 3
    assert [r.modality for r in records] == ["rgb", "ir", "sketch", "text"] * 3
    assert dataset.notes == [
        "strict: 3 of 6 photos skipped, and 1 identities with them",
        "strict: imgs/cam_a: 3 skipped, no sketch at the same path",
    ]
    full = QrCM(str(tmp_path), derive=False)
    assert len({r.instance_id for r in full.prepare(tmp_path / "cache", plain)}) == 6
    assert full.card.revision != dataset.card.revision


def test_strict_without_a_single_whole_photo(tmp_path):
    write(tmp_path)
    with pytest.raises(DataError, match="no photo has all its versions"):
        QrCM(str(tmp_path), variant="strict").prepare(tmp_path, plain)


@pytest.mark.parametrize(
    "given", [{"source": "cuhk"}, {"variant": "Strict"}, {"captions": 0}, {"captions": True}]
)
def test_wrong_arguments(given):
    (name,) = given
    with pytest.raises(ConfigError, match=f"QrCM: {name}="):
        QrCM("x", **given)


def test_a_folder_without_annotations_names_all_it_could_be(tmp_path):
    with pytest.raises(DataError, match=r"reid_raw.json, .*data_captions.json"):
        QrCM(str(tmp_path)).prepare(tmp_path, plain)
