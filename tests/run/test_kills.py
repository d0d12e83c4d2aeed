"""A run that is killed at any change of the disk ends, once resumed, where a whole one ends."""

import json
import os
import random
import subprocess
import sys

import pytest

CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=2, test=4, instances=2)
_train = dict(steps=3, sampler=dict(type="PKModality", p=3, k=2))
teacher = dict(
    backbone=dict(type="QwenVL", lora=dict(r=4, alpha=8)),
    train=dict(_train, losses=[dict(type="Triplet")]),
)
student = dict(
    backbone=dict(type="OpenCLIP"),
    train=dict(_train, losses=[dict(type="SDM")], distillers=[dict(type="Cosine")]),
)
evaluation = dict(protocol="qrcm/distill", modes=["cloud", "edge-cloud"])
run = dict(name="r", seed=0, device="cpu", threads=1, checkpoint_minutes=0)
"""
PROGRAM = """
import os, sys
from reidbench.cli.main import main

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.chmod", "open"}
place, number, count = sys.argv.pop(1), int(sys.argv.pop(1)), 0

def watch(event, arguments):
    global count
    if event not in CHANGES or place not in str(arguments[0]):
        return
    if event == "open" and not (isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
        return
    count += 1
    if count == number:
        os._exit(9)

sys.addaudithook(watch)
code = main()
print(count)
sys.exit(code)
"""
NEVER = 10**9
POINTS = 24
"""Of the several hundred changes of a run"""


@pytest.mark.slow
def test_killed_anywhere(tmp_path):
    (tmp_path / "config.py").write_text(CONFIG)
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(work_dir, number):
        words = ["run", tmp_path / "config.py", "--work-dir", work_dir]
        command = [sys.executable, tmp_path / "program.py", work_dir, number, *words]
        env = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run([*map(str, command)], capture_output=True, text=True, env=env)

    def scores(work_dir):
        return json.loads((work_dir / "r" / "result.json").read_text())["scores"]

    whole = run(tmp_path / "whole", NEVER)
    assert whole.returncode == 0, whole.stderr
    changes = int(whole.stdout.split()[-1])
    expected = scores(tmp_path / "whole")
    for number in sorted(random.Random(0).sample(range(1, changes + 1), POINTS)):
        work_dir = tmp_path / str(number)
        killed = run(work_dir, number)
        assert killed.returncode == 9, (number, killed.stderr)
        done = {p.name for p in (work_dir / "stages").glob("[!.]*")}
        resumed = run(work_dir, NEVER)
        assert resumed.returncode == 0, (number, resumed.stderr)
        assert scores(work_dir) == expected, number
        for name in done:
            stage = name.partition("-")[0]
            assert f"{stage}  present" in resumed.stdout, (number, stage, resumed.stdout)
        left = [p for p in work_dir.rglob("*") if p.name.startswith((".part-", ".old-"))]
        assert not [p for p in left if "cache" not in p.parts], number
