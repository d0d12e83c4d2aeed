"""An entry that fails in the middle of a run is named, with its plugin, stage and step."""

import json
from pathlib import Path

import pytest

from reidbench.cli.main import main

PLUGIN = """
import sys
import torch
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Wrong", "reid_wrong:Wrong")
    catalog.add("sampler", "Nothing", "reid_wrong:Nothing")
    catalog.add("transform", "Falls", "reid_wrong:Falls")

class Nothing:
    def epoch(self, records, seed, epoch):
        return iter(())

class Falls:
    def __call__(self, item, modality, rng):
        raise LookupError("no such pixel")

class Wrong:
    needs_logits = False

    def __init__(self, how: str = "raise"):
        self.how, self.calls = how, 0

    def __call__(self, features, labels, modality, logits=None):
        self.calls += 1
        value = (features * 0.0).sum()
        if self.calls < 2:
            return {"wrong": value}
        if self.how == "raise":
            return {"wrong": self.no_such_attribute}
        if self.how == "exit":
            sys.exit(0)
        if self.how == "vector":
            return {"wrong": features.sum(1)}
        if self.how == "list":
            return [value]
        return {"wrong": value + float("nan")}
"""
CONFIG = {
    "data": {"type": "SyntheticPedestrians", "train": 6, "val": 2, "test": 4, "instances": 2},
    "student": {
        "backbone": "OpenCLIP",
        "train": {
            "steps": 4,
            "sampler": {"type": "PKModality", "p": 3, "k": 2},
            "losses": [{"type": "Wrong"}],
        },
    },
    "evaluation": {"protocol": "qrcm/distill", "modes": ["edge"]},
    "run": {"name": "r", "device": "cpu", "threads": 1},
}


@pytest.fixture
def run(install, tmp_path, capsys):
    install("reid_wrong", source=PLUGIN)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))

    def go(*options):
        words = ["run", str(path), "--work-dir", str(tmp_path / "w"), "--cfg-options", *options]
        return main(words), capsys.readouterr().err

    return go


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("raise", "loss 'Wrong' of reid_wrong 1.0 failed in a training step: AttributeError"),
        ("exit", "loss 'Wrong' of reid_wrong 1.0 failed in a training step: SystemExit"),
        ("vector", "loss 'Wrong' of reid_wrong 1.0 returned [24], expected a scalar tensor"),
        ("list", "loss 'Wrong' of reid_wrong 1.0 returned list, expected a dict"),
        ("nan", "wrong (loss 'Wrong' of reid_wrong 1.0) is nan"),
    ],
)
def test_a_loss_that_fails_is_named_at_once(run, tmp_path, how, message):
    code, error = run(f"student.train.losses.0.how={how}")
    assert code == 2
    *before, last = error.strip().splitlines()
    assert last.startswith(f"error: distill, step 2: {message}")
    assert not (tmp_path / "w" / "r" / "result.json").exists()
    if how == "raise":
        # The plugin's own traceback, without the harness's frames.
        assert "no_such_attribute" in "".join(before)
        assert "trainer.py" not in error and "reid_wrong.py" in error
        log = (tmp_path / "w" / "r" / "log.jsonl").read_text().splitlines()
        failed = [row for row in map(json.loads, log) if row["event"] == "failed"]
        assert [row["step"] for row in failed] == [2] and message in failed[0]["error"]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_transform_that_fails_is_named(run, workers):
    code, error = run("student.train.augment=[{'type':'Falls'}]", f"run.workers={workers}")
    assert code == 2
    last = error.strip().splitlines()[-1]
    assert "transform 'Falls' of reid_wrong 1.0 failed in an augmentation: LookupError" in last


def test_a_sampler_without_batches_is_told_before_the_work(run, tmp_path):
    code, error = run("student.train.sampler={'type':'Nothing'}")
    assert code == 2 and "student.train.sampler: Nothing draws no batch from 48 items" in error
    assert not Path(tmp_path, "w", "stages").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("student.train.optimizer={'type':'LBFGS'}", "optimizer: LBFGS: "),
        ("student.train.optimizer={'type':'SparseAdam'}", "optimizer: SparseAdam: "),
        ("student.train.scheduler={'type':'ReduceLROnPlateau'}", "scheduler: ReduceLROnPlateau"),
        ("student.train.scheduler={'type':'CosineAnnealingLR','T_max':0}", "ZeroDivisionError"),
        ("student.train.scheduler={'type':'StepLR','step_size':0}", "ZeroDivisionError"),
        ("student.train.scheduler={'type':'OneCycleLR','max_lr':1,'total_steps':2}", "OneCycleLR"),
        ("data.test=0", "split 'test' is empty"),
        ("student.train.log_every=0", "student.train.log_every: expected at least 1, got 0"),
        ("run.threads=0", "run.threads: expected at least 1, got 0"),
        ("run.seed=-1", "run.seed: expected an integer in [0, 2^63), got -1"),
        ("run.seed=18446744073709551616", "run.seed: expected an integer in [0, 2^63)"),
        ("evaluation.metrics=[]", "evaluation.metrics: expected at least one metric"),
        ("student.backbone.pretrained=/", "is a folder of more than 10,000 files"),
    ],
)
def test_mistakes_are_told_before_the_training(run, tmp_path, option, message):
    losses = "student.train.losses=[{'type':'SDM'}]"
    code, error = run(losses, option)
    assert code == 2 and message in error and error.count("\n") == 1, error
    assert not Path(tmp_path, "w", "stages").exists()


HOOKS = """
from reidbench_registry import ReportSection, hookimpl

@hookimpl
def reidbench_after_stage(stage):
    class Odd(Exception):
        def __str__(self):
            raise SystemExit(0)
    raise Odd

@hookimpl
def reidbench_add_report_section(result):
    return ReportSection("title", "half a character: \\ud800")

@hookimpl
def reidbench_after_run(result):
    raise KeyboardInterrupt
"""


def test_hooks_that_misbehave_are_lines_of_the_run(install, run, tmp_path, capsys):
    install("reid_hooks", source=HOOKS)
    code, _ = run("student.train.losses=[{'type':'SDM'}]", "student.train.steps=1")
    assert code == 0
    log = (tmp_path / "w" / "r" / "log.jsonl").read_text().splitlines()
    lines = [row["event"] for row in map(json.loads, log) if row["stage"] == "plugin"]
    assert {line.partition(",")[2].split(":")[0].strip() for line in lines} == {
        "reidbench_after_stage", "reidbench_add_report_section", "reidbench_after_run",
    }  # fmt: skip
    assert (tmp_path / "w" / "r" / "result.json").exists()
