"""Market-1501 on a small skeleton of its layout."""

from pathlib import Path

import pytest

from reidbench_market.dataset import Market1501
from reidbench_market.tasks import rgb2rgb
from reidbench_registry import ConfigError, DataError, Selector
from reidbench_registry.testing import draw


def plain(items, *_):
    return items


@pytest.fixture
def root(tmp_path):
    return Path(Market1501.conformance(tmp_path / "Market")["root"])


def test_queries_and_gallery_are_told_apart(root, tmp_path):
    dataset = Market1501(str(root))
    records = dataset.prepare(tmp_path, plain)
    assert [(r.split, r.role, r.pid, r.camera_id) for r in records] == [
        ("train", None, "0002", "1"),
        ("test", "query", "0003", "1"),
        ("test", "gallery", "0000", "3"),
        ("test", "gallery", "0003", "2"),
    ]
    assert dataset.notes == ["1 junk images left out", "1 distractors in the gallery"]
    task = rgb2rgb()
    assert [r.pid for r in records if task.query(r)] == ["0003"]
    assert [r.pid for r in records if task.gallery(r)] == ["0000", "0003"]
    assert task.describe()["query"]["role"] == "query"


def test_all_mistakes_at_once(root, tmp_path):
    draw(root / "query" / "me.jpg")
    draw(root / "query" / "0002_c1s1_000451_03.jpg")
    for image in (root / "bounding_box_test").iterdir():
        image.unlink()
    with pytest.raises(DataError) as error:
        Market1501(str(root)).prepare(tmp_path, plain)
    assert [p.removeprefix(f"{root}: ") for p in error.value.problems] == [
        "entry me.jpg: in query/, not named like 0002_c1s1_000451_03.jpg",
        "the folder bounding_box_test/ holds no .jpg",
        "entry 0002: people in train and in test",
    ]


def test_an_unknown_role_is_refused():
    with pytest.raises(ConfigError, match="role='probe' is neither query nor gallery"):
        Selector("rgb", role="probe")
