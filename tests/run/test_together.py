"""Two runs in one work directory at the same time, and folders that change under a run."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench.run.locks import locked

CONFIG = str(Path(__file__).parents[2] / "configs" / "distill_cosine.py")
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=2", "teacher.train.sampler.p=3", "student.train.steps=2",
    "student.train.sampler.p=3", "run.threads=1", "run.device=cpu",
]  # fmt: skip


def words(work_dir, *options):
    return ["run", CONFIG, "--work-dir", str(work_dir), "--cfg-options", *TINY, *options]


def result(work_dir, name):
    return json.loads((work_dir / name / "result.json").read_text())


def test_two_runs_of_one_config_make_each_stage_once(tmp_path):
    command = [sys.executable, "-m", "reidbench", *words(tmp_path, "run.name=same")]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    shown = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], shown
    first, second = sorted((out for out, _ in shown), key=lambda out: "waiting" in out)
    for stage in ("teacher", "embed", "distill", "evaluate"):
        assert f"{stage}  done" in first and f"{stage}  present" in second
    assert "waiting for the same run, same (process" in second
    assert result(tmp_path, "same")["scores"]


def test_runs_that_share_a_teacher_train_it_once(tmp_path, capsys):
    """The second waits for the first one's teacher, and says for whom."""
    assert main(words(tmp_path, "run.name=first")) == 0
    (stage,) = (tmp_path / "stages").glob("teacher-*")
    capsys.readouterr()
    held = threading.Event()

    def hold():
        with locked(tmp_path, stage.name, "other", lambda _: None):
            held.set()
            time.sleep(1.0)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert main(words(tmp_path, "run.name=second", "student.train.steps=1")) == 0
    thread.join()
    shown = capsys.readouterr().out
    assert "teacher  waiting for other (process" in shown and "teacher  present" in shown


def test_a_store_that_is_deleted_under_a_run_is_made_again(tmp_path, monkeypatch):
    """A run reads its own links; a stage that vanished is made again."""
    assert main(words(tmp_path, "run.name=whole")) == 0
    from reidbench.run.stages import distill

    real = distill.fit

    def delete_first(*rest):
        shutil.rmtree(tmp_path / "stages")
        return real(*rest)

    monkeypatch.setattr(distill, "fit", delete_first)
    assert main(words(tmp_path, "run.name=again", "student.train.task_weight=0.5")) == 0
    assert main(words(tmp_path, "run.name=whole")) == 0
    assert (
        result(tmp_path, "again")["stages"]["teacher"]
        == (result(tmp_path, "whole")["stages"]["teacher"])
    )


def test_a_result_is_never_overwritten_by_another_config(tmp_path, capsys):
    assert main(words(tmp_path, "run.name=x")) == 0
    before = result(tmp_path, "x")
    capsys.readouterr()
    assert main(words(tmp_path, "run.name=x", "run.seed=1")) == 2
    error = capsys.readouterr().err
    assert "holds the result of another config (run.seed 0, now 1)" in error
    # What changes no number is no other config.
    assert main(words(tmp_path, "run.name=x", "student.train.log_every=1", "run.workers=1")) == 0
    assert result(tmp_path, "x") == before


def test_folders_of_others_are_left_alone(tmp_path, capsys):
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work")
    assert main(words(tmp_path, "run.name=mine")) == 2
    assert "is no run folder of this version of reidbench" in capsys.readouterr().err
    assert [p.name for p in foreign.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["../x", "/tmp/x", ".", "..", "stages", "a/b", "", "x" * 300])
def test_a_name_is_one_folder_in_the_work_directory(tmp_path, name, capsys):
    config = tmp_path / "c.json"
    evaluation = {"protocol": "qrcm/distill"}
    data = {"type": "SyntheticPedestrians"}
    student = {"backbone": "OpenCLIP", "train": {"steps": 1, "sampler": "PKModality",
                                                 "losses": [{"type": "SDM"}]}}  # fmt: skip
    config.write_text(json.dumps({"data": data, "student": student, "run": {"name": name},
                                  "evaluation": evaluation | {"modes": ["edge"]}}))  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    assert main(["run", str(config), "--work-dir", str(tmp_path / "w")]) == 2
    assert "run.name" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_folder_of_an_older_layout_is_told_in_one_line(tmp_path, capsys):
    assert main(words(tmp_path, "run.name=old")) == 0
    (tmp_path / "old" / "run.json").unlink()
    capsys.readouterr()
    assert main(["eval", str(tmp_path / "old"), "--config", CONFIG]) == 2
    error = capsys.readouterr().err
    assert "no run folder of this version of reidbench" in error and error.count("\n") == 1
