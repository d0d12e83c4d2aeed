"""`reidbench eval`: a finished run's models on another data set and protocol."""

import json
import shutil
from pathlib import Path

import pytest

from reidbench.cli.main import main

ROOT = Path(__file__).parents[2]
DATA = ["data.train=6", "data.val=2", "data.test=6", "data.instances=2"]
TINY = [
    *DATA, "teacher.train.steps=2", "teacher.train.sampler.p=3", "student.train.steps=2",
    "student.train.sampler.p=3", "run.threads=1", "run.device=cpu",
]  # fmt: skip


def config(name):
    return str(ROOT / "configs" / f"{name}.py")


def evaluate(folder, *options, name="distill_cosine", work_dir=None):
    return main(["eval", str(folder), "--config", config(name), "--work-dir",
                 str(work_dir or folder.parent), "--cfg-options", *DATA, "run.threads=1",
                 "run.device=cpu", *options])  # fmt: skip


def result(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp("work")
    assert main(["run", config("distill_pcm_fr"), "--work-dir", str(work_dir), "--seed", "4",
                 "--cfg-options", *TINY, "run.name=trained"]) == 0  # fmt: skip
    return work_dir / "trained"


def test_on_its_own_data_the_numbers_are_the_runs_own(finished, capsys):
    assert evaluate(finished, "run.name=again") == 0
    again, first = result(finished.parent / "again"), result(finished)
    assert again["scores"] == first["scores"]
    assert again["conditions"] == first["conditions"] and again["seed"] == 4
    assert again["source"] == {
        "run": "trained",
        "stages": {s: first["stages"][s] for s in ("teacher", "distill")},
    }
    capsys.readouterr()
    assert main(["compare", str(finished), str(finished.parent / "again"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 45 and {v["difference"] for r in rows for v in r["values"][1:]} == {0}


def test_on_other_data_only_what_is_needed_is_embedded(finished, tmp_path):
    words = ("data.seed=9", "data.test=4", "run.name=other", "run.trained_on=['Other photos']")
    assert evaluate(finished, *words) == 0
    folder = finished.parent / "other"
    found = result(folder)
    # The weights saw the data of the run that trained them, and what the author says.
    *seen, declared = found["trained_on"]
    assert seen == result(finished)["trained_on"] and len(seen) == 2
    assert (declared["name"], declared["declared"]) == ("Other photos", True)
    assert found["dataset"]["fingerprint"] != result(finished)["dataset"]["fingerprint"]
    assert {(r["mode"], r["n_query"]) for r in found["scores"]} == {
        ("cloud", 8), ("edge", 8), ("edge-cloud", 8)
    }  # fmt: skip
    index = {r["item_id"]: r["split"] for r in json.loads((folder / "data/index.json").read_text())}
    banked = json.loads((folder / "embed" / "items.json").read_text())
    assert len(banked) == 4 * 2 * 4 and {index[i] for i in banked} == {"test"}


def test_the_student_alone(finished, capsys):
    """In another work directory, by a config without a teacher, without embedding by one."""
    work_dir = finished.parent / "elsewhere"
    assert evaluate(finished, name="student_only", work_dir=work_dir) == 0
    (folder,) = (f.parent for f in work_dir.glob("*/result.json"))
    assert folder.name.startswith("trained-on-student_only") and not (folder / "embed").exists()
    edge = [r for r in result(finished)["scores"] if r["mode"] == "edge"]
    assert result(folder)["scores"] == edge


def test_what_is_refused(finished, tmp_path, capsys):
    def refused(message, folder, *options):
        assert evaluate(folder, *options) == 2
        errors = capsys.readouterr().err
        assert message in errors and errors.count("\n") == 1, errors

    refused("no run folder", tmp_path / "nowhere")
    refused("the run is not finished, or it is no run folder", tmp_path)
    refused("'trained' is the run that is evaluated", finished, "run.name=trained")
    refused("unknown protocol 'qrcm/distil'", finished, "evaluation.protocol=qrcm/distil")
    broken = tmp_path / "broken"
    shutil.copytree(finished, broken)
    (broken / "distill" / "stage.json").write_text("{}")
    refused("distill/ is not the checkpoint that result.json names", broken)


@pytest.mark.parametrize(("stage", "mode"), [("distill", "edge"), ("teacher", "cloud")])
def test_one_checkpoint_of_a_run(finished, stage, mode):
    assert evaluate(finished / stage, work_dir=finished.parent) == 0
    (folder,) = finished.parent.glob(f"trained-{stage}-on-*")
    assert {s["mode"] for s in result(folder)["scores"]} == {mode}
    of_run = [s for s in result(finished)["scores"] if s["mode"] == mode]
    assert result(folder)["scores"] == of_run


def test_a_mode_that_the_checkpoint_cannot_answer(finished, capsys):
    assert evaluate(finished / "distill", "evaluation.modes=['cloud']") == 2
    assert "holds the student, so only 'edge' can be evaluated" in capsys.readouterr().err


def test_a_config_of_data_and_evaluation_alone_is_enough(finished, tmp_path, capsys):
    bare = tmp_path / "bare.json"
    data = json.loads((finished / "config.json").read_text())["data"]
    bare.write_text(json.dumps({"data": data, "evaluation": {"protocol": "qrcm/distill"}}))
    words = [str(bare), "--work-dir", str(tmp_path)]
    assert main(["eval", str(finished), "--config", *words]) == 0
    (folder,) = (f.parent for f in tmp_path.glob("*/result.json"))
    assert result(folder)["scores"] == result(finished)["scores"]
    assert main(["run", *words]) == 2
    assert "modes: 'cloud' needs a teacher, and there is none" in capsys.readouterr().err


PLUGIN = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Own", "reid_own:Own")

class Own:
    def __call__(self, features, labels, modality, logits=None):
        return {"own": features.square().mean()}
"""


def test_the_plugins_that_trained_a_model_are_not_needed(install, tmp_path, monkeypatch):
    install("reid_own", source=PLUGIN)
    words = ["--work-dir", str(tmp_path), "--cfg-options", *DATA, "run.threads=1", "run.device=cpu"]
    own = ["student.train.losses=[{'type':'Own'}]", "student.train.steps=1",
           "student.train.sampler.p=3", "run.name=own"]  # fmt: skip
    assert main(["run", config("student_only"), *words, *own]) == 0
    monkeypatch.setenv("REIDBENCH_DISABLE_PLUGINS", "reid_own,reidbench_samplers")
    bare = tmp_path / "bare.json"
    data = json.loads((tmp_path / "own" / "config.json").read_text())["data"]
    bare.write_text(json.dumps({"data": data, "evaluation": {"protocol": "qrcm/distill"}}))
    assert main(["eval", str(tmp_path / "own"), "--config", str(bare), "--work-dir",
                 str(tmp_path), "--cfg-options", "run.name=e", "run.threads=1"]) == 0  # fmt: skip
    assert result(tmp_path / "e")["scores"] == result(tmp_path / "own")["scores"]


def test_a_damaged_checkpoint_is_not_evaluated(finished, tmp_path, capsys):
    broken = tmp_path / "bit"
    shutil.copytree(finished, broken)
    weights = broken / "distill" / "backbone" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.chmod(0o644)
    weights.write_bytes(content)
    assert evaluate(broken, "run.name=bit2") == 2
    assert "or is damaged" in capsys.readouterr().err
