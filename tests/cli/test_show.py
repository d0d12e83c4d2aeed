"""reidbench show and reidbench runs: results that are there."""

import csv
import io
import json

import numpy as np
import pytest

from reidbench.cli.main import main
from reidbench.run.folder import LAYOUT
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A result file of random features."""
    folder = tmp_path_factory.mktemp("scored")
    records = [Record(f"{m}{p}", "toy", "test", m, str(p)) for m in ("rgb", "ir")
               for p in range(20)]  # fmt: skip
    write_manifest(folder / "m.csv", records)
    features = np.random.default_rng(0).normal(size=(40, 4)).astype("f4")
    np.savez(folder / "e.npz", features=features, item_ids=[r.item_id for r in records])
    words = ["score", folder / "e.npz", "--manifest", folder / "m.csv", "--task", "ir2rgb",
             "--cfg-options", "exclude=none", "--out", folder / "r.json"]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    return folder / "r.json"


def test_every_figure_with_its_interval(result, capsys):
    capsys.readouterr()
    (row,) = json.loads(result.read_text())["scores"]
    assert main(["show", str(result)]) == 0
    text = capsys.readouterr().out
    for name, value in row["metrics"].items():
        low, high = row["interval"][name]
        assert f"{100 * value:.1f} ({100 * low:.1f}, {100 * high:.1f})" in text
    assert f"chance R1 {100 * row['chance_R1']:.1f}; 95% intervals" in text
    assert "ir2rgb: 20 valid queries, gallery 20" in text


def test_other_forms(result, capsys):
    capsys.readouterr()
    (row,) = json.loads(result.read_text())["scores"]
    assert main(["show", str(result), "--csv"]) == 0
    rows = {r["metric"]: r for r in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert {n: float(r["value"]) for n, r in rows.items()} == row["metrics"]
    assert [float(rows["mAP"][edge]) for edge in ("low", "high")] == row["interval"]["mAP"]
    assert main(["show", str(result), "--markdown", "--metrics", "mAP"]) == 0
    assert capsys.readouterr().out.startswith("| task | mode | mAP |\n")
    assert main(["show", str(result), "--json", "--mode", "scored"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == [row]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--mode", "scord"], "--mode: no result has 'scord'; did you mean 'scored'?"),
        (["--task", "x"], "--task: no result has 'x' (they have: ir2rgb)"),
        (["--metrics", "map"], "did you mean 'mAP'?"),
    ],
)
def test_what_is_not_there_is_named(result, capsys, words, told):
    capsys.readouterr()
    assert main(["show", str(result), *words]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_runs_of_every_state(result, tmp_path, capsys):
    work = tmp_path / "runs"
    config = {
        "data": {"type": "Toy"},
        "evaluation": {"protocol": {"type": "toy"}},
        "student": {"backbone": {"type": "Net"},
                    "train": {"distillers": [{"type": "PCM", "weight": 0.5}]}},
        "run": {"seed": 3},
    }  # fmt: skip
    for name in ("done-seed3", "half-seed3", "old", "bad"):
        (work / name).mkdir(parents=True)
        (work / name / "config.json").write_text(json.dumps(config))
        layout = 0 if name == "old" else LAYOUT
        (work / name / "run.json").write_text(json.dumps({"layout": layout}))
    (work / "done-seed3" / "result.json").write_bytes(result.read_bytes())
    (work / "bad" / "result.json").write_text("{}")
    for other in ("stages", "cache", ".locks"):
        (work / other).mkdir()
    capsys.readouterr()
    assert main(["runs", "--work-dir", str(work), "--json"]) == 0
    rows = {row["run"]: row for row in json.loads(capsys.readouterr().out)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "done-seed3": "finished", "half-seed3": "unfinished", "old": "older layout",
        "bad": "unreadable",
    }  # fmt: skip
    done = rows["done-seed3"]
    assert (done["config"], done["seed"], done["metric"]) == ("done", 3, "mAP")
    assert done["distillers"] == [{"name": "PCM", "weight": 0.5}]
    (row,) = json.loads(result.read_text())["scores"]
    assert done["figures"] == {"scored": row["metrics"]["mAP"]}
    assert main(["runs", "--work-dir", str(work)]) == 0
    text = capsys.readouterr().out
    assert "PCM 0.5" in text and f"{100 * row['metrics']['mAP']:.1f}" in text


def test_a_work_directory_without_runs(tmp_path, capsys):
    assert main(["runs", "--work-dir", str(tmp_path)]) == 0
    assert "no runs in" in capsys.readouterr().out
    assert main(["runs", "--work-dir", str(tmp_path / "none")]) == 2
    assert "no work directory" in capsys.readouterr().err
