"""Submissions are examined in this process: one of its own takes seconds to start.
`test_limited.py` tries the real one."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from reidbench.cli.main import main
from reidbench.leaderboard import limited, verified, verify
from reidbench.leaderboard.benchmark import Benchmark
from reidbench.leaderboard.examine import examine

sys.path.insert(0, str(Path(__file__).parent))
from toy import features, leaderboard, records, save, submit


def examine_here(benchmark, limits, folder, private, out):
    found = examine(Benchmark.read(benchmark), folder, private)
    if found.verified is None:
        return found.problems, None
    verified.save(Path(out) / limited.RESULT, found.verified, found.figures)
    return [], verified.read(Path(out) / limited.RESULT)


@pytest.fixture(autouse=True)
def in_process(request, monkeypatch):
    if request.node.path.name != "test_limited.py":
        monkeypatch.setattr(verify, "examine_limited", examine_here)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A leaderboard with a private part, and one entry that is verified and built."""
    place = tmp_path_factory.mktemp("made")
    board = leaderboard(place, private=True, entries=())
    items = records() + records(first=8)
    public, hidden = features(records(), 0), features(records(first=8), 1)
    submit(board, "one", save(place / "one.safetensors", items, np.concatenate([public, hidden])))
    return place


@pytest.fixture
def place(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "place")
    capsys.readouterr()
    return tmp_path / "place"


@pytest.fixture
def board(place):
    return place / "board"


@pytest.fixture
def run(capsys):
    """Run an action: its exit code, and all that it printed."""

    def call(*words):
        code = main(["leaderboard", *map(str, words)])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "\x1b" not in shown.out + shown.err
        if code == 2:
            assert len(shown.err.splitlines()) == 1 and shown.err.startswith("error: ")
        return code, shown.out + shown.err

    return call
