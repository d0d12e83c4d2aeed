"""RegDB on a small skeleton of its layout."""

import pytest

from reidbench_regdb.dataset import RegDB
from reidbench_regdb.tasks import regdb, thermal2visible, visible2thermal
from reidbench_registry import ConfigError, DataError
from reidbench_registry.testing import draw


def plain(items, *_):
    return items


@pytest.fixture
def root(tmp_path):
    """Four people; trial 1 trains on 1 and 2, trial 2 on 3 and 4."""
    root = tmp_path / "RegDB"
    for trial, train in ((1, (1, 2)), (2, (3, 4))):
        for kind in ("visible", "thermal"):
            for split in ("train", "test"):
                pids = [p for p in (1, 2, 3, 4) if (p in train) == (split == "train")]
                lines = []
                for label, pid in enumerate(pids):
                    for shot in range(2):
                        file = f"{kind.capitalize()}/{pid}/male_front_{kind[0]}_0{shot}_{pid}.bmp"
                        draw(root / file)
                        lines.append(f"{file} {label}")
                listed = root / "idx" / f"{split}_{kind}_{trial}.txt"
                listed.parent.mkdir(exist_ok=True)
                listed.write_text("\n".join(lines) + "\n")
    return root


def test_a_trial_decides_who_is_trained_on(root, tmp_path):
    people = {}
    for trial in (1, 2):
        records = RegDB(str(root), trial).prepare(tmp_path, plain)
        assert len(records) == 16 and {r.modality for r in records} == {"rgb", "thermal"}
        assert all(r.camera_id is None and r.path.is_file() for r in records)
        people[trial] = {r.pid for r in records if r.split == "train"}
    assert people == {1: {"1", "2"}, 2: {"3", "4"}}
    assert RegDB("x", 1).card.revision != RegDB("x", 2).card.revision


def test_all_mistakes_of_the_lists_at_once(root, tmp_path):
    lists = root / "idx"
    (lists / "train_thermal_1.txt").unlink()
    (lists / "train_visible_1.txt").write_text("Visible/1/a.bmp 0\nVisible/9/b.bmp 0\nnonsense\n")
    good = (lists / "test_visible_1.txt").read_text().splitlines()
    (lists / "test_visible_1.txt").write_text("\n".join([good[0], good[0], "Visible/1/a.bmp 7"]))
    (lists / "test_thermal_1.txt").write_text("Thermal/3/male_front_t_00_3.bmp 1\n")
    with pytest.raises(DataError) as error:
        RegDB(str(root)).prepare(tmp_path, plain)
    found = [p.removeprefix(f"{lists}/") for p in error.value.problems]
    assert found == [
        "train_visible_1.txt: lines 1, 2: images that are not there",
        "train_visible_1.txt: line 2: label 0 stands for 1 and 9",
        "train_visible_1.txt: line 3: not 'path label'",
        "train_thermal_1.txt: there is no such list",
        "test_visible_1.txt: line 2: images listed twice",
        "test_visible_1.txt: line 3: images that are not there",
        "test_visible_1.txt: line 3: people of the train split",
        "test_thermal_1.txt: labels start at 1, not at 0",
    ]


@pytest.mark.parametrize("trial", [0, 11, "1", True])
def test_wrong_trials_are_named(trial):
    with pytest.raises(ConfigError, match="RegDB: trial="):
        RegDB("x", trial)


def test_both_directions_without_a_camera_rule():
    for task in (visible2thermal(), thermal2visible()):
        assert task.exclude == "none" and task.cmc == "item" and task.trials is None
    assert visible2thermal().query == thermal2visible().gallery
    assert [t["type"] for t in regdb().tasks] == ["regdb/visible2thermal", "regdb/thermal2visible"]
