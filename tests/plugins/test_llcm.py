"""LLCM on a small skeleton of its layout."""

import itertools
import random

import numpy as np
import pytest
import torch

from reidbench.embeddings import Embeddings
from reidbench.evaluation.score import score
from reidbench_llcm.dataset import LLCM
from reidbench_llcm.tasks import ir2rgb, rgb2ir, rgb2ir_released
from reidbench_metrics.map import MAP
from reidbench_registry import ConfigError, DataError, Record, Trials
from reidbench_registry.testing import draw


def plain(items, *_):
    return items


@pytest.fixture
def root(tmp_path):
    # "cam" in the root's path must confuse nobody.
    root = tmp_path / "my cam2 data" / "LLCM"
    (root / "idx").mkdir(parents=True)
    for sensor in ("vis", "nir"):
        files = [f"{sensor}/000{p}/000{p}_c0{p}_s1_f1_{sensor}.jpg" for p in (1, 2)]
        files.append(f"{sensor}/other/unnamed.jpg")
        for file in files:
            draw(root / file)
        lines = [f"{file} {label}" for label, file in enumerate(files)]
        (root / "idx" / f"train_{sensor}.txt").write_text("\n".join(lines))
        for camera in range(1, 10):
            if (sensor, camera) == ("nir", 3):
                continue
            for pid in ("0007", "0008", "0099"):
                draw(root / f"test_{sensor}" / f"cam{camera}" / pid / f"{pid}_{camera}.jpg")
    (root / "idx" / "test_id.txt").write_text("7,8\n")
    return root


def test_train_and_test(root, tmp_path):
    records = LLCM(str(root)).prepare(tmp_path, plain)
    train = [r for r in records if r.split == "train"]
    assert [(r.modality, r.pid, r.camera_id) for r in train[:3]] == [
        ("rgb", "0001", "1"), ("rgb", "0002", "2"), ("rgb", "label-2", None),
    ]  # fmt: skip
    test = [r for r in records if r.split == "test"]
    assert {r.pid for r in test} == {"0007", "0008"}, "only listed people"
    cameras = {m: {r.camera_id for r in test if r.modality == m} for m in ("rgb", "ir")}
    assert cameras["rgb"] == set("123456789") and cameras["ir"] == set("12456789")


def test_all_mistakes_at_once(root, tmp_path):
    (root / "idx" / "train_nir.txt").write_text("nowhere/0001_c01_a.jpg 0\nhalf a line\n")
    (root / "idx" / "test_id.txt").write_text("1,7,x,55\n")
    for camera in range(1, 10):
        draw(root / "test_vis" / f"cam{camera}" / "0001" / "a.jpg")
    with pytest.raises(DataError) as error:
        LLCM(str(root)).prepare(tmp_path, plain)
    found = [p.removeprefix(str(root)) for p in error.value.problems]
    assert found == [
        "/idx/train_nir.txt: line 1: images that are not there",
        "/idx/train_nir.txt: line 2: not 'path label'",
        "/idx/test_id.txt: 'x' is not an identity",
        "/idx/test_id.txt: 1 identities without an image, first 0055",
        ": identities in train and test: 0001",
    ]


def test_missing_folders_and_lists_are_named(tmp_path):
    with pytest.raises(DataError) as error:
        LLCM(str(tmp_path)).prepare(tmp_path, plain)
    words = " ".join(error.value.problems)
    for part in (
        "train_vis.txt: there is no such list",
        "no folder test_vis/",
        "no folder test_nir/",
    ):
        assert part in words


def test_the_released_direction_draws_its_queries():
    """As the released code swaps them: each trial one infrared image of each identity and camera,
    against all visible ones."""
    rng = np.random.default_rng(0)
    records = [
        Record(f"{m}-{pid}-{camera}-{i}", "toy", "test", m, pid, camera)
        for m, cameras in (("rgb", "123"), ("ir", "12"))
        for pid in ("0003", "0001", "0002")
        for camera in cameras
        for i in range(4)
    ]
    features = rng.normal(size=(len(records), 6)).astype("f4")
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    row = {r.item_id: i for i, r in enumerate(records)}
    gallery = [r for r in records if r.modality == "rgb"]
    means = []
    for trial in range(10):
        random.seed(trial)
        found = []
        for pid, camera in itertools.product(("0001", "0002", "0003"), "12"):
            cell = [f"ir-{pid}-{camera}-{i}" for i in range(4)]
            query = features[row[random.choice(cell)]]
            kept = [g for g in gallery if (g.pid, g.camera_id) != (pid, camera)]
            kept.sort(key=lambda g: -(features[row[g.item_id]] @ query))
            hits = [i for i, g in enumerate(kept, start=1) if g.pid == pid]
            found.append(np.mean([n / rank for n, rank in enumerate(hits, start=1)]))
        means.append(np.mean(found))
    side = Embeddings(torch.from_numpy(features), list(row))
    scored = score(rgb2ir_released(), records, side, side, [MAP()])
    assert scored.row["metrics"]["mAP"] == pytest.approx(np.mean(means))
    assert (scored.row["n_query"], scored.row["n_gallery"]) == (6, 36)
    assert [r.pid for r in scored.queries] == ["0001"] * 2 + ["0002"] * 2 + ["0003"] * 2
    assert rgb2ir_released().describe()["trials"]["side"] == "query"
    assert "side" not in rgb2ir().describe()["trials"]
    with pytest.raises(ConfigError, match="drawn queries need origin='python-seeded' and shots=1"):
        Trials(10, 10, "python-seeded", "query")


def test_rules_of_the_tasks():
    for task in (ir2rgb(), rgb2ir()):
        assert (task.exclude, task.cmc) == ("same_pid_camera", "identity")
        assert (task.trials.number, task.trials.shots, task.trials.origin) == (
            10, 1, "python-seeded",
        )  # fmt: skip
    assert ir2rgb().query.modality == "ir" and rgb2ir().query.modality == "rgb"
