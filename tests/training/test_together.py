"""Processes that were started together share the batches of a step, and end where one would."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from reidbench.cli.main import main
from reidbench.training.steps import check_not_sharded
from reidbench_registry import ConfigError

CONFIG = """
data = dict(type="SyntheticPedestrians", train=9, val=3, test=4, instances=2)
teacher = dict(
    backbone=dict(type="QwenVL", lora=dict(r=4, alpha=8, dropout=0.0)), neck="none",
    train=dict(
        steps=4, log_every=1, batches_per_step=2, clip_norm=1.0,
        optimizer=dict(type="SGD", lr=0.1), sampler=dict(type="PKModality", p=3, k=2),
        losses=[dict(type="Triplet")], validation=dict(every=2),
    ),
)
evaluation = dict(protocol="qrcm/distill", modes=["cloud"], batch_size=8)
run = dict(name="r", device="cpu", threads=1, checkpoint_minutes=0)
"""
KILLED = """
import os, sys
from reidbench.cli.main import main
from reidbench.training.resume import Checkpoints
save = Checkpoints.save
def and_die(self, step, state):
    save(self, step, state)
    if step == 2:
        os._exit(9)
Checkpoints.save = and_die
sys.exit(main())
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the loopback device has another name"
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.py"
    path.write_text(CONFIG)
    return path


def two(config, work_dir, *options, program=("-m", "reidbench")):
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
             *program, "run", str(config), "--work-dir", str(work_dir),
             "--cfg-options", "run.seed=0", *options]  # fmt: skip
    env = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, capture_output=True, text=True, env=env, timeout=300)


def adapter(work_dir):
    (found,) = (work_dir / "r" / "teacher").rglob("adapter_model.safetensors")
    return load_file(found)


def log(work_dir):
    return [json.loads(line) for line in (work_dir / "r" / "log.jsonl").read_text().splitlines()]


def test_two_processes_train_what_one_trains(config, tmp_path):
    one, both = tmp_path / "one", tmp_path / "two"
    words = ["run", str(config), "--work-dir", str(one), "--cfg-options", "run.seed=0"]
    assert main(words) == 0
    done = two(config, both)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("teacher  done") == 1
    alone, together = adapter(one), adapter(both)
    assert alone.keys() == together.keys()
    for name, tensor in alone.items():
        assert torch.allclose(tensor, together[name], atol=1e-6), name
    steps = [[r for r in log(d) if r["event"] in ("step", "val")] for d in (one, both)]
    assert len(steps[0]) == len(steps[1]) == 6
    for a, b in zip(*steps, strict=True):
        assert a.get("loss") == pytest.approx(b.get("loss"), abs=1e-4)
        assert a.get("figures") == b.get("figures")
    banks = [load_file(d / "r" / "embed" / "bank.safetensors")["features"] for d in (one, both)]
    assert torch.allclose(*banks, atol=1e-4)
    keys = [json.loads((d / "r" / "result.json").read_text())["stages"] for d in (one, both)]
    assert keys[0] == keys[1], "how many processes there were is no part of the result"


def test_two_that_were_killed_end_in_the_same_bits(config, tmp_path):
    options = ("teacher.backbone.lora.dropout=0.3",)
    assert two(config, tmp_path / "whole", *options).returncode == 0
    (tmp_path / "killed.py").write_text(KILLED)
    killed = two(config, tmp_path / "k", *options, program=(str(tmp_path / "killed.py"),))
    assert killed.returncode != 0 and not (tmp_path / "k" / "r" / "teacher").exists()
    resumed = two(config, tmp_path / "k", *options)
    assert resumed.returncode == 0, resumed.stderr
    assert "continues after step 2" in resumed.stdout
    whole, again = adapter(tmp_path / "whole"), adapter(tmp_path / "k")
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())


def test_a_step_that_cannot_be_shared_equally_is_refused(config, tmp_path):
    done = two(config, tmp_path, "teacher.train.batches_per_step=3")
    assert done.returncode != 0 and not list(tmp_path.glob("stages/teacher-*"))
    words = "error: teacher.train.batches_per_step: 3 cannot be shared equally by 2 processes"
    assert words in done.stderr


def test_a_model_that_is_cut_up_is_refused():
    check_not_sharded("MULTI_GPU", "teacher")
    with pytest.raises(ConfigError, match="teacher: every process holds the whole model; FSDP"):
        check_not_sharded("FSDP", "teacher")
