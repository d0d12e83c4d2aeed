"""The golden suite: values worked by hand, whatever the order of the input; and its own honesty."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from reidbench.cli.main import main
from reidbench.config.schema import METRICS
from reidbench.embeddings import Embeddings
from reidbench.evaluation import golden
from reidbench.evaluation.identity import tie_order
from reidbench.evaluation.plan import plan
from reidbench.evaluation.ranking import rank
from reidbench.evaluation.score import score
from reidbench.evaluation.trials import draws
from reidbench.pluginhost import PluginHost
from reidbench_registry.registries import KindRegistry

CASES = list(golden.cases())
ROWS = {
    "query identity absent from the gallery", "all similarities equal", "similarity in bf16",
    "values rounded to 2 decimals", "positive with similarity <= 0",
    "gallery shorter than max rank after exclusion", "cameras None", "SYSU camera-3 query",
    "SYSU gallery", "AP", "CMC per identity or per item",
    "authors' scripts: exclusion settings", "authors' scripts: BNNeck fresh at test time",
}  # fmt: skip


@pytest.fixture(scope="module")
def metrics():
    catalog = PluginHost().catalog
    return [KindRegistry("metric", catalog).create(dict(m)) for m in METRICS]


def test_every_disagreement_has_a_case():
    assert {case.row for case in CASES} == ROWS


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("shuffle", [None, 0, 1])
def test_engine_gives_the_values_worked_by_hand(case, shuffle, metrics):
    order = np.arange(len(case.records))
    if shuffle is not None:
        order = np.random.default_rng(shuffle).permutation(order)
    records = [case.records[i] for i in order]
    side = Embeddings(torch.from_numpy(case.features[order]), [r.item_id for r in records])
    row = score(case.task, records, side, side, metrics).row
    expect = case.expect
    for name in ("n_query", "n_valid", "n_gallery"):
        assert row[name] == expect[name]
    assert row["metrics"] == pytest.approx(expect["metrics"])
    for name, (low, high) in expect.get("bracket", {}).items():
        assert row["bracket"][name] == pytest.approx([low, high])
    assert row["collapsed"] == expect.get("collapsed", False)
    if "galleries" in expect:
        drawn = [sorted(r.item_id for r in d.gallery) for d in draws(case.task, records)]
        assert drawn == [sorted(g) for g in expect["galleries"]]
        return
    queries, shown = ([r for r in records if s(r)] for s in (case.task.query, case.task.gallery))
    found = rank(plan(case.task, queries, shown), side.take(queries), side.take(shown))
    each = np.split(found.exact.ranks, found.exact.offsets[1:-1])
    ranks = {queries[q].item_id: r.tolist() for q, r in zip(found.valid, each, strict=True)}
    assert ranks == expect["ranks"]


@pytest.mark.parametrize("case", [c for c in CASES if "ranks" in c.expect], ids=lambda c: c.name)
def test_the_values_follow_from_the_ranks(case):
    """Slowly, so that a slip of the hand shows itself."""
    ranks = case.expect["ranks"].values()
    assert len(ranks) == case.expect["n_valid"]
    ap = [np.mean([(j + 1) / r for j, r in enumerate(one)]) for one in ranks]
    assert case.expect["metrics"]["mAP"] == pytest.approx(np.mean(ap))
    inp = [len(one) / one[-1] for one in ranks]
    assert case.expect["metrics"]["mINP"] == pytest.approx(np.mean(inp))
    if case.task.cmc == "item":
        for k in (1, 5, 10):
            hits = [one[0] <= k for one in ranks]
            assert case.expect["metrics"][f"R{k}"] == pytest.approx(np.mean(hits))
    if "tie_order" in case.expect:
        given = sorted(case.expect["tie_order"])
        assert [given[i] for i in tie_order(given)] == case.expect["tie_order"]


def test_the_files_it_writes_can_be_scored(tmp_path, capsys):
    words = [sys.executable, "-m", "reidbench.evaluation.golden", tmp_path]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert len(listed.splitlines()) == len(CASES)
    for case in CASES:
        folder = tmp_path / case.name
        assert main(["score", str(folder / "embeddings.npz"), "--manifest",
                     str(folder / "manifest.csv"), "--task", str(folder / "task.json"),
                     "--json"]) == 0  # fmt: skip
        row = json.loads(capsys.readouterr().out)["scores"][0]
        expected = json.loads((folder / "expected.json").read_text())
        assert row["metrics"] == pytest.approx(expected["metrics"])
        assert row["interval"]["R1"] is None or row["n_valid"] > 1
