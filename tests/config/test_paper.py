"""The paper's configs hold the paper's numbers, and say what they lack."""

from pathlib import Path

import pytest

from reidbench import config
from reidbench.cli.main import main
from reidbench.pluginhost import PluginHost

FOLDER = Path(__file__).parents[2] / "configs" / "paper"
TEACHERS = {
    "teacher_qwen2vl_2b": "attention",
    "teacher_qwen2vl_2b_every4": "hier_every4",
    "teacher_qwen2vl_2b_last2": "hier_last2",
    "teacher_qwen2vl_2b_last4_alternate": "hier_last4_alternate",
    "teacher_qwen2vl_2b_all_linear": "all-linear",
}


def read(name):
    return config.resolve(config.load(FOLDER / f"{name}.py"), [], PluginHost())


@pytest.mark.parametrize(("name", "scheme"), TEACHERS.items())
def test_teachers(name, scheme):
    found = read(name)
    backbone = found.teacher.backbone
    assert backbone["lora"] == {"scheme": scheme, "r": 16, "alpha": 64, "dropout": 0.1,
                                "dora": True, "init": "gaussian"}  # fmt: skip
    assert backbone["image_size"] == [336, 196] and backbone["max_text_tokens"] == 165
    assert found.teacher.train.steps == 50_000 and found.run.precision == "bf16"
    weights = {loss["type"]: loss["weight"] for loss in found.teacher.train.losses}
    assert weights == {"ID": 0.25, "Triplet": 1.0, "SDM": 1.0}
    assert not found.uses("student")


def test_students():
    alone, distilled = read("student_vitl14_alone"), read("distill_vitl14")
    assert alone.teacher is None and alone.student.train.optimizer["lr"] == 5e-5
    train = distilled.student.train
    assert train.optimizer["lr"] == 1e-5 and train.task_weight == 0.01
    weights = {d["type"]: d["weight"] for d in train.distillers}
    assert weights == {"Cosine": 0.29, "PCM": 0.35, "FR": 0.35}
    assert distilled.student.backbone["image_size"] == [280, 140]
    scratch = read("distill_vitl14_from_scratch").student.train
    assert {(d["type"], d["weight"], d.get("form")) for d in scratch.distillers} == {
        ("FeatureMSE", 0.15, None), ("PCM", 0.30, "mse"), ("FR", 0.25, "mse"),
        ("Cosine", 0.30, None),
    }  # fmt: skip


def test_all_three_sets_are_trained_on_and_each_is_scored():
    found = read("distill_vitl14")
    assert found.data["type"] == "QrCM-joint" and len(found.data["roots"]) == 3
    assert found.evaluation.protocol["datasets"] == ["CUHK-PEDES", "ICFG-PEDES", "RSTPReid"]
    # 32 items on each of four GPUs.
    train = found.teacher.train
    assert train.batches_per_step * train.sampler["p"] * train.sampler["k"] * 4 == 4 * 32


def test_what_is_missing_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    path = str(FOLDER / "teacher_qwen2vl_2b.py")
    cpu = ["--cfg-options", "run.device=cpu"]
    assert main(["run", path, *cpu]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "data/CUHK-PEDES" in error and error.count("\n") == 1
    assert main(["run", path, "--dry-run", *cpu]) == 2
    shown = capsys.readouterr().out
    assert "missing: weights='Qwen/Qwen2-VL-2B-Instruct' is no local folder, and no model" in shown
    assert "data/CUHK-PEDES" in shown
