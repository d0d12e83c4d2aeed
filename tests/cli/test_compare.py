"""`reidbench compare`: paired differences, marks, and what may not stand side by side."""

import csv
import io
import json
import re

import numpy as np
import pytest

from reidbench.cli.main import main
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record

PEOPLE = 40


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Result files of models with more and more noise, over one manifest."""
    folder = tmp_path_factory.mktemp("scored")
    records = [Record(f"{m}{p}", "toy", "test", m, str(p)) for m in ("rgb", "ir")
               for p in range(PEOPLE)]  # fmt: skip
    write_manifest(folder / "m.csv", records)
    # The same index in another order: identities and pairs must not depend on it.
    write_manifest(folder / "turned.csv", list(reversed(records)))
    rng = np.random.default_rng(0)
    people, noise = rng.normal(size=(PEOPLE, 8)), rng.normal(size=(len(records), 8))
    for name, scale, manifest in (
        ("good", 0.1, "m"),
        ("fair", 0.12, "turned"),
        ("poor", 3.0, "turned"),
    ):
        values = people[[int(r.pid) for r in records]] + scale * noise
        np.savez(folder / f"{name}.npz", features=values.astype("f4"),
                 item_ids=[r.item_id for r in records])  # fmt: skip
        score(folder, name, manifest)
    return folder


def score(folder, name, manifest="m", *options, out=None):
    words = ["score", folder / f"{name}.npz", "--manifest", folder / f"{manifest}.csv",
             "--task", "ir2rgb", "--cfg-options", *(options or ["exclude=none"]),
             "--out", folder / f"{out or name}.json"]  # fmt: skip
    assert main([str(w) for w in words]) == 0


def compared(folder, *names, options=()):
    words = ["compare", *(str(folder / f"{n}.json") for n in names), "--json", *options]
    return words


def test_differences_and_marks(scored, capsys):
    capsys.readouterr()
    assert main(compared(scored, "good", "fair", "poor", options=["--metrics", "mAP"])) == 0
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    first, fair, poor = row["values"]
    assert (row["task"], row["metric"], first["result"]) == ("ir2rgb", "mAP", "A")
    assert "difference" not in first and first["value"] > 0.9
    assert fair["difference"] == pytest.approx(fair["value"] - first["value"])
    assert fair["separable"] is False and poor["separable"] is True
    low, high = poor["difference_interval"]
    assert low < poor["difference"] < high < 0
    assert poor["p"] < 0.001 < fair["p"]


def test_table_shows_everything(scored, capsys):
    assert main(["compare", *(str(scored / f"{n}.json") for n in ("good", "fair", "poor"))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A  ") and "B - A" in lines[3] and "C - A" in lines[3]
    one = next(line for line in lines if " mAP" in line)
    assert "…" not in one and one.count("(") == 5 and one.count("~") == 1


@pytest.mark.parametrize("columns", [80, 60])
def test_a_narrow_terminal_gets_a_line_for_each_figure(scored, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(scored)
    capsys.readouterr()
    assert main(["compare", "good.json", "fair.json", "poor.json"]) == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    assert "ir2rgb, scored" in lines and len([w for w in text.split() if w == "C"]) == 6


def test_one_task_and_mode_as_csv_and_markdown(scored, capsys):
    words = ["compare", str(scored / "good.json"), str(scored / "poor.json")]
    assert main([*words, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)["rows"]
    assert main([*words, "--csv", "--task", "ir2rgb", "--mode", "scored"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 2 * len(whole)
    for row in rows:
        (values,) = [r["values"] for r in whole if r["metric"] == row["metric"]]
        (value,) = [v for v in values if v["result"] == row["result"]]
        assert float(row["value"]) == value["value"]
        assert row["p"] == (repr(value["p"]) if "p" in value else "")
    assert main([*words, "--markdown", "--metrics", "mAP"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[0] == "| task | mode | metric | A | B | B - A | p |"
    assert main([*words, "--mode", "score"]) == 2
    assert "--mode: no result has 'score'; did you mean 'scored'?" in capsys.readouterr().err


def test_other_identities_are_refused_with_their_fields(scored, capsys):
    score(scored, "good", "m", "exclude=none", "split=test", out="same")
    assert main(compared(scored, "good", "same")) == 0
    records = [Record(f"{m}{p}", "toy", "test", m, str(p), instance_id=str(p)) for m in
               ("rgb", "ir") for p in range(PEOPLE)]  # fmt: skip
    write_manifest(scored / "photos.csv", records)
    score(scored, "good", "photos", out="photos")
    capsys.readouterr()
    assert main(compared(scored, "good", "photos")) == 2
    error = capsys.readouterr().err
    assert "task 'ir2rgb' is not the same" in error and "fingerprint: " in error
    assert "exclude" not in error and error.count("\n") == 1


def test_conditions_that_differ_are_shown(scored, capsys, tmp_path):
    record = json.loads((scored / "fair.json").read_text())
    record["conditions"]["scored"]["query"]["tap"] = "after"
    (scored / "tapped.json").write_text(json.dumps(record))
    (scored / "tapped.per_query").mkdir(exist_ok=True)
    for file in (scored / "fair.per_query").iterdir():
        (scored / "tapped.per_query" / file.name).write_bytes(file.read_bytes())
    assert main(compared(scored, "good", "tapped")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["conditions"] == [
        {"mode": "scored", "name": "query.tap", "values": {"A": None, "B": "after"}}
    ]


def test_what_cannot_be_compared(scored, capsys, tmp_path):
    def refused(message, *words):
        assert main(["compare", *map(str, words)]) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1

    good = scored / "good.json"
    refused("expected 2 to 26 results, got 1", good)
    refused("no such file", good, scored / "none.json")
    refused("the run is not finished, or it is no run folder", good, tmp_path)
    refused(
        "no result record: schema: Field required", good, scored / "fair.per_query" / "queries.json"
    )
    refused("no result has a metric 'R7'", good, good, "--metrics", "R7")
    # The figures of another result beside this one.
    (scored / "mixed.json").write_bytes((scored / "poor.json").read_bytes())
    (scored / "mixed.per_query").mkdir()
    for file in (scored / "good.per_query").iterdir():
        (scored / "mixed.per_query" / file.name).write_bytes(file.read_bytes())
    refused("are not those of", good, scored / "mixed.json")


def test_other_pictures_under_the_same_index_are_not_compared(scored, capsys):
    for name, pictures in (("one", "a" * 64), ("two", "b" * 64)):
        record = json.loads((scored / "fair.json").read_text())
        for row in record["scores"]:
            row["pictures"] = pictures
        (scored / f"{name}.json").write_text(json.dumps(record))
        (scored / f"{name}.per_query").mkdir(exist_ok=True)
        for file in (scored / "fair.per_query").iterdir():
            (scored / f"{name}.per_query" / file.name).write_bytes(file.read_bytes())
    assert main(compared(scored, "one", "fair")) == 0  # of a file the pictures are not known
    assert main(["compare", str(scored / "one.json"), str(scored / "two.json")]) == 2
    assert "the pictures behind" in capsys.readouterr().err
