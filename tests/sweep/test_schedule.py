"""Which cell runs when, what becomes of one that fails, and how commands are run."""

import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reidbench.sweep import schedule
from reidbench.sweep.launch import Ended, Local, execute, executor
from reidbench_registry import ConfigError


@dataclass(frozen=True)
class Cell:
    name: str
    shares: str | None = None
    labels: tuple = ()
    seed: int = 0
    experiment: object = field(default=None, compare=False)


@pytest.fixture(autouse=True)
def no_config(monkeypatch):
    monkeypatch.setattr(schedule, "as_config", lambda cell: {"name": cell.name})


def run(cells, tmp_path, launch, workers=1, present=()):
    files = schedule.Files(tmp_path, "s")
    reported = []
    outcomes = schedule.run_cells(cells, present, files, launch, workers, reported.append)
    return {o.cell.name: o for o in outcomes}, [o.cell.name for o in reported]


def test_one_cell_of_each_teacher_goes_first(tmp_path):
    """With two workers nobody waits for a teacher that another is training."""
    begun, ended, lock = [], [], threading.Lock()

    def launch(command, log):
        name = Path(command[4]).stem
        with lock:
            begun.append((name, list(ended)))
        time.sleep(0.05)
        with lock:
            ended.append(name)
        return Ended(0, 1.0, 2)

    cells = [Cell("a0", "A"), Cell("a1", "A"), Cell("a2", "A"), Cell("b0", "B"), Cell("n0")]
    outcomes, _ = run(cells, tmp_path, launch, workers=2)
    assert {o.state for o in outcomes.values()} == {"done"}
    assert {name for name, _ in begun[:2]} == {"a0", "b0"}
    seen = dict(begun)
    assert "a0" in seen["a1"] and "a0" in seen["a2"]


def test_a_failed_cell_is_reported_and_the_others_go_on(tmp_path):
    tried = []

    def launch(command, log):
        name = Path(command[4]).stem
        tried.append(name)
        if name == "bad":
            log.write_text("start\nerror: no such thing\n")
            return Ended(2)
        if name == "dies":
            log.write_text("")
            return Ended(-9)
        if name == "once" and tried.count("once") == 1:
            return Ended(None, problem="node is gone")
        return Ended(0, 3.0, 4)

    cells = [Cell(n, "T") for n in ("bad", "dies", "once", "fine", "there")]
    outcomes, reported = run(cells, tmp_path, launch, present=[cells[-1]])
    assert {n: o.state for n, o in outcomes.items()} == {
        "bad": "failed", "dies": "failed", "once": "done", "fine": "done", "there": "present",
    }  # fmt: skip
    assert outcomes["bad"].problem.startswith("no such thing (")
    assert outcomes["dies"].problem.startswith("killed by signal 9, twice (")
    # Who dies is tried once more; who says no is not.
    assert tried == ["bad", "dies", "dies", "once", "once", "fine"]
    assert reported == ["bad", "dies", "once", "fine"]
    assert schedule.cost_of(schedule.Files(tmp_path, "s"), cells[3]) == {
        "seconds": 3.0, "peak_bytes": 4,
    }  # fmt: skip


def test_a_command_is_measured_and_its_words_are_kept(tmp_path):
    log = tmp_path / "log.txt"
    words = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    ended = execute([sys.executable, "-c", words], str(log))
    assert ended.code == 3 and ended.seconds > 0 and ended.peak_bytes > 2**20
    assert sorted(log.read_text().split()) == ["err", "out"]
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert execute([sys.executable, "-c", kill], str(log)).code == -9


def test_a_stopped_sweep_ends_its_commands(tmp_path):
    launch = Local()
    sleeper = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    log = tmp_path / "log.txt"
    ended = []
    thread = threading.Thread(target=lambda: ended.append(launch(sleeper, log)))
    thread.start()
    while not log.exists() or not log.read_text():
        time.sleep(0.01)
    launch.stop()
    thread.join(timeout=20)
    assert ended[0].code == -15
    # What is started afterwards ends, too.
    assert launch(sleeper, log).code == -15


def test_executors_by_name(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"no 'slurm' \(local, submitit, ray\)"):
        executor("slurm", 1, tmp_path, {})
    for name, extra in (("submitit", "slurm"), ("ray", "ray")):
        monkeypatch.setitem(sys.modules, name, None)
        with (
            pytest.raises(ConfigError, match=rf"{name} is not installed: .*reidbench\[{extra}\]'"),
            executor(name, 1, tmp_path, {}),
        ):
            pass


@pytest.mark.parametrize("name", ["submitit", "ray"])
def test_a_job_elsewhere(tmp_path, name):
    pytest.importorskip(name)
    options = {"cluster": "local"} if name == "submitit" else {}
    words = "print('there')"
    with executor(name, 2, tmp_path, options) as launch:
        assert launch([sys.executable, "-c", words], tmp_path / "log.txt").code == 0
        assert launch([sys.executable, "-c", "exit(5)"], tmp_path / "other.txt").code == 5
    assert (tmp_path / "log.txt").read_text() == "there\n"
