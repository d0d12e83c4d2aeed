"""The Python API gives the numbers of the run that it opens, and answers mistakes in one line."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import reidbench
from reidbench.cli.main import main
from reidbench.embeddings import Embeddings
from reidbench.tools.manifest import read_manifest
from reidbench_registry import ConfigError, DataError

ROOT = Path(__file__).parents[1]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=2", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp("work")
    config = str(ROOT / "configs" / "distill_pcm_fr.py")
    assert main(["run", config, "--work-dir", str(work_dir), "--cfg-options", *TINY]) == 0
    return work_dir / "tiny"


@pytest.fixture(scope="module")
def records(run):
    return [r for r in read_manifest(run / "data" / "index.json") if r.split == "test"]


@pytest.mark.parametrize(("name", "bank"), [("student", "evaluate/student"), ("teacher", "embed")])
def test_a_model_embeds_as_in_its_run(run, records, name, bank):
    model = reidbench.load_model(run, name)
    expected = Embeddings.load(run / bank)
    assert model.dim == expected.dim and model.name == name
    for modality in ("rgb", "ir", "sketch", "text"):
        chosen = [r for r in records if r.modality == modality]
        items = [r.text if modality == "text" else r.path for r in chosen]
        features = model.embed(items, modality, normalise=False)
        assert features.dtype == np.float32 and features.shape == (12, model.dim)
        np.testing.assert_allclose(features, expected.take(chosen).float(), atol=2e-5)
        rows = model.embed(items[:2], modality)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_pil_image_is_its_file(run, records):
    model = reidbench.load_model(run)
    path = next(r.path for r in records if r.modality == "sketch")
    with Image.open(path) as image:
        by_image = model.embed([image], "sketch")
    np.testing.assert_array_equal(by_image, model.embed([path], "sketch"))
    assert model.embed([], "rgb").shape == (0, model.dim)


def test_opening_a_model_draws_no_random_number_of_the_caller(run):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    reidbench.load_model(run)
    assert torch.rand(1) == expected


def test_scores_are_those_of_the_run(run):
    rows = json.loads((run / "result.json").read_text())["scores"]
    manifest = run / "data" / "index.json"
    teacher, student = Embeddings.load(run / "embed"), Embeddings.load(run / "evaluate/student")
    record = reidbench.score(
        student.features, student.item_ids, manifest, protocol="qrcm/distill", mode="edge-cloud",
        gallery=(teacher.features.numpy(), np.array(teacher.item_ids)), trained_on=["Photos"],
    )  # fmt: skip
    of_mode = [r for r in rows if r["mode"] == "edge-cloud"]
    # Of arrays nobody knows the pictures.
    assert all(r.pop("pictures") for r in of_mode)
    assert record.as_json()["scores"] == of_mode
    assert [(d.name, d.declared, d.model) for d in record.trained_on] == [("Photos", True, None)]
    source = record.as_json()["source"]
    assert source["query"]["file"] is None and source["query"]["shape"] == [48, 128]
    task = reidbench.score(
        student.features.numpy(), student.item_ids, manifest,
        task={"type": "ir2rgb", "exclude": "none"}, metrics=["mAP"],
    )  # fmt: skip
    assert list(task.scores[0].metrics) == ["mAP"] and task.protocol is None


def test_a_task_that_cannot_be_answered_is_a_warning(run):
    bank = Embeddings.load(run / "evaluate" / "student")
    known = {r.item_id for r in read_manifest(run / "data" / "index.json") if r.modality != "text"}
    kept = [i for i, item in enumerate(bank.item_ids) if item in known]
    features, ids = bank.features[kept], [bank.item_ids[i] for i in kept]
    with pytest.warns(UserWarning, match="text2rgb: not scored"):
        record = reidbench.score(features, ids, run / "data/index.json", protocol="qrcm/distill")
    assert {r.identity.task.name for r in record.scores} == {"ir2rgb", "sketch2rgb"}


def test_mistakes_are_one_line(run, tmp_path):
    def refused(kind, message, function, *arguments, **more):
        with warnings.catch_warnings(), pytest.raises(kind) as error:
            warnings.simplefilter("error")
            function(*arguments, **more)
        assert message in str(error.value) and "\n" not in str(error.value)

    refused(DataError, "no run folder", reidbench.load_model, tmp_path / "nowhere")
    refused(DataError, "the run is not finished", reidbench.load_model, tmp_path)
    refused(ConfigError, "no model 'studnet'; did you mean 'student'?", reidbench.load_model, run,
            "studnet")  # fmt: skip
    refused(ConfigError, "run.device 'abacus'", reidbench.load_model, run, device="abacus")
    embed = reidbench.load_model(run).embed
    refused(ConfigError, "the student does not embed 'thermal'", embed, ["a.png"], "thermal")
    refused(ConfigError, "expected a list of items, got str", embed, "a.png", "rgb")
    refused(ConfigError, "item 1: expected a string, got int", embed, ["a coat", 3], "text")
    refused(ConfigError, "item 0: expected a path or a PIL image, got int", embed, [3], "rgb")
    refused(DataError, "image not found: no.png", embed, ["no.png"], "rgb")
    ones, ids, table = np.ones((2, 3), "f4"), ["a", "b"], run / "data" / "index.json"
    score = reidbench.score
    refused(ConfigError, "either a task or a protocol", score, ones, ids, table)
    refused(ConfigError, "trained_on: expected a list of names, got 'Photos'", score, ones, ids,
            table, task="ir2rgb", trained_on="Photos")  # fmt: skip
    refused(ConfigError, "did you mean 'ir2rgb'?", score, ones, ids, table, task="ir2rg")
    refused(
        DataError, "features: 2 of 2 item ids are not in", score, ones, ids, table, task="ir2rgb"
    )
    refused(DataError, "features: 2 features for 1 item ids", score, ones, ["a"], table,
            task="ir2rgb")  # fmt: skip
    refused(DataError, "features: item ids are no list of strings", score, ones, [1, 2], table,
            task="ir2rgb")  # fmt: skip
    refused(DataError, "gallery: expected floating point features[N, D], got int64[2]", score, ones,
            ids, table, task="ir2rgb", gallery=([1, 2], ids))  # fmt: skip


def test_importing_reidbench_is_light():
    code = (
        "import sys, reidbench, reidbench.api\n"
        "assert not {'torch', 'numpy', 'mmengine'} & set(sys.modules)\n"
        "assert {'load_model', 'score'} <= set(dir(reidbench)) and callable(reidbench.score)\n"
        "assert 'torch' not in sys.modules and not hasattr(reidbench, 'nothing')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
