"""An edited result is found out: what follows from something else is computed again."""

import copy
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from reidbench.cli.main import main
from reidbench.results.verify import read_verified
from reidbench.tools.digests import json_digest
from reidbench.tools.manifest import write_manifest
from reidbench_registry import DataError, Record

PEOPLE = 12


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest")
    records = [Record(f"{m}{p}", "toy", "test", m, str(p)) for m in ("rgb", "ir")
               for p in range(PEOPLE)]  # fmt: skip
    write_manifest(folder / "m.csv", records)
    values = np.random.default_rng(0).normal(size=(len(records), 4)).astype("f4")
    np.savez(folder / "e.npz", features=values, item_ids=[r.item_id for r in records])
    words = ["score", folder / "e.npz", "--manifest", folder / "m.csv", "--task", "ir2rgb",
             "--cfg-options", "exclude=none", "--out", folder / "r.json"]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    return folder


@pytest.fixture
def result(honest, tmp_path):
    shutil.copy(honest / "r.json", tmp_path)
    shutil.copytree(honest / "r.per_query", tmp_path / "r.per_query")
    return tmp_path / "r.json"


def refused(result, words):
    with pytest.raises(DataError) as caught:
        read_verified(result)
    message = str(caught.value)
    assert words in message and str(result.parent) in message and "\n" not in message


def edit(result, change):
    record = json.loads(result.read_text())
    change(record, record["scores"][0])
    result.write_text(json.dumps(record))


def test_an_honest_result_is_taken(result):
    record, per_query = read_verified(result)
    assert record.scores[0].n_valid == len(per_query["ir2rgb", "scored"].pids) == PEOPLE


EDITS = {
    "the hash of the identity": lambda _, row: row["identity"]["task"].update(cmc="identity"),
    "hash of the identity": lambda _, row: row["identity"].update(hash="0" * 64),
    "fingerprint is another one": lambda record, _: record["dataset"].update(fingerprint="0"),
    "synthetic is another one": lambda record, _: record["dataset"].update(synthetic=True),
    "ir2rgb, scored, mAP": lambda _, row: row["metrics"].update(mAP=0.99),
    "interval of mAP": lambda _, row: row["interval"].update(mAP=[0.0, 1.0]),
    "interval of R1": lambda _, row: row["interval"].update(R1=None),
    "intervals of other metrics": lambda _, row: row["interval"].pop("R1"),
    "R7": lambda _, row: row["metrics"].update(R7=0.5),
    "no metric": lambda _, row: (row["metrics"].clear(), row["interval"].clear()),
    "n_valid 11, 12 queries": lambda _, row: row.update(n_valid=11),
    "scored twice": lambda record, row: record["scores"].append(copy.deepcopy(row)),
    "there are no figures": lambda _, row: row.update(mode="other"),
    "no result record: scores.0.metrics.mAP": lambda _, row: row["metrics"].update(mAP="1"),
    "scores.0.metrics.mAP: NaN is no number": lambda _, row: row["metrics"].update(mAP=np.nan),
    "lone surrogate": lambda record, _: record.update(run="\ud800"),
    "scores.0.n_query: a number of 30 digits": lambda _, row: row.update(n_query=10**29),
}


@pytest.mark.parametrize("words", EDITS)
def test_edited_records(result, words):
    edit(result, EDITS[words])
    refused(result, words)


def test_a_hash_that_was_made_anew_is_another_identity(result, honest, capsys):
    def forge(_, row):
        fields = {k: v for k, v in row["identity"].items() if k != "hash"}
        fields["task"]["cmc"] = "identity"
        row["identity"]["hash"] = json_digest(fields)

    edit(result, forge)
    assert main(["compare", str(honest / "r.json"), str(result)]) == 2
    assert "task.cmc: item / identity" in capsys.readouterr().err


def figures(result, change):
    path = result.parent / "r.per_query" / "per_query.safetensors"
    tensors = {name: t.clone() for name, t in load_file(path).items()}
    save_file(change(tensors) or tensors, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t["ir2rgb/scored/mAP"].fill_(float("nan")), "mAP: a figure is not finite"),
        (lambda t: t["ir2rgb/scored/mAP"].add_(0.1), "ir2rgb, scored, mAP"),
        (lambda t: t["ir2rgb/scored/mAP"][:2].add_(torch.tensor([2.0, -2.0])), "outside [0, 1]"),
        (lambda t: {"ir2rgb/scored/mAP": torch.zeros(3, dtype=torch.float64)}, "differ in number"),
        (lambda t: {"x": torch.zeros(3, dtype=torch.float64)}, "found x: float64[3]"),
        (lambda t: {k: v.float() for k, v in t.items()}, "float32[12]"),
        (lambda t: {"\x1b[2J/a/b": torch.zeros(2, 2)}, "\\x1b[2J/a/b"),
    ],
)  # fmt: skip
def test_edited_figures(result, change, words):
    figures(result, lambda t: found if isinstance(found := change(t), dict) else None)
    refused(result, words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda q: q["ir2rgb/scored"].update(pids=["1"] * PEOPLE), "interval of"),
        (lambda q: q["ir2rgb/scored"].update(pids=[1] * PEOPLE), "expected `item_ids`"),
        (lambda q: q["ir2rgb/scored"].update(item_ids=["a"] * PEOPLE), "more than once"),
        (lambda q: q["ir2rgb/scored"].pop("pids"), "expected `item_ids`"),
        (lambda q: q.update(x=1), "x: expected `item_ids`"),
        (lambda q: q.clear(), "there are no figures"),
    ],
)  # fmt: skip
def test_edited_queries(result, change, words):
    path = result.parent / "r.per_query" / "queries.json"
    queries = json.loads(path.read_text())
    change(queries)
    path.write_text(json.dumps(queries))
    refused(result, words)
