"""Thousands of changed submissions: a leaderboard takes one whose claims are all true, or says no.

A failure is an exception, a result for a false claim, a line that is none, something touched
outside, a connection, a program. Inputs are numbered and the same in every run; a failure names its
own: `pytest tests/fuzz/test_submissions.py -k change_files --pdb`.
"""

import functools
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.board import ENTRY, check_true, make
from fuzz.mutations import random_of
from fuzz.submissions import CHANGES
from fuzz.watch import Watch, check_printed

from reidbench.evaluation import bootstrap
from reidbench.evaluation import score as scoring
from reidbench.leaderboard import rescore
from reidbench.leaderboard.examine import examine

KINDS = dict.fromkeys(CHANGES)
FEW, MANY = 500 // len(KINDS) + 1, 10_000 // len(KINDS) + 1
"""Inputs of each kind in the fast and in the slow run"""
LINE = 2400
"""Characters of a problem"""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork",
             "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink",
             "os.truncate", "shutil.", "pickle.", "tempfile.", "ctypes.dlopen")  # fmt: skip


class Guard:
    """Notes what a submission must never cause, while it is on: Python's own audit events."""

    def __init__(self):
        self.on, self.seen, self.roots = False, [], ()
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if not self.on:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int):
                return
            name = os.fsdecode(path)
            if flags & WRITES or not os.path.realpath(name).startswith(self.roots):
                self.seen.append((event, name, flags))
        elif event.startswith(FORBIDDEN):
            self.seen.append((event, arguments))


@pytest.fixture(scope="session")
def guard():
    return Guard()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A leaderboard with few resamples (the intervals are the same everywhere), and its benchmark."""
    few = functools.partial(bootstrap.intervals, resamples=100)
    monkeypatch.setattr(scoring, "intervals", few)
    monkeypatch.setattr(rescore, "intervals", few)
    benchmark = make(tmp_path)
    (tmp_path / "board" / "bait").mkdir()
    shutil.copytree(tmp_path / "board" / "submissions" / ENTRY, tmp_path / "kept")
    (tmp_path / "kept" / "config.json").write_text('{"run": {"seed": 0}, "data": {"type": "X"}}')
    return benchmark, tmp_path


def state(root):
    """name -> what it is, of everything in a folder; what a link leads to is not looked at."""
    return {
        place: (s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns)
        for at, folders, files in os.walk(root)
        for place in (os.path.join(at, one) for one in (*folders, *files))
        for s in [os.lstat(place)]
    }


def fresh(root):
    """The submission as it was made, and an empty folder of baits beside it."""
    board = root / "board"
    for place in (board / "submissions", board / "bait"):
        shutil.rmtree(place)
        place.mkdir()
    (board / "bait" / "secret.json").write_text('{"schema": 1, "secret": "s3cr3t"}')
    folder = board / "submissions" / ENTRY
    shutil.copytree(root / "kept", folder)
    return folder


def examine_changed(change, world, guard, numbers):
    """How many of the changed submissions were verified."""
    benchmark, root = world
    private = root / "hidden.csv"
    assert examine(benchmark, fresh(root), private).problems == []
    guard.roots = (str(root.resolve()), sys.prefix, sys.base_prefix, str(Path(rescore.__file__)
                   .parents[2]), "/proc/", "/sys/", "/dev/null")  # fmt: skip
    taken = 0
    for number in numbers:
        rng = random_of(change.__name__, number)
        folder = fresh(root)
        change(folder, rng)
        before = state(root), sorted(os.listdir(tempfile.gettempdir()))
        print(f"{change.__name__} {number}", file=sys.stderr)
        with Watch(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            guard.on = True
            try:
                found = examine(benchmark, folder, private if number % 2 else None)
            finally:
                guard.on = False
        name = f"{change.__name__} {number}"
        assert not guard.seen, f"{name}: {guard.seen}"
        assert (state(root), sorted(os.listdir(tempfile.gettempdir()))) == before, name
        assert (found.verified is None) == bool(found.problems), name
        for line in found.problems:
            assert 0 < len(line) <= LINE and "\n" not in line and "s3cr3t" not in line, line[:LINE]
            check_printed(line)
        if found.verified is not None:
            check_true(benchmark, folder, found.verified)
            taken += 1
    return taken


@pytest.mark.parametrize("change", KINDS, ids=lambda c: c.__name__)
def test_submissions(change, world, guard):
    examine_changed(change, world, guard, range(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("change", KINDS, ids=lambda c: c.__name__)
def test_many_submissions(change, world, guard):
    taken = examine_changed(change, world, guard, range(FEW, FEW + MANY))
    assert taken < MANY / 2
