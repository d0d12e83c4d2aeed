"""Runs as one entry: their embeddings, their seeds, their config."""

import json
from pathlib import Path

import pytest

from reidbench.cli.main import main

ROOT = Path(__file__).parents[2]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "student.train.steps=2", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu", "run.report=False",
]  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Two seeds of one config, scored by 16 leading dimensions, and one of another config."""
    work = tmp_path_factory.mktemp("work")
    config = str(ROOT / "configs" / "baselines" / "student_alone.py")

    def run(name, seed, *options):
        words = ["run", config, "--work-dir", str(work), "--seed", str(seed), "--cfg-options"]
        assert main([*words, *TINY, f"run.name={name}", *options]) == 0

    run("a0", 0, "evaluation.dim=16")
    run("a1", 1, "evaluation.dim=16")
    run("b1", 1)
    assert main(["leaderboard", "init", str(work / "board"), "--run", str(work / "a0")]) == 0
    return work


def add(work, entry, *runs):
    words = [*(str(work / run) for run in runs), "--dir", str(work / "board"), "--entry", entry]
    return main(["leaderboard", "add", *words])


def test_two_seeds_are_one_entry_of_the_dimensions_that_were_scored(work, capsys):
    capsys.readouterr()
    assert add(work, "both", "a0", "a1") == 0
    assert capsys.readouterr().err == ""  # the figures of the files are those of the runs
    folder = work / "board" / "submissions" / "both"
    files = json.loads((folder / "submission.json").read_text())["files"]
    assert len(files) == 2 and {one["shape"][1] for one in files.values()} == {16}
    record = json.loads((folder / "record.json").read_text())
    assert record["seed"] is None and record["conditions"]["edge"]["query"]["dim"] == 16
    assert {data["model"] for data in record["trained_on"]} == {"student"}
    for row in record["scores"]:
        name = row["identity"]["task"]["name"]
        for one in row["per_seed"]:
            result = json.loads((work / f"a{one['seed']}" / "result.json").read_text())
            (same,) = [r for r in result["scores"] if r["identity"]["task"]["name"] == name]
            assert one["metrics"] == pytest.approx(same["metrics"], abs=1e-6)
    assert main(["leaderboard", "verify", "--dir", str(work / "board")]) == 0
    # The config of the entry can be run as it is.
    words = ["--dir", str(work / "board"), "--work-dir", str(work)]
    assert main(["leaderboard", "reproduce", "both", *words]) == 0


def test_runs_that_are_not_one_entry_are_refused(work, capsys):
    for runs, words in (
        (["a0", "b1"], "are not runs of one config: evaluation.dim is 16 and None"),
        (["a0", "a0"], "seed 0 occurs more than once"),
    ):
        capsys.readouterr()
        assert add(work, "mixed", *runs) == 2
        assert words in capsys.readouterr().err
        assert not (work / "board" / "submissions" / "mixed").exists()
