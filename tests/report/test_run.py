"""A run writes its report at the end, `reidbench report` from its folder; what is gone is told."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from reidbench.cli.main import main
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record

ROOT = Path(__file__).parents[2]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=2", "teacher.train.sampler.p=3",
    "student.train.steps=3", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu",
]  # fmt: skip


def page(report):
    return json.dumps(report, allow_nan=False)


@pytest.fixture(autouse=True)
def a_page_that_is_its_data(monkeypatch):
    use(monkeypatch, page)


def use(monkeypatch, page):
    monkeypatch.setattr("reidbench.report.write.page", page)


def run(work_dir, *options, name="tiny", config="distill_pcm_fr"):
    path = str(ROOT / "configs" / f"{config}.py")
    return main(["run", path, "--work-dir", str(work_dir), "--cfg-options", *TINY,
                 f"run.name={name}", *options])  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A work directory with one finished run."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        use(monkeypatch, page)
        work_dir = tmp_path_factory.mktemp("work")
        assert run(work_dir) == 0
    return work_dir


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of the run that a test may damage."""
    return Path(shutil.copytree(finished / "tiny", tmp_path / "tiny"))


def data(capsys, *words):
    capsys.readouterr()
    assert main(["report", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_ends_with_its_report(finished, capsys):
    place = finished / "tiny" / "report.html"
    value = json.loads(place.read_text())
    assert value["title"] == "tiny" and value["missing"] == []
    assert {(c["task"], c["mode"]) for c in value["cmc"]} == {
        (r["task"], r["mode"]) for r in value["rows"]
    }
    assert len(value["cmc"]) == 9
    assert {s["model"] for s in value["spectrum"]} == {m["model"] for m in value["map"]} == {
        "teacher", "student",
    }  # fmt: skip
    terms = {(x["stage"], x["term"]) for x in value["losses"]}
    assert terms >= {("teacher", "loss/Triplet"), ("distill", "distiller/PCM")}
    stages = [(s["name"], s["taken"]) for s in value["runs"][0]["stages"]]
    assert stages == [(n, False) for n in ("data", "teacher", "embed", "distill", "evaluate")]
    assert all(s["seconds"] >= 0 for s in value["runs"][0]["stages"])
    assert value["runs"][0]["config"]["student"]["train"]["steps"] == 3
    # A second run has nothing new to show.
    before = place.stat().st_mtime_ns
    assert run(finished) == 0 and place.stat().st_mtime_ns == before


def test_a_report_may_be_left_out(finished):
    assert run(finished, "run.report=False", name="none") == 0
    assert not (finished / "none" / "report.html").exists()
    assert (finished / "none" / "report.md").is_file()


@pytest.mark.parametrize("error", [RuntimeError("no\nluck"), MemoryError(), RecursionError()])
def test_a_report_that_fails_is_a_line(finished, monkeypatch, capsys, error):
    def fails(report):
        raise error

    use(monkeypatch, fails)
    (finished / "tiny" / "report.html").rename(finished / "kept.html")
    assert run(finished) == 0
    assert "report.html is not written: " in capsys.readouterr().out
    assert not list((finished / "tiny").glob("*.html")) and not list(finished.glob("tiny/.part*"))
    (finished / "kept.html").rename(finished / "tiny" / "report.html")


def test_the_verb_makes_the_same_report(finished, folder, capsys):
    whole = json.loads((finished / "tiny" / "report.html").read_text())
    found = data(capsys, finished / "tiny")
    assert {k: v for k, v in found.items() if k != "runs"} == {
        k: v for k, v in whole.items() if k != "runs"
    }
    (folder / "report.html").unlink()
    assert main(["report", str(folder)]) == 0
    assert (folder / "report.html").is_file()
    assert capsys.readouterr().out.split() == [str(folder / "report.html")]


def test_what_is_gone_is_told(folder, capsys):
    shutil.rmtree(folder / "embed")
    (folder / "log.jsonl").unlink()
    (folder / "environment.json").unlink()
    shutil.rmtree(folder / "distill")
    value = data(capsys, folder)
    assert {c["mode"] for c in value["cmc"]} == {"edge"} and len(value["rows"]) == 9
    assert value["losses"] == [] and {s["seconds"] for s in value["runs"][0]["stages"]} == {None}
    lines = "\n".join(value["missing"])
    assert lines.count("the embeddings are not there") == 6 and "there is no log" in lines
    index = json.loads((folder / "data" / "index.json").read_text())
    for row in index:
        row["path"] = row.get("path") and "/gone/" + Path(row["path"]).name
    (folder / "data" / "index.json").write_text(json.dumps(index))
    value = data(capsys, folder)
    assert value["thumbs"] == [] and {i["thumb"] for i in value["items"].values()} == {None}
    assert len([x for x in value["missing"] if "could not be read: image not found" in x]) == 1


def test_the_atlas_has_every_scored_item_with_its_picture(finished, tmp_path, capsys):
    out = tmp_path / "a.parquet"
    assert main(["report", str(finished / "tiny"), "--atlas", str(out)]) == 0
    rows = pyarrow.parquet.read_table(out).to_pylist()
    bank = json.loads((finished / "tiny" / "evaluate" / "student" / "items.json").read_text())
    assert [row["item"] for row in rows] == bank
    for row in rows:
        assert (row["image"] is None) == (row["modality"] == "text")
    image = next(row["image"]["bytes"] for row in rows if row["image"])
    assert Image.open(io.BytesIO(image)).format == "WEBP"
    capsys.readouterr()
    for wrong in (["--atlas", out, "--json"], ["--atlas", out, "--model", "x"], ["--model", "x"]):
        assert main(["report", str(finished / "tiny"), *map(str, wrong)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_student_without_teacher(finished, capsys):
    options = [o for o in TINY if not o.startswith("teacher")]
    path = str(ROOT / "configs" / "student_only.py")
    assert main(["run", path, "--work-dir", str(finished), "--cfg-options", *options,
                 "run.name=alone"]) == 0  # fmt: skip
    value = json.loads((finished / "alone" / "report.html").read_text())
    assert value["missing"] == [] and [m["model"] for m in value["map"]] == ["student"]
    both = data(capsys, finished / "tiny", finished / "alone")
    assert {d["mode"] for d in both["comparison"]["differences"]} == {"edge"}
    lists = both["ranklists"][0]["queries"][0]["lists"]
    assert set(lists) == {"A/cloud", "A/edge", "A/edge-cloud", "B/edge"}


def test_places_of_the_page(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "pages"
    assert main(["report", str(folder), "--out", str(out), "--full", "--queries", "1"]) == 0
    value = json.loads((out / "report.html").read_text())
    assert value["thumbs"] and all((out / name).is_file() for name in value["thumbs"])
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(folder), str(folder)]) == 0
    assert json.loads((tmp_path / "report.html").read_text())["title"] == "tiny / tiny"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["{run}/nowhere"], "no run folder"),
        (["{run}/embed"], "it has no run.json"),
        (["{run}", "--queries", "0"], "queries: 0 is not between"),
        (["{run}", "--out", "{run}/config.json"], "expected a .html file or a folder"),
        (["{run}", "--full", "--json"], "need --out"),
        (["{run}"] * 27, "at most 26 runs"),
    ],
)
def test_mistakes_are_one_line(finished, words, line, capsys):
    assert main(["report", *(w.format(run=finished / "tiny") for w in words)]) == 2
    shown = capsys.readouterr().err
    assert line in shown and shown.count("\n") == 1


def test_runs_of_other_data_are_refused(finished, capsys):
    assert run(finished, "data.test=7", "run.report=False", name="other") == 0
    capsys.readouterr()
    assert main(["report", str(finished / "tiny"), str(finished / "other")]) == 2
    error = capsys.readouterr().err
    assert "is not the same in" in error and error.count("\n") == 1


def test_scored_files_have_a_page(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    records, tables = [], tmp_path / "tables"
    for p in range(6):
        for modality in ("rgb", "ir"):
            name = f"{modality}{p}.png"
            Image.new("RGB", (20, 40), (40 * p, 0, 0)).save(photos / name)
            more = {"path": tables / name, "instance_id": f"{modality}{p}"}
            records.append(Record(f"{modality}{p}", "toy", "test", modality, str(p), **more))
    tables.mkdir()
    write_manifest(tables / "m.csv", records)
    rows = np.random.default_rng(0).normal(size=(12, 4)).astype("f4")
    np.savez(tmp_path / "e.npz", features=rows, item_ids=np.array([r.item_id for r in records]))
    words = ["score", str(tmp_path / "e.npz"), "--manifest", str(tables / "m.csv"), "--task",
             "ir2rgb"]  # fmt: skip
    place = tmp_path / "page.html"
    assert main([*words, "--report", str(place), "--pictures", str(photos)]) == 0
    value = json.loads(place.read_text())
    assert len(value["thumbs"]) == 12 and value["missing"] == []
    assert value["rows"][0]["mode"] == "scored" and value["map"][0]["model"] == "embeddings"
    assert main([*words, "--report", str(place)]) == 0
    assert json.loads(place.read_text())["thumbs"] == []
    capsys.readouterr()
    for more, line in (
        (["--report", "page.txt"], "expected a .html file"),
        (["--pictures", str(photos)], "which --report asks for"),
        (["--report", str(place), "--pictures", str(tmp_path / "no")], "no such folder"),
    ):
        assert main([*words, *more]) == 2
        assert line in capsys.readouterr().err
