"""What a run's record says around its figures: data that the weights saw, cost, the last step."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from reidbench.cli.main import main
from reidbench.results import record
from reidbench.run.stages.validation import Validator
from reidbench.training.selection import Validated

ROOT = Path(__file__).parents[2]
OPTIONS = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2", "data.unlabelled=2",
    "teacher.train.steps=2", "teacher.train.sampler.p=3",
    "student.train.steps=3", "student.train.sampler.p=3",
    "student.train.unlabelled={'type':'Uniform','size':4}",
    "student.train.validation={'every':1}", "student.train.selection=val",
    "run.trained_on=['Photos of the web']", "run.threads=1", "run.device=cpu",
]  # fmt: skip


def run(work_dir, name, *options):
    path = str(ROOT / "configs" / "distill_cosine.py")
    words = ["--cfg-options", *OPTIONS, f"run.name={name}", *options]
    assert main(["run", path, "--work-dir", str(work_dir), *words]) == 0
    return json.loads((work_dir / name / "result.json").read_text())


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def selected(work_dir):
    """The record of a run whose student is that of its first step."""
    values = iter([0.9, 0.2, 0.1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Validator, "__call__", lambda self: Validated(next(values), {}))
        return run(work_dir, "selected")


def test_every_required_key_is_there_and_a_reader_finds_the_same(selected, work_dir, tmp_path):
    whole = json.loads((Path(record.__file__).parent / "result.schema.json").read_text())

    def check(level, value):
        if "$ref" in level:
            level = whole["$defs"][level["$ref"].rpartition("/")[2]]
        if isinstance(value, dict):
            assert set(level.get("required", ())) <= value.keys()
            of_keys, of_others = level.get("properties", {}), level.get("additionalProperties")
            for key, inner in value.items():
                check(of_keys.get(key, of_others or {}), inner)
        for inner in value if isinstance(value, list) else ():
            check(level.get("items", {}), inner)

    check(whole, selected)
    assert (selected["schema"], selected["status"]) == (2, "submitted")
    read = record.read(work_dir / "selected")
    assert read.as_json() == selected
    record.write(tmp_path / "result.json", read)
    assert record.read(tmp_path) == read


def test_what_the_weights_saw(selected):
    seen = {name: selected["dataset"][name] for name in ("name", "revision", "fingerprint")}
    # Two photos of each person, in four modalities.
    teacher = {"splits": ["train"], "items": 6 * 8, "model": "teacher", "declared": False}
    both = {"splits": ["train", "unlabelled"], "items": 8 * 8, "model": "student"}
    unknown = {"revision": None, "fingerprint": None, "splits": [], "items": None, "model": None}
    assert selected["trained_on"] == [
        {**seen, **teacher},
        {**seen, **both, "declared": False},
        {"name": "Photos of the web", **unknown, "declared": True},
    ]


def test_what_it_costs(selected, work_dir):
    cost = selected["cost"]
    assert cost.keys() == {"cloud", "edge", "edge-cloud"} and cost["edge-cloud"] == cost["edge"]
    assert all(c["bytes_per_item"] == 4 * 128 and c["query_ms"] > 0 for c in cost.values())
    state = load_file(work_dir / "selected" / "distill" / "backbone" / "model.safetensors")
    assert cost["edge"]["parameters"] == sum(t.numel() for t in state.values())
    assert 0 < cost["edge"]["gflops"] < cost["cloud"]["gflops"]


def test_the_last_step_stands_beside_what_was_selected(selected, work_dir, capsys):
    """It is what a run without selection finds, in every mode of the student."""
    plain = run(work_dir, "plain", "student.train.selection=last")
    capsys.readouterr()
    assert main(["show", str(work_dir / "selected"), "--metrics", "mAP"]) == 0
    shown = capsys.readouterr().out
    differ = set()
    for row, of_last in zip(selected["scores"], plain["scores"], strict=True):
        assert "last" not in of_last
        if row["mode"] == "cloud":
            assert "last" not in row and row["metrics"] == of_last["metrics"]
            continue
        assert row["last"] == {"step": 3, "metrics": of_last["metrics"]}
        assert f"{100 * of_last['metrics']['mAP']:.1f} ({row['identity']['task']['name']})" in shown
        differ.add(row["metrics"] != of_last["metrics"])
    assert True in differ
    assert "selected on val; edge at its last step (3): mAP" in shown
    assert "last step (3)" in (work_dir / "selected" / "report.md").read_text()


def test_an_older_output_of_the_evaluation_is_not_taken(selected, work_dir, monkeypatch, capsys):
    from reidbench.run.stages import evaluate

    monkeypatch.setattr(evaluate, "LAYOUT", 1)
    run(work_dir, "selected")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "skipped" in line] == [
        "data", "teacher", "embed", "distill"
    ]  # fmt: skip
