"""`reidbench run --dry-run`: the run's own keys and models, and nothing left behind."""

import re
from pathlib import Path

from reidbench.cli.main import main
from reidbench.run.dry import grouped

CONFIG = Path(__file__).parents[2] / "configs" / "distill_cosine.py"
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2", "run.name=tiny",
    "teacher.train.steps=2", "teacher.train.sampler.p=3", "run.device=cpu", "run.threads=1",
    "student.train.steps=2", "student.train.sampler.p=3",
]  # fmt: skip


def run(work_dir, *words, options=()):
    return main(["run", str(CONFIG), "--work-dir", str(work_dir), *words,
                 "--cfg-options", *TINY, *options])  # fmt: skip


def keys(output):
    found = re.findall(r"^ *(teacher|embed|distill|evaluate)  (.*) \((\w{8})\)", output, re.M)
    return {stage: key for stage, _, key in found}, {words for _, words, _ in found}


def test_a_dry_run_tells_what_a_run_then_does(tmp_path, capsys):
    assert run(tmp_path, "--dry-run") == 0
    shown = capsys.readouterr().out
    foretold, words = keys(shown)
    assert len(foretold) == 4 and words == {"to make"}
    assert {p.name for p in tmp_path.iterdir()} == {"cache", ".locks"}
    assert re.search(r"QwenVL: [\d,]+ of 1,\d{3},\d{3} parameters are trained", shown)
    assert "adapter: DoRA, scheme attention, rank 16, alpha 64" in shown
    assert "model.visual.blocks.{0-1}.attn.qkv (2)" in shown
    assert run(tmp_path) == 0
    assert keys(capsys.readouterr().out)[0] == foretold
    before = (tmp_path / "tiny" / "result.json").read_bytes()
    assert run(tmp_path, "--dry-run") == 0
    assert keys(capsys.readouterr().out) == (foretold, {"present"})
    assert (tmp_path / "tiny" / "result.json").read_bytes() == before


def test_all_that_is_missing_is_said_at_once(tmp_path, capsys):
    options = ("teacher.backbone.weights=./gone", "data={'type':'QrCM','root':'./nowhere'}")
    assert run(tmp_path, "--dry-run", options=options[:1]) == 2
    caught = capsys.readouterr()
    assert "missing: weights='./gone': there is no such folder" in caught.out
    assert "to make" in caught.out
    assert caught.err.startswith("error: ") and caught.err.count("\n") == 1


def test_mistakes_are_found_as_in_a_run(tmp_path, capsys):
    assert run(tmp_path, "--dry-run", options=["student.train.optimizer.type=Adamw"]) == 2
    assert "did you mean 'AdamW'?" in capsys.readouterr().err


def test_module_names_are_grouped_by_their_number():
    names = [f"m.layers.{i}.q" for i in (0, 1, 2, 5)] + ["m.merger.mlp.0", "m.layers.1.k", "head"]
    assert grouped(names) == ["m.layers.{0-2,5}.q (4)", "m.merger.mlp.0", "m.layers.{1}.k (1)",
                              "head"]  # fmt: skip
