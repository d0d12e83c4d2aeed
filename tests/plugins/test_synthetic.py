"""Synthetic pedestrians: the same for the same seed, disjoint, and recognisable."""

import numpy as np
import pytest
from PIL import Image

from reidbench_registry import ConfigError, fingerprint
from reidbench_synthetic.attributes import CHOICES
from reidbench_synthetic.dataset import SyntheticPedestrians


def plain(items, *_):
    return items


def make(folder, **given):
    dataset = SyntheticPedestrians(**{"train": 4, "val": 2, "test": 3, "instances": 3, **given})
    return dataset, dataset.prepare(folder, plain)


def pixels(record):
    return np.asarray(Image.open(record.path), np.float32)


def test_counts_ids_and_splits(tmp_path):
    dataset, records = make(tmp_path)
    assert len(records) == (4 + 2 + 3) * 3 * 4
    assert len({r.item_id for r in records}) == len(records)
    people = {}
    for r in records:
        people.setdefault(r.split, set()).add(r.pid)
    assert {s: len(p) for s, p in people.items()} == {"train": 4, "val": 2, "test": 3}
    assert len(set.union(*people.values())) == 9
    # Four modalities share an instance; instances of a person come from different cameras.
    of_one = [r for r in records if r.pid == "test-0001"]
    assert len({r.instance_id for r in of_one}) == len({r.camera_id for r in of_one}) == 3
    assert dataset.card.synthetic and set(dataset.card.modalities) == {r.modality for r in records}


def test_a_person_is_the_same_whatever_else_is_drawn(tmp_path):
    _, few = make(tmp_path / "a", train=1, val=0, test=1)
    _, many = make(tmp_path / "b", train=250, val=0, test=3)  # enough for a pool of processes
    by_id = {r.item_id: r for r in many}
    for record in few:
        other = by_id[record.item_id]
        assert (record.text, record.camera_id) == (other.text, other.camera_id)
        if record.path:
            assert record.path.read_bytes() == other.path.read_bytes()


def test_seed_and_parameters_change_world_and_fingerprint(tmp_path):
    base, records = make(tmp_path / "a")
    again, repeated = make(tmp_path / "b")
    assert fingerprint(base.card, records) == fingerprint(again.card, repeated)
    for given in ({"seed": 1}, {"difficulty": 0.5}, {"instances": 2}):
        other, found = make(tmp_path / str(given), **given)
        assert fingerprint(other.card, found) != fingerprint(base.card, records)


def test_an_interrupted_drawing_goes_on(tmp_path):
    _, records = make(tmp_path)
    victim = next(r for r in records if r.pid == "val-0001" and r.path)
    kept = next(r for r in records if r.pid == "val-0000" and r.path)
    before = (victim.path.read_bytes(), kept.path.stat().st_mtime_ns)
    for file in victim.path.parent.iterdir():
        file.unlink()
    victim.path.parent.rmdir()
    make(tmp_path)
    assert (victim.path.read_bytes(), kept.path.stat().st_mtime_ns) == before


def test_pictures_of_one_person_are_closer_than_of_others(tmp_path):
    _, records = make(tmp_path, train=30, val=0, test=0, difficulty=0.5)
    for modality in ("rgb", "ir", "sketch"):
        kept = [r for r in records if r.modality == modality]
        values = np.stack([pixels(r)[16:56, 8:24].ravel() for r in kept])
        pids = np.array([r.pid for r in kept])
        values -= values.mean(0)
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        alike = values @ values.T
        same = pids[:, None] == pids
        np.fill_diagonal(alike, -1)
        chance = 2 / (len(kept) - 1)
        hits = same[np.arange(len(kept)), alike.argmax(1)].mean()
        assert hits > 3 * chance, (modality, hits)


def test_without_difficulty_a_person_never_changes(tmp_path):
    _, records = make(tmp_path, train=1, val=0, test=0, difficulty=0)
    for modality in ("ir", "sketch"):
        first, second = (pixels(r) for r in records if r.modality == modality and r.instance_id in
                         ("train-0000-0", "train-0000-1"))  # fmt: skip
        inside = (slice(12, 60), slice(13, 19))
        assert np.abs(first[inside] - second[inside]).mean() < 12
    assert len({r.camera_id for r in records}) > 1


def test_captions_tell_what_is_worn(tmp_path):
    _, records = make(tmp_path, train=200, val=0, test=0, instances=1)
    texts = [r for r in records if r.modality == "text"]
    told = [r.extras["attributes"]["top_colour"] in r.text for r in texts
            if r.extras["attributes"]["top_colour"] not in ("grey", "beige", "purple")]  # fmt: skip
    assert 0.5 < np.mean(told) < 0.95
    assert len({r.text for r in texts}) > 195
    for r in texts:
        assert set(r.extras["attributes"]) == set(CHOICES)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"train": -1}, "train=-1 is not an integer from 0"),
        ({"instances": 0}, "instances=0 is not an integer from 1"),
        ({"width": 8}, "width=8 is not an integer from 16"),
        ({"difficulty": -0.1}, "difficulty=-0.1 is not a number from 0"),
        ({"seed": "x"}, "seed='x' is not an integer from 0"),
    ],
)
def test_wrong_arguments(given, words):
    with pytest.raises(ConfigError, match=words):
        SyntheticPedestrians(**given)


def test_a_sheet_can_be_looked_at(tmp_path):
    from reidbench_synthetic.sheet import sheet

    page = sheet(SyntheticPedestrians(train=2, val=0, test=0, instances=2), people=2)
    assert page.size == (6 * 100, 2 * 210)
