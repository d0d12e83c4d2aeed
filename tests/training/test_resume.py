"""A training that was interrupted ends in the weights of one that was not, bit for bit."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from reidbench.cli.main import main
from reidbench.training import trainer
from reidbench.training.resume import Checkpoints, load_trainable_state, trainable_state
from reidbench_registry import DataError

CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=3, test=4, instances=2)
_train = dict(
    steps=5, warmup=0.4, clip_norm=1.0, log_every=1,
    optimizer=dict(type="AdamW", lr=1e-3, betas=(0.8, 0.9)),
    scheduler=dict(type="CosineAnnealingLR", eta_min=1e-5),
    sampler=dict(type="PKModality", p=3, k=2),
)
teacher = dict(
    backbone=dict(type="QwenVL", lora=dict(r=4, alpha=8, dropout=0.2)),
    neck="bn_per_modality", tap="after",
    train=dict(_train, losses=[dict(type="ID"), dict(type="Triplet")]),
)
student = dict(
    backbone=dict(type="OpenCLIP", embed_dim=96), neck="bn",
    train=dict(_train, losses=[dict(type="ID")], distillers=[dict(type="Cosine")]),
)
evaluation = dict(protocol="qrcm/distill", modes=["cloud", "edge"])
run = dict(name="r", device="cpu", threads=1, checkpoint_minutes=0)
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.py"
    path.write_text(CONFIG)
    return path


def run(config, work_dir, *options):
    return main(["run", str(config), "--work-dir", str(work_dir), "--cfg-options",
                 "run.seed=0", *options])  # fmt: skip


def weights(work_dir):
    folder = work_dir / "r"
    files = [p for s in ("teacher", "distill") for p in sorted((folder / s).rglob("*.safetensors"))]
    assert len(files) == 6  # each stage: backbone, neck, classifier
    return {p.relative_to(folder).as_posix(): load_file(p) for p in files}


def kill_after(monkeypatch, stage, step):
    """Interrupt the training of `stage` once its checkpoint of `step` is written."""
    real = Checkpoints.save

    def save(self, number, state):
        real(self, number, state)
        if self.folder.name.startswith(stage) and number == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainer.Checkpoints, "save", save)


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp("whole")
    assert run(config, work_dir, "run.checkpoint_minutes=None") == 0
    assert not (work_dir / "partial").exists()
    return work_dir


def test_a_resumed_run_ends_in_the_same_bits(config, whole, tmp_path, monkeypatch, capsys):
    for stage, step in (("teacher", 1), ("teacher", 3), ("distill", 2)):
        with monkeypatch.context() as patch:
            kill_after(patch, stage, step)
            assert run(config, tmp_path) == 130
        (kept,) = (tmp_path / "partial").glob(f"{stage}-*/*")
        assert {p.name for p in kept.iterdir()} == {"state.safetensors", "state.json"}
        assert json.loads((kept / "state.json").read_text())["step"] == step
    capsys.readouterr()
    assert run(config, tmp_path) == 0
    assert "continues after step 2" in capsys.readouterr().out
    found, expected = weights(tmp_path), weights(whole)
    for file, tensors in expected.items():
        for name, tensor in tensors.items():
            assert torch.equal(found[file][name], tensor), f"{file}: {name}"
    results = [json.loads((w / "r" / "result.json").read_text()) for w in (tmp_path, whole)]
    assert results[0]["scores"] == results[1]["scores"]
    assert not list((tmp_path / "partial").iterdir())


def test_a_damaged_checkpoint_is_named_and_left_behind(
    config, whole, tmp_path, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        kill_after(patch, "teacher", 3)
        assert run(config, tmp_path) == 130
    (file,) = (tmp_path / "partial").glob("teacher-*/step-00000003/state.safetensors")
    file.write_bytes(file.read_bytes()[:1000])
    capsys.readouterr()
    assert run(config, tmp_path) == 0
    shown = capsys.readouterr().out
    assert "damaged tensor file" in shown and "from the start" in shown
    assert weights(tmp_path).keys() == weights(whole).keys()


@pytest.mark.parametrize(
    "scheduler",
    [None, {"type": "StepLR", "step_size": 2}, {"type": "MultiStepLR", "milestones": [2, 4]},
     {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 9}],
)  # fmt: skip
@pytest.mark.parametrize("optimizer", [{"type": "SGD", "lr": 0.1, "momentum": 0.9},
                                       {"type": "Adam", "lr": 0.1, "amsgrad": True}])  # fmt: skip
def test_optimizers_and_schedulers_come_back(tmp_path, optimizer, scheduler):
    from reidbench.config.schema import Training
    from reidbench.training import optim

    training = Training(9, {}, optimizer=optimizer, scheduler=scheduler, warmup=0.2)
    if scheduler and scheduler["type"] == "OneCycleLR":
        training.warmup = 0.0

    def start():
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        optimiser = optim.optimizer(model.parameters(), training, "x")
        return model, optimiser, optim.schedule(optimiser, training, "x")

    def go(model, optimiser, schedule, steps):
        for step in steps:
            optimiser.zero_grad()
            model(torch.full((1, 3), 1.0 + step)).square().sum().backward()
            optimiser.step()
            schedule.step()

    model, optimiser, schedule = start()
    go(model, optimiser, schedule, range(4))
    checkpoints = Checkpoints(tmp_path, 0)
    checkpoints.save(4, {"w": trainable_state(model), "o": optimiser.state_dict(),
                         "s": schedule.state_dict()})  # fmt: skip
    go(model, optimiser, schedule, range(4, 9))
    again, optimiser, schedule = start()
    steps, state = checkpoints.load()
    load_trainable_state(again, state["w"])
    optimiser.load_state_dict(state["o"])
    schedule.load_state_dict(state["s"])
    go(again, optimiser, schedule, range(steps, 9))
    assert torch.equal(again.weight, model.weight)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not fit the model at weight"):
        load_trainable_state(nn.Linear(3, 2), trainable_state(nn.Linear(4, 2)))
    Checkpoints(tmp_path, 0).save(1, {})
    assert Checkpoints(tmp_path, 0).load() == (1, {})
    (tmp_path / "step-00000001" / "state.json").write_text("{")
    with pytest.raises(DataError, match="damaged checkpoint: .*step-00000001"):
        Checkpoints(tmp_path, 0).load()
