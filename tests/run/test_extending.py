"""A stage, a mode and a model are added as CONTRIBUTING.md says, and no other file changes."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench.config import modes
from reidbench.embeddings import Embeddings
from reidbench.run import models, pipeline

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=1", "student.train.sampler.p=3", "run.threads=1", "run.device=cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


def run(work_dir, name, *options):
    config = str(ROOT / "configs" / "distill_cosine.py")
    words = ["--work-dir", str(work_dir), "--cfg-options", *TINY, f"run.name={name}", *options]
    assert main(["run", config, *words]) == 0
    return work_dir / name


def scores(folder):
    rows = json.loads((folder / "result.json").read_text())["scores"]
    return {(r["mode"], r["identity"]["task"]["name"]): r["metrics"] for r in rows}


def block(mark):
    return re.search(rf"^```python {re.escape(mark)}\n(.*?)^```$", PAGE, re.M | re.S)[1]


def test_a_new_stage(work_dir, tmp_path, monkeypatch, capsys):
    path = tmp_path / "norms.py"
    path.write_text(block("file=reidbench/run/stages/norms.py"))
    spec = importlib.util.spec_from_file_location("reidbench.run.stages.norms", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(pipeline, "STAGES", (*pipeline.STAGES, module.Norms()))
    folder = run(work_dir, "norms")
    mean = Embeddings.load(folder / "embed").features.norm(dim=1).mean().item()
    assert json.loads((folder / "norms" / "norms.json").read_text()) == {"mean": mean}
    assert "norms" in json.loads((folder / "result.json").read_text())["stages"]
    capsys.readouterr()
    run(work_dir, "norms")
    assert re.search(r"norms +present .*, skipped", capsys.readouterr().out)


def test_a_new_mode(work_dir, monkeypatch):
    mode = eval(block("mode"), vars(modes))
    monkeypatch.setitem(modes.MODES, mode.name, mode)
    found = scores(run(work_dir, "mode", "evaluation.modes=['cloud','cloud-edge']"))
    assert {name for name, _ in found} == {"cloud", "cloud-edge"}
    assert found["cloud", "ir2rgb"] != found["cloud-edge", "ir2rgb"]


def test_a_third_model(work_dir, monkeypatch, capsys):
    """Of the student's section; a mode of it alone is enough for its student to be trained."""
    monkeypatch.setitem(modes.MODELS, "copy", "student")
    monkeypatch.setitem(models.SOURCES, "copy", models.Source(weights="distill"))
    monkeypatch.setitem(modes.MODES, "copy", modes.Mode("copy", "copy", "copy"))
    folder = run(work_dir, "copy", "evaluation.modes=['copy']")
    assert (folder / "evaluate" / "copy" / "bank.safetensors").is_file()
    copy = {task: metrics for (_, task), metrics in scores(folder).items()}
    edge = scores(run(work_dir, "edge", "evaluation.modes=['edge']"))
    assert copy == {task: metrics for (_, task), metrics in edge.items()}
    config = str(ROOT / "configs" / "distill_cosine.py")
    capsys.readouterr()
    assert main(["run", config, "--dry-run", "--work-dir", str(work_dir), "--cfg-options", *TINY,
                 "evaluation.modes=['copy']"]) == 0  # fmt: skip
    assert re.search(r"evaluate +present", capsys.readouterr().out)
