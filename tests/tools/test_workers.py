"""Processes of a pool do not outlive the process that started them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reidbench.tools.workers import process_pool

PARENT = """
import os, sys, time
from reidbench.tools.workers import process_pool

if __name__ == "__main__":
    with process_pool(2) as pool:
        pids = {pool.submit(os.getpid).result() for _ in range(20)}
        print(*pids, flush=True)
        list(pool.map(time.sleep, [600, 600]))
"""


def test_work_is_shared_and_errors_come_back():
    with process_pool(2) as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
        assert pool.submit(os.getpid).result() != os.getpid()
    with pytest.raises(ZeroDivisionError), process_pool(1) as pool:
        pool.submit(divmod, 1, 0).result()


def test_they_end_when_their_parent_is_killed(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py")], stdout=subprocess.PIPE, text=True
    )
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert pids
    parent.kill()
    parent.wait()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
