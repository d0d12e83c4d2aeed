"""Queries shared out over processes give the numbers of one process, bit for bit."""

import json
import os
import subprocess
import sys

import pytest

WORKER = """
import json, sys
import torch
from torch import distributed
from reidbench.evaluation.plan import plan
from reidbench.evaluation.ranking import rank
from reidbench_registry import Record, Selector, Task

index, number, meeting = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if number > 1:
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=index, world_size=number
    )
make = torch.Generator().manual_seed(0)
q, g = torch.randn(50, 8, generator=make), torch.randn(70, 8, generator=make)
g[10:20] = g[0]  # ties
query = [Record(f"q{i}", "toy", "test", "ir", str(i % 9), instance_id=str(i)) for i in range(50)]
gallery = [Record(f"g{i}", "toy", "test", "rgb", str(i % 7), instance_id=str(i)) for i in range(70)]
task = Task("t", Selector("ir"), Selector("rgb"), "same_instance", "identity")
# Chunks of 6 queries: 9 of them, so that two processes have unequal shares.
found = rank(plan(task, query, gallery), q, g, memory=40 * 70 * 6 // 9)
names = ("exact", "optimistic", "pessimistic")
print(json.dumps([
    {n: getattr(found, n).ranks.tolist() for n in names},
    found.exact.identities_above.tolist(), found.valid.tolist(), found.n_query, found.chance_r1,
]))
if number > 1:
    distributed.destroy_process_group()
"""


def results(number, folder):
    """What each of `number` processes found."""
    env = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(i), str(number), str(folder / "meeting")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
        )
        for i in range(number)
    ]  # fmt: skip
    done = [process.communicate(timeout=120) for process in started]
    assert all(process.returncode == 0 for process in started), done
    return [json.loads(out.splitlines()[-1]) for out, _ in done]


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback device has another name")
def test_two_processes_equal_one(tmp_path):
    (alone,) = results(1, tmp_path)
    first, second = results(2, tmp_path)
    assert first == second == alone
    assert alone[3] == 50 and len(alone[2]) == 40
