"""The record's layouts: old ones load for ever, today's is described, what does not fit is told."""

import json
import re
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench.results import schema
from reidbench.results.record import build, read, write
from reidbench.results.verify import identity_hash
from reidbench_registry import DataError

HISTORIC = sorted((Path(__file__).parent / "historic").glob("*.json"))
SCORED = next(f for f in HISTORIC if f.name == "1_score_files.json")


def changed(tmp_path, *path, value):
    """The path of a historic record in which one value is another one."""
    record = json.loads(SCORED.read_text())
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "r.json").write_text(json.dumps(record))
    return tmp_path / "r.json"


@pytest.mark.parametrize("file", HISTORIC, ids=lambda f: f.stem)
def test_every_old_record_loads_with_all_that_it_said(file, tmp_path, capsys):
    old = json.loads(file.read_text())
    record = read(file)
    new = record.as_json()
    for key in old.keys() - {"schema", "scores"}:
        assert new[key] == old[key], key
    for before, after in zip(old["scores"], new["scores"], strict=True):
        assert after == {**before, "per_seed": [], "last": None}
    # Nothing is invented.
    assert (record.status, record.trained_on, record.cost) == ("submitted", [], {})
    assert all(identity_hash(row.identity) == row.identity.hash for row in record.scores)
    write(tmp_path / "r.json", record)
    assert read(tmp_path / "r.json") == record
    assert main(["show", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == new


def test_the_shapes_that_old_records_had_are_all_there():
    records = [json.loads(file.read_text()) for file in HISTORIC]
    rows = [row for record in records for row in record["scores"]]
    assert {"environment" in r for r in records} == {True, False}
    assert {tuple(r["source"] or ()) for r in records} == {
        (), ("run", "stages"), ("query", "gallery")
    }  # fmt: skip
    assert any(isinstance(row["n_gallery"], list) for row in rows)
    assert any(row.get("fused") for row in rows) and any("pictures" in row for row in rows)
    used = [c["query"] for r in records for c in r["conditions"].values()]
    assert {"selection"} < {key for one in used for key in one}
    assert any(one.get("unlabelled") and one.get("dim") for one in used)


def test_the_schema_in_the_package_is_up_to_date():
    command = "python -m reidbench.results.schema > reidbench/results/result.schema.json"
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), f"run: {command}"
    unexplained = [
        f"{name}.{key}"
        for name, level in [("", schema.schema()), *schema.schema()["$defs"].items()]
        for key in ("status", "trained_on", "cost", "per_seed", "last", "declared", "query_ms")
        if key in level["properties"] and "description" not in level["properties"][key]
    ]
    assert not unexplained


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["schema"], 7, "schema 7 is newer than this reidbench (it reads 1 and 2)"),
        (["schema"], 0, "no result record: schema: expected 1 to 2"),
        (["schema"], True, "no result record: schema: expected 1 to 2"),
        (["scores", 0, "metrics", "mAP"], "high", "scores.0.metrics.mAP: Input should be a valid"),
        (["scores", 0, "metrics"], {"mAP": None}, "scores.0.metrics.mAP"),
        (["scores", 0, "n_valid"], -1, "scores.0.n_valid: Input should be greater"),
        (["scores", 0], "row", "scores.0: Input should be"),
        (["scores"], {}, "scores: Input should be a valid array"),
        (["dataset", "name"], "n" * 501, "dataset.name: String should have at most 500"),
        (["dataset", "modalities"], ["rgb"] * 1001, "dataset.modalities: List should have"),
        (["conditions", "scored", "query", "selection"], "best",
         "conditions.scored.query.selection: Input should be 'last', 'val', 'test'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line_that_names_the_key(tmp_path, path, value, words):
    file = changed(tmp_path, *path, value=value)
    with pytest.raises(DataError, match=re.escape(f"{file}: ") + ".*" + re.escape(words)) as error:
        read(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_numbers_that_are_not_finite_are_refused(tmp_path, number):
    text = re.sub(r'"chance_R1": [\d.]+', f'"chance_R1": {number}', SCORED.read_text())
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DataError, match=r"r\.json: "):
        read(tmp_path / "r.json")


def test_values_that_do_not_fit_are_an_error_of_the_user():
    with pytest.raises(DataError, match="no result record: status: Field required"):
        build(run=None)
