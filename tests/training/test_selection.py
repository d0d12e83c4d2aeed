"""Validation sees `val` alone, changes nothing, and its choice is on record."""

import json

import pytest
import torch
from safetensors.torch import load_file

from reidbench import config as configs
from reidbench.cli.main import main
from reidbench.pluginhost import PluginHost
from reidbench.run.stages.validation import Validator
from reidbench.training import resume, trainer
from reidbench.training.selection import Selection, Validated
from reidbench_registry import ConfigError

CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=3, test=4, instances=2)
student = dict(
    backbone=dict(type="OpenCLIP"), neck="bn",
    train=dict(
        steps=5, optimizer=dict(type="AdamW", lr=1e-2), losses=[dict(type="ID")],
        sampler=dict(type="PKModality", p=3, k=2),
    ),
)
evaluation = dict(protocol="qrcm/distill", modes=["edge"])
run = dict(name="r", device="cpu", threads=1)
"""
VAL = ("student.train.validation={'every':2}", "student.train.selection=val")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.py"
    path.write_text(CONFIG)
    return path


def run(path, work_dir, *options):
    return main(["run", str(path), "--work-dir", str(work_dir), "--cfg-options",
                 "run.seed=0", *options])  # fmt: skip


def state(folder):
    return load_file(folder / "backbone" / "model.safetensors")


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def scripted(monkeypatch):
    """Validation that finds 0.2, then 0.9, then 0.1, and the splits that it looked at."""
    seen = []

    def call(self):
        torch.rand(3)
        seen.append({r.split for r in self._records})
        return Validated((0.2, 0.9, 0.1)[(len(seen) - 1) % 3], {"t": {"mAP": 0.5}})

    monkeypatch.setattr(Validator, "__call__", call)
    return seen


def test_the_best_weights_are_taken_and_the_last_are_kept(path, tmp_path, scripted, monkeypatch):
    assert run(path, tmp_path / "plain") == 0
    assert run(path, tmp_path / "four", "student.train.steps=4") == 0
    plain, four = (tmp_path / name / "r" / "distill" for name in ("plain", "four"))
    assert run(path, tmp_path, *VAL) == 0
    chosen = tmp_path / "r" / "distill"
    assert scripted == [{"val"}] * 3
    # Who looks changes nothing; the best stood after step 4.
    assert same(state(chosen / "last"), state(plain))
    assert same(state(chosen), state(four)) and not same(state(chosen), state(plain))
    record = json.loads((chosen / "training.json").read_text())
    assert (record["selection"], record["step"], record["steps"]) == ("val", 4, 5)
    found = [(row["step"], row["value"]) for row in record["validation"]]
    assert found == [(2, 0.2), (4, 0.9), (5, 0.1)]
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert result["conditions"]["edge"]["query"]["selection"] == "val"
    other = json.loads((tmp_path / "plain" / "r" / "result.json").read_text())
    assert other["conditions"]["edge"]["query"]["selection"] == "last"
    # Beside the figures of the chosen weights stand those of the last step.
    for row, of_last in zip(result["scores"], other["scores"], strict=True):
        assert row["last"] == {"step": 5, "metrics": of_last["metrics"]}
        assert "last" not in of_last


def test_an_interrupted_run_still_knows_its_best(path, tmp_path, scripted, monkeypatch):
    assert run(path, tmp_path / "whole", *VAL) == 0
    real = resume.Checkpoints.save

    def save(self, number, state):
        real(self, number, state)
        if number == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Checkpoints, "save", save)
        assert run(path, tmp_path, "run.checkpoint_minutes=0", *VAL) == 130
    assert run(path, tmp_path, *VAL) == 0
    folders = [tmp_path / "whole" / "r" / "distill", tmp_path / "r" / "distill"]
    for part in (".", "last"):
        assert same(*(state(folder / part) for folder in folders))
    assert len({(folder / "training.json").read_text() for folder in folders}) == 1


def test_validation_scores_as_the_evaluation_does(path, tmp_path):
    """After the last step, what validation finds on val is what a run evaluated on val finds."""
    assert run(path, tmp_path, VAL[0], "student.train.validation.metric=R1") == 0
    record = json.loads((tmp_path / "r" / "distill" / "training.json").read_text())
    on_val = "evaluation.protocol={'type':'qrcm/distill','split':'val'}"
    assert run(path, tmp_path, on_val, "run.name=v") == 0
    scores = json.loads((tmp_path / "v" / "result.json").read_text())["scores"]
    expected = {f"{s['identity']['task']['name']}, edge": s["metrics"] for s in scores}
    assert record["validation"][-1]["figures"] == expected
    mean = sum(figures["R1"] for figures in expected.values()) / 3
    assert record["validation"][-1]["value"] == pytest.approx(mean)
    assert not (tmp_path / "r" / "distill" / "last").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["student.train.selection=val"], "needs validation=dict"),
        (["student.train.selection=test"], "expected one of 'last', 'val', got 'test'"),
        (["student.train.validation={'every':2,'split':'test'}"], "unknown key 'split'"),
        (["student.train.validation={'every':0}"], "every: expected at least 1"),
    ],
)
def test_wrong_settings(path, options, message):
    with pytest.raises(ConfigError, match=message):
        configs.resolve(configs.load(path), options, PluginHost())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["student.train.validation={'every':2,'metric':'mPA'}"], "no 'mPA'; did you mean 'mAP'?"),
        ([VAL[0], "data.val=0"], "split 'val' is empty"),
    ],
)
def test_mistakes_are_found_before_the_first_step(path, tmp_path, capsys, options, message):
    assert run(path, tmp_path, *options) == 2
    assert message in capsys.readouterr().err
    assert '"event": "step"' not in (tmp_path / "r" / "log.jsonl").read_text()


def test_of_equals_the_first_is_best():
    model = torch.nn.Linear(2, 2)
    values = iter([0.5, 0.5])
    selection = Selection(model, lambda: Validated(next(values), {}), 1, True)
    first = model.weight.detach().clone()
    selection.look(1)
    model.weight.data.add_(1)
    selection.look(2)
    assert selection.load_best() == 1 and torch.equal(model.weight, first)
