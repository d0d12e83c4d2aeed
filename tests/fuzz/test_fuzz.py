"""Thousands of damaged, foreign and hostile files: a reader takes one or says no in one line.

A failure is any exception but a ReidbenchError, more than SECONDS or BYTES for an input, and a
control character in what is printed. Inputs are numbered and the same in every run; a failure names
its own: `pytest tests/fuzz -k "npz and not score" --pdb`.
"""

import shutil
import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.mutations import random_of
from fuzz.targets import COMMANDS, TARGETS, make
from fuzz.watch import Watch, check_printed

from reidbench.cli.main import main
from reidbench.tools.terminal import LINE, safe
from reidbench_registry import ReidbenchError

FEW, MANY = 10, 10_000 // (len(TARGETS) + len(COMMANDS)) + 1
"""Inputs of each target in the fast and in the slow run; the slow ones are 10,000 in all"""


@pytest.fixture(scope="session")
def valid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valid")
    make(folder)
    for name in ("r", "kept"):
        words = [folder / "plain.npz", "--manifest", folder / "plain.csv", "--task",
                 folder / "t.json", "--out", folder / f"{name}.json"]  # fmt: skip
        assert main(["score", *map(str, words)]) == 0
    return folder


@pytest.fixture
def folder(valid, tmp_path):
    shutil.copytree(valid, tmp_path / "world")
    return tmp_path / "world"


def changed(name, number, changes, content):
    rng = random_of(name, number)
    try:
        return rng.choice(changes)(content, rng)
    except RecursionError:
        return content[:-1]


def read_changed(target, folder, numbers):
    path = folder / target.file
    content = path.read_bytes()
    target.read(folder)  # the file as it is
    taken = 0
    for number in numbers:
        path.unlink()
        path.write_bytes(changed(target.name, number, target.changes, content))
        print(f"{target.name} {number}", file=sys.stderr)
        with Watch(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                target.read(folder)
                taken += 1
            except ReidbenchError as error:
                check_printed(safe(error, LINE))
                assert "\n" not in safe(error, LINE)
    return taken


def run_changed(name, folder, numbers, capsys):
    file, changes, words = COMMANDS[name]
    path = folder / file
    content = path.read_bytes()
    for number in numbers:
        path.unlink()
        path.write_bytes(changed(name, number, changes, content))
        with Watch(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = main(list(words))
        shown = capsys.readouterr()
        assert code in (0, 1, 2), f"{name} {number}: {shown.err}"
        check_printed(shown.out + shown.err)
        if code == 2:
            assert shown.err.splitlines()[-1].startswith("error: "), f"{name} {number}"


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_readers(target, folder):
    read_changed(target, folder, range(FEW))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    run_changed(name, folder, range(FEW), capsys)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_many_readers(target, folder):
    taken = read_changed(target, folder, range(FEW, FEW + MANY))
    # Changes that change nothing would test nothing; what is no card is left aside.
    assert taken < MANY or target.name == "card"


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_many_commands(name, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    run_changed(name, folder, range(FEW, FEW + MANY), capsys)
