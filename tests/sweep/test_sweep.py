"""reidbench sweep, whole but tiny: runs, table in every form, a second call, a failing cell."""

import contextlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from reidbench.cli.main import main
from reidbench.results.per_query import load_per_query
from reidbench.sweep import launch

CONFIG = """
_base_ = ["distill_cosine"]
data = dict(train=6, val=2, test=6, instances=2)
teacher = dict(train=dict(steps=2, sampler=dict(p=3)))
student = dict(train=dict(steps=2, sampler=dict(p=3), log_every=1))
run = dict(threads=1, device="cpu")
sweep = dict(
    seeds=[0, 1],
    cases=dict(cosine={}, none={"student.train.distillers": []}),
    baseline=dict(case="none"),
)
"""


@contextlib.contextmanager
def in_process(workers, folder, options):
    def run(command, log):
        with log.open("w") as file, contextlib.redirect_stdout(file):
            return launch.Ended(main(command[3:]), 2.0, 3 * 2**20)

    yield run


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A finished sweep of four runs."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "mine.py").write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(launch.EXECUTORS, "local", in_process)
        assert main(["sweep", str(folder / "mine.py"), "--work-dir", str(folder / "runs")]) == 0
    return folder


def again(swept, *words):
    return main(["sweep", str(swept / "mine.py"), "--work-dir", str(swept / "runs"), *words])


def test_the_table_holds_what_the_runs_found(swept):
    folder = swept / "runs" / "sweeps" / "mine"
    table = json.loads((folder / "table.json").read_text())
    rows = {(r["labels"]["case"], r["mode"], r["task"], r["metric"]): r for r in table["rows"]}
    figures = {
        (case, seed): load_per_query(swept / "runs" / f"mine-{case}-seed{seed}" / "evaluate")
        for case in ("cosine", "none")
        for seed in (0, 1)
    }
    for case in ("cosine", "none"):
        tasks = ("ir2rgb", "sketch2rgb", "text2rgb")
        by_seed = [
            np.mean([figures[case, s][t, "edge"].figures["mAP"].mean() for t in tasks])
            for s in (0, 1)
        ]
        row = rows[case, "edge", "mean", "mAP"]
        assert row["mean"] == pytest.approx(np.mean(by_seed))
        assert row["deviation"] == pytest.approx(np.std(by_seed, ddof=1))
    assert table["failed"] == {} and table["synthetic"] and len(table["runs"]) == 4
    modes = table["costs"]["cosine"]["modes"]
    assert modes["edge"]["bytes_per_item"] == 4 * 128
    assert 0 < modes["edge"]["gflops"] < modes["cloud"]["gflops"]
    assert modes["edge-cloud"] == modes["edge"]
    assert table["costs"]["cosine"]["step_seconds"] > 0
    for name in ("table.md", "table.tex", "table.csv"):
        assert (folder / name).read_text().strip()
    assert "\\toprule" in (folder / "table.tex").read_text()


def test_a_second_call_starts_nothing(swept, capsys, monkeypatch):
    def fail(*_):
        raise AssertionError("nothing is to be started")

    monkeypatch.setattr(launch, "execute", fail)
    assert again(swept) == 0
    shown = capsys.readouterr().out
    assert "4 runs, 4 with a result" in " ".join(shown.split())
    assert again(swept, "--seeds", "0", "1", "2", "--dry-run") == 0
    assert "6 runs, 4 with a result; teachers to train: 3" in capsys.readouterr().out


def test_forms_of_output(swept, capsys):
    assert again(swept, "--json") == 0
    assert json.loads(capsys.readouterr().out)["baseline"] == {"case": "none"}
    assert again(swept, "--csv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("case,mode,task,metric,mean,deviation,difference")
    assert again(swept, "--markdown", "--by-task", "--metrics", "R1") == 0
    shown = capsys.readouterr().out
    assert "| edge | ir2rgb | cosine |" in shown and "R1 over baseline" in shown
    assert again(swept, "--metrics", "R7") == 2
    assert "no metric 'R7'" in capsys.readouterr().err


def test_a_picture(swept):
    pytest.importorskip("matplotlib")
    assert again(swept, "--picture", str(swept / "quality.png")) == 0
    assert (swept / "quality.png").read_bytes().startswith(b"\x89PNG")
    assert again(swept, "--picture", str(swept / "quality.gif")) == 2


def test_what_a_picture_lacks_is_told_before_the_runs(swept, capsys, monkeypatch):
    monkeypatch.setattr("reidbench.drawing.figure.find_spec", lambda name: None)
    assert again(swept, "--picture", "quality.png", "--seeds", "7") == 2
    assert "pip install 'reidbench[plot]'" in capsys.readouterr().err
    assert not (swept / "runs" / "mine-cosine-seed7").exists()


def test_a_cell_that_fails_is_named_and_the_exit_code_says_so(swept, capsys):
    """In processes of their own, as users run it: one cell cannot be built, the other is there."""
    (swept / "odd.py").write_text(CONFIG.partition("sweep =")[0])
    words = ["--grid", "student.backbone.image_size={'fits': None, 'odd': [63, 31]}"]
    command = [sys.executable, "-m", "reidbench", "sweep", "odd.py", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=swept, capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done.stderr
    assert "failed: odd-odd-seed0: " in done.stderr
    assert "1 run failed" in done.stdout and "Traceback" not in done.stderr
    shown = json.loads((swept / "runs" / "sweeps" / "odd" / "table.json").read_text())
    assert shown["failed"].keys() == {"odd-odd-seed0"}


def test_run_points_to_sweep(swept, capsys):
    assert main(["run", str(swept / "mine.py"), "--work-dir", str(swept / "runs")]) == 2
    assert "the config declares a sweep: run it with `reidbench sweep`" in capsys.readouterr().err
