"""Ctrl-C and SIGTERM in a training: a checkpoint is taken on the way out."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=2, test=4, instances=2)
student = dict(
    backbone=dict(type="OpenCLIP"),
    train=dict(steps=3000, log_every=1, losses=[dict(type="SDM")],
               sampler=dict(type="PKModality", p=3, k=2)),
)
evaluation = dict(protocol="qrcm/distill", modes=["edge"])
run = dict(name="r", device="cpu", threads=1)
"""


def start(tmp_path, *options):
    command = [sys.executable, "-m", "reidbench", "run", str(tmp_path / "config.py"), "--work-dir",
               str(tmp_path), "--cfg-options", "run.seed=0", *options]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def steps(tmp_path):
    log = tmp_path / "r" / "log.jsonl"
    rows = map(json.loads, log.read_text().splitlines() if log.exists() else [])
    return [row["step"] for row in rows if row["event"] == "step"]


@pytest.mark.parametrize(
    ("number", "code", "workers"), [(signal.SIGINT, 130, 0), (signal.SIGTERM, 143, 1)]
)
def test_a_signal_in_a_short_training_loses_nothing(tmp_path, number, code, workers):
    (tmp_path / "config.py").write_text(CONFIG)
    process = start(tmp_path, f"run.workers={workers}")
    while len(steps(tmp_path)) < 3 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert err.strip().splitlines()[-1] == "interrupted: the same command continues"
    last = steps(tmp_path)[-1]
    (kept,) = (tmp_path / "partial").glob("distill-*/step-*")
    assert int(kept.name.partition("-")[2]) == last
    assert not list(Path(tmp_path, "stages").glob("*"))
    # The same command goes on where it was.
    process = start(tmp_path)
    while not steps(tmp_path)[-1] > last and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert f"continues after step {last}" in out, err
    assert last + 1 in steps(tmp_path) and steps(tmp_path).count(last) == 1
