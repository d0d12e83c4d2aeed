"""The three sets of QrCM-ReID as one: nobody becomes somebody else, each is scored by itself."""

import json

import pytest

from reidbench_qrcm.joint import QrCMJoint
from reidbench_qrcm.tasks import ir2rgb, qrcm_distill
from reidbench_registry import ConfigError, DataError, Selector

NAMES = ["CUHK-PEDES", "ICFG-PEDES", "RSTPReid"]


def plain(items, *_):
    return items


@pytest.fixture
def roots(tmp_path):
    return QrCMJoint.conformance(tmp_path / "data")["roots"]


def test_people_of_different_sets_stay_apart(roots, tmp_path):
    dataset = QrCMJoint(roots, captions=1)
    records = dataset.prepare(tmp_path / "cache", plain)
    assert list(dict.fromkeys(r.dataset for r in records)) == NAMES
    # Identities count from 1 in the first set and from 0 in the others; ICFG-PEDES has no val.
    people = zip(NAMES, ("123", "01", "012"), strict=True)
    assert {r.pid for r in records} == {f"{name}/{p}" for name, pids in people for p in pids}
    assert len({r.item_id for r in records}) == len(records) == 2 * 8 * 4
    assert {r.instance_id.partition("/")[0] for r in records} == set(NAMES)
    assert "ICFG-PEDES: ir: 4 of 4 derived by ChannelMix" in dataset.notes
    # What the check holds a real copy against.
    assert dataset.card.counts == {"train": {"identities": 17806}}
    again = QrCMJoint(roots[:2], captions=1)
    again.prepare(tmp_path / "cache", plain)
    assert again.card.revision != dataset.card.revision and not again.card.counts


def test_each_set_is_scored_by_itself(roots, tmp_path):
    records = QrCMJoint(roots).prepare(tmp_path / "cache", plain)
    tasks = qrcm_distill(datasets=NAMES[1:]).tasks
    assert [(t["dataset"], t["type"]) for t in tasks] == [
        (n, t) for n in NAMES[1:] for t in ("ir2rgb", "sketch2rgb", "text2rgb")
    ]
    task = ir2rgb(dataset="RSTPReid")
    assert task.name == "RSTPReid/ir2rgb"
    assert {r.dataset for r in records if task.gallery(r)} == {"RSTPReid"}
    assert sum(map(task.query, records)) == 2 < sum(map(Selector("ir"), records)) == 6
    assert task.describe()["query"]["dataset"] == "RSTPReid"
    assert "dataset" not in ir2rgb().describe()["query"]
    with pytest.raises(ConfigError, match="datasets='RSTPReid' is not a list of names"):
        qrcm_distill(datasets="RSTPReid")


def test_mistakes_of_all_sets_are_told_at_once(roots, tmp_path):
    with pytest.raises(DataError, match="CUHK-PEDES is in two of the roots"):
        QrCMJoint([roots[0], roots[0]]).prepare(tmp_path / "cache", plain)
    for root in roots[:2]:
        (file,) = tmp_path.glob(f"{root.removeprefix(str(tmp_path))[1:]}/*.json")
        rows = json.loads(file.read_text())
        rows[0]["captions"] = []
        file.write_text(json.dumps(rows))
    with pytest.raises(DataError) as error:
        QrCMJoint([*roots, "nowhere"]).prepare(tmp_path / "cache", plain)
    assert [p for p in error.value.problems if "reid_raw.json" in p]
    assert [p for p in error.value.problems if "ICFG-PEDES.json" in p]
    assert "data root not found: nowhere" in error.value.problems
    with pytest.raises(ConfigError, match="roots='x' is not a list of folders"):
        QrCMJoint("x")
