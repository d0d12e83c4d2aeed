"""The process that examines a submission: its limits, its death, and commands that are cut off."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench.leaderboard import limited
from reidbench.leaderboard.benchmark import Limits
from reidbench.leaderboard.limited import examine_limited
from reidbench.tools.digests import file_digest
from reidbench_registry import DataError

sys.path.insert(0, str(Path(__file__).parent))
from toy import leaderboard

SOON = Limits(seconds=120, memory_mb=512)


@pytest.fixture
def board(tmp_path, capsys):
    return leaderboard(tmp_path, entries=("one",))


def places(board, tmp_path):
    (tmp_path / "out").mkdir(exist_ok=True)
    return board / "benchmarks" / "toy", board / "submissions" / "one", None, tmp_path / "out"


def examined(board, tmp_path, limits=SOON):
    benchmark, folder, private, out = places(board, tmp_path)
    return examine_limited(benchmark, limits, folder, private, out)


def test_what_holds_comes_back_with_its_figures(board, tmp_path):
    problems, verified = examined(board, tmp_path)
    assert problems == [] and verified.record.status == "rescored"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "answer.json", "result.json", "result.safetensors",
    }  # fmt: skip


def test_features_that_take_too_much_memory(board, tmp_path):
    """A file of half a gigabyte that has no blocks on the disk, and is all that it declares."""
    folder = board / "submissions" / "one"
    given = json.loads((folder / "submission.json").read_text())
    (name,) = given["files"]
    path = folder / name
    old = path.read_bytes()
    header = json.loads(old[8 : 8 + int.from_bytes(old[:8], "little")])
    n, width = given["files"][name]["shape"][0], 6_000_000
    size = 2 * n * width
    header["features"] = {"dtype": "F16", "shape": [n, width], "data_offsets": [0, size]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size)
    given["files"][name] = {"sha256": file_digest(path), "bytes": path.stat().st_size,
                            "shape": [n, width], "dtype": "float16"}  # fmt: skip
    (folder / "submission.json").write_text(json.dumps(given))
    problems, verified = examined(board, tmp_path, Limits(seconds=120, memory_mb=256))
    assert verified is None
    (line,) = problems
    assert "it takes more memory than" in line


def test_a_check_that_takes_too_long_is_ended(board, tmp_path):
    start = time.monotonic()
    problems, _ = examined(board, tmp_path, Limits(seconds=1))
    assert time.monotonic() - start < 20
    (line,) = problems
    assert "not done after 1 s" in line or "ended by a limit" in line


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended by a limit (SIGKILL)"),
        ("import os; os.abort()", "the check ended with code -6: it gave no reason"),
        ("raise SystemExit('a\\n\\x1b[2J' + 9999 * 'x')", r"the check ended with code 1: \x1b[2J"),
        ("print(1)", "the check ended with code 0: it gave no reason"),
        ("import sys; print('no space', file=sys.stderr); sys.exit(3)", None),
    ],
)
def test_a_process_that_dies_is_a_problem(body, words, board, tmp_path, monkeypatch):
    (tmp_path / "dies.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(limited, "MODULE", "dies")
    if words is None:
        with pytest.raises(DataError, match="^no space$"):
            examined(board, tmp_path)
        return
    (line,), verified = examined(board, tmp_path)
    assert verified is None and words in line
    assert len(line) < 2400 and "\n" not in line and "\x1b" not in line


def test_nothing_is_imported_from_where_the_command_starts(board, tmp_path, monkeypatch):
    for place in (tmp_path, board, board / "submissions" / "one"):
        for name in ("json", "torch", "reidbench", "sitecustomize"):
            (place / f"{name}.py").write_text("open('/dev/full', 'w').write('x')")
    for name in (board / "submissions" / "one").glob("*.py"):
        name.unlink()  # it would be refused
    monkeypatch.chdir(board)
    assert examined(board, tmp_path)[0] == []


def start(board, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "reidbench", "leaderboard", "verify", "--dir", board, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def is_running(pid):
    """Not gone, and no zombie that waits for somebody to ask."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks Linux for the children")
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_ctrl_c_leaves_no_result_and_no_process(number, board, tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    process = start(board)
    while not (of := children(process.pid)) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    assert len(said.splitlines()) == 1 and said.startswith("interrupted")
    assert {p.name for p in (board / "results").iterdir()} == {".gitkeep"}
    assert not any(temporary.iterdir())
    assert of and not any(is_running(pid) for pid in of)


@pytest.mark.slow
def test_two_at_once_leave_whole_results(board):
    both = [start(board), start(board)]
    assert [(p.communicate(timeout=300)[1], p.returncode) for p in both] == [("", 0)] * 2
    assert {p.name for p in (board / "results").iterdir()} == {
        ".gitkeep", "one.json", "one.safetensors",
    }  # fmt: skip
    assert main(["leaderboard", "build", "--dir", str(board)]) == 0


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if os.geteuid() or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_no_fault_of_the_submission(board, small_disk, monkeypatch, capsys):
    here = small_disk / "board"
    shutil.copytree(board, here)
    assert main(["leaderboard", "verify", "--dir", str(here)]) == 0
    kept = {p.name: p.read_bytes() for p in (here / "results").iterdir()}
    with (small_disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    capsys.readouterr()
    for temporary in (None, small_disk):  # results do not fit; the check's own answer does not
        if temporary:
            monkeypatch.setattr("tempfile.tempdir", str(temporary))
        code = main(["leaderboard", "verify", "--dir", str(here)])
        shown = capsys.readouterr()
        assert code == 2 and "No space left" in shown.err, shown
        assert len(shown.err.splitlines()) == 1
        assert {p.name: p.read_bytes() for p in (here / "results").iterdir()} == kept


def test_a_folder_that_cannot_be_written_is_named(board, capsys):
    shutil.rmtree(board / "results")
    (board / "results").write_text("a file")
    assert main(["leaderboard", "verify", "--dir", str(board)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "results" in said and len(said.splitlines()) == 1
