"""Folders of derived pictures: who may write into which."""

import json

import pytest

from reidbench.tools.derive import MARKER, claim
from reidbench_registry import DataError

ONE, TWO = {"operator": "A", "seed": 1}, {"operator": "A", "seed": 2}


def made(folder, how):
    claim({folder: how})
    (folder / "a.png").touch()
    return folder


def test_the_same_way_keeps_what_is_there(tmp_path):
    folder = made(tmp_path / "ir", ONE)
    for replace in (False, True):
        claim({folder: ONE}, replace)
    assert (folder / "a.png").is_file() and json.loads((folder / MARKER).read_text()) == ONE


def test_another_way_is_refused_and_nothing_is_marked(tmp_path):
    folder, other = made(tmp_path / "ir", ONE), tmp_path / "sketch"
    with pytest.raises(DataError, match=r"ir was made in another way \(seed 1, now 2\)"):
        claim({other: TWO, folder: TWO})
    assert not other.exists()
    (folder / MARKER).write_text("[")
    with pytest.raises(DataError, match=MARKER):
        claim({folder: ONE})
    (folder / MARKER).unlink()
    with pytest.raises(DataError, match=f"holds files, but no {MARKER}"):
        claim({folder: ONE})


@pytest.mark.parametrize("marker", [json.dumps(ONE), "[", None])
def test_or_replaced(tmp_path, marker):
    folder = made(tmp_path / "ir", ONE)
    if marker is None:
        (folder / MARKER).unlink()
    else:
        (folder / MARKER).write_text(marker)
    claim({folder: TWO}, replace=True)
    assert [p.name for p in folder.iterdir()] == [MARKER]
    assert json.loads((folder / MARKER).read_text()) == TWO
