"""The report's data against plain computations; what is missing is a line; runs side by side."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import toy_report as toy

from reidbench.evaluation.bootstrap import intervals
from reidbench.evaluation.chosen import choose
from reidbench.pluginhost import PluginHost
from reidbench.report import thumbs as pictures
from reidbench.report.build import report
from reidbench.report.distributions import BARS, RANKS, cmc, similarity
from reidbench.report.inputs import Options
from reidbench.report.looks import BINS, look
from reidbench.report.shown import queries_of
from reidbench_registry import ConfigError, Owner, ReportSection, Trials

KEYS = {
    "schema", "title", "reidbench", "runs", "tasks", "rows", "losses", "validation", "cmc", "ap",
    "similarity", "spectrum", "map", "ranklists", "items", "thumbs", "comparison", "sections",
    "missing",
}  # fmt: skip


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return toy.world(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def inputs(records):
    return toy.inputs_of(records, toy.embedded(records), toy.tasks("same_instance"))


@pytest.fixture(scope="module")
def value(inputs):
    return report([inputs])


def plain_lists(inputs, exclude):
    """query -> [(gallery record, cosine)] without what is excluded, by a dense sort."""
    bank = inputs.pairs["edge"].query
    unit = torch.nn.functional.normalize(bank.features.double(), dim=1)
    row = {item: i for i, item in enumerate(bank.item_ids)}
    gallery = [r for r in inputs.records if r.modality == "rgb"]
    found = {}
    for q in inputs.records:
        pairs = [
            (g, float(unit[row[q.item_id]] @ unit[row[g.item_id]]))
            for g in gallery
            if not (exclude and g.instance_id == q.instance_id)
        ]
        found[q.item_id] = sorted(pairs, key=lambda x: -x[1])
    return found


def test_the_value_is_plain_json_with_all_keys(value):
    assert set(value) == KEYS
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["schema"] == 1 and value["missing"] == [] and value["comparison"] is None
    assert [t["name"] for t in value["tasks"]] == ["ir2rgb", "text2rgb"]
    counts = {c["modality"]: (c["items"], c["identities"]) for c in value["runs"][0]["counts"]}
    assert counts == {"rgb": (36, 12), "ir": (36, 12), "text": (36, 12)}


def test_lists_are_those_of_a_dense_sort(value, inputs):
    whole = plain_lists(inputs, exclude=True)
    for task in value["ranklists"]:
        assert len(task["queries"]) >= 12
        for query in task["queries"]:
            pid = value["items"][query["item"]]["pid"]
            hits = query["lists"]["A/edge"]
            ranked = [h for h in hits if h["rank"]]
            assert [h["rank"] for h in ranked] == list(range(1, 11))
            expected = whole[query["item"]][:10]
            assert [h["item"] for h in ranked] == [g.item_id for g, _ in expected]
            assert [h["similarity"] for h in ranked] == pytest.approx(
                [s for _, s in expected], abs=6e-5
            )
            assert [h["right"] for h in ranked] == [g.pid == pid for g, _ in expected]
            similarities = [h["similarity"] for h in hits]
            assert similarities == sorted(similarities, reverse=True)
            for hit in hits:
                assert (hit["excluded"] is None) == (hit["rank"] is not None)
                assert hit["excluded"] in (None, "the same photo as the query")


def test_curves_and_histograms_are_those_of_plain_computations(value, inputs):
    whole = plain_lists(inputs, exclude=True)
    for task in ("ir2rgb", "text2rgb"):
        queries = [r for r in inputs.records if r.modality == task.partition("2")[0]]
        places = [
            [at for at, (g, _) in enumerate(whole[q.item_id], start=1) if g.pid == q.pid]
            for q in queries
        ]
        curve = next(c for c in value["cmc"] if c["task"] == task)
        best = np.array([p[0] for p in places])
        assert curve["ranks"] == list(RANKS)
        assert curve["values"] == pytest.approx([(best <= k).mean() for k in RANKS])
        # The band at rank 1 is the interval of R1 in the table.
        row = next(r for r in value["rows"] if r["task"] == task)
        assert [curve["low"][0], curve["high"][0]] == pytest.approx(row["interval"]["R1"])

        ap = [np.mean([i / p for i, p in enumerate(of, start=1)]) for of in places]
        bars = next(c for c in value["ap"] if c["task"] == task)
        assert bars["counts"] == np.histogram(ap, 20, (0, 1))[0].tolist()
        assert len(bars["edges"]) == 21 and sum(bars["counts"]) == len(queries)

        one = next(c for c in value["similarity"] if c["task"] == task)
        positives = [s for q in queries for g, s in whole[q.item_id] if g.pid == q.pid]
        edges = np.array(one["edges"])
        assert len(edges) == BARS + 1 and (np.diff(edges) > 0).all()
        expected = np.histogram(positives, edges)[0] / len(positives)
        assert sum(one["positives"]) == pytest.approx(1, abs=1e-4)
        # A value on an edge may fall to either side.
        assert np.abs(np.cumsum(expected) - np.cumsum(one["positives"])).max() < 0.03
        negatives = [s for q in queries for g, s in whole[q.item_id] if g.pid != q.pid]
        expected = np.histogram(negatives, edges)[0] / len(negatives)
        assert np.abs(np.cumsum(expected) - np.cumsum(one["negatives"])).max() < 0.05


def test_bands_are_the_plain_bootstrap():
    rng = np.random.default_rng(0)
    first_hit = rng.integers(1, 60, (3, 40))
    pids = [str(p) for p in rng.integers(0, 9, 40)]
    curve = cmc(first_hit, pids)
    values = {str(k): (first_hit <= k).mean(axis=0) for k in RANKS}
    for i, (low, high) in enumerate(intervals(values, pids).values()):
        assert (curve["low"][i], curve["high"][i]) == (low, high)
    alone = cmc(first_hit, ["one"] * 40)
    assert alone["low"] == alone["high"] == [] and len(alone["values"]) == len(RANKS)


def test_which_queries_are_shown(inputs):
    one = inputs.per_query["ir2rgb", "edge"]
    ap = dict(zip(one.item_ids, one.figures["mAP"].tolist(), strict=True))
    of_kind = {}
    for query in queries_of("ir2rgb", [inputs], 3):
        assert query.figures == {"A/edge": ap[query.item]}
        for kind in query.why:
            of_kind.setdefault(kind, []).append(query.item)
    assert {kind: len(items) for kind, items in of_kind.items()} == {
        "best": 3, "median": 3, "worst": 3, "random": 3,
    }  # fmt: skip
    order = sorted(ap.values())
    assert sorted(ap[i] for i in of_kind["best"]) == order[-3:]
    assert sorted(ap[i] for i in of_kind["worst"]) == order[:3]
    assert sorted(ap[i] for i in of_kind["median"]) == pytest.approx(order[16:19], abs=0.1)
    # Fewer queries than are asked for.
    assert len(queries_of("ir2rgb", [inputs], 100)) == len(ap)


@pytest.mark.parametrize("trials", [None, Trials(4, 1, "python-seeded")])
@pytest.mark.parametrize("cmc", ["item", "identity"])
def test_every_point_of_a_curve_is_the_metric(records, trials, cmc):
    ranks = [{"type": "CMC", "ranks": list(RANKS)}, {"type": "mAP"}]
    metrics = choose(PluginHost(), "task", {"type": "ir2rgb"}, ranks).metrics
    its_tasks = toy.tasks("same_pid_camera", cmc, trials)
    made = toy.inputs_of(records, toy.embedded(records, noise=2.0), its_tasks, metrics=metrics)
    value = report([made])
    assert value["missing"] == [] and len(value["cmc"]) == 2
    for curve, row in zip(value["cmc"], value["rows"], strict=True):
        expected = [row["metrics"][f"R{k}"] for k in RANKS]
        assert curve["values"] == pytest.approx(expected, abs=1e-12)
    reasons = {h["excluded"] for t in value["ranklists"] for q in t["queries"]
               for h in q["lists"]["A/edge"]}  # fmt: skip
    assert reasons == {None, "the same person by the same camera"}


def test_maps_and_spectra(value, inputs):
    one = value["map"][0]
    assert one["method"] == "PCA" and len(one["x"]) == len(one["item"]) == len(inputs.records)
    unit = torch.nn.functional.normalize(inputs.pairs["edge"].query.features.double(), dim=1)
    row = inputs.pairs["edge"].query.row
    rows = unit[[row[item] for item in one["item"]]]
    u, s, _ = np.linalg.svd((rows - rows.mean(0)).numpy(), full_matrices=False)
    for axis, name in enumerate("xy"):
        expected = u[:, axis] * s[axis]
        found = np.array(one[name])
        assert min(np.abs(found - expected).max(), np.abs(found + expected).max()) < 1e-3
    assert one["explained"] == pytest.approx((s[:2] ** 2 / (s**2).sum()).tolist(), abs=1e-6)
    s = np.linalg.svd(inputs.pairs["edge"].query.features.double().numpy(), compute_uv=False)
    energy = value["spectrum"][0]
    assert energy["components"] == list(range(1, 9))
    assert energy["energy"] == pytest.approx(np.cumsum(s**2) / (s**2).sum(), abs=1e-6)


def test_items_say_what_strangers_wrote_as_text(value):
    text = next(i for item, i in value["items"].items() if item.startswith("text-"))
    assert text["caption"].startswith(toy.HOSTILE) and text["thumb"] is None
    named = {h["item"] for t in value["ranklists"] for q in t["queries"]
             for h in q["lists"]["A/edge"]}  # fmt: skip
    assert named <= value["items"].keys()
    for item in named:
        assert value["thumbs"][value["items"][item]["thumb"]].startswith(pictures.PREFIX)


def test_embeddings_that_were_not_scored_are_told(inputs, records):
    other = toy.inputs_of(records, toy.embedded(records, noise=9.0), toy.tasks("same_instance"))
    value = report([dataclasses.replace(inputs, pairs=other.pairs)])
    assert value["cmc"] == [] and len(value["ap"]) == 2
    assert "they are not the ones that were scored" in value["missing"][0]
    value = report([dataclasses.replace(inputs, pairs={}, banks={})])
    assert value["map"] == value["spectrum"] == value["similarity"] == []
    assert sum("the embeddings are not there" in line for line in value["missing"]) == 2
    assert all(q["lists"] == {} for t in value["ranklists"] for q in t["queries"])


def test_one_identity_has_no_interval(tmp_path):
    records = toy.world(tmp_path, people=1)
    value = report([toy.inputs_of(records, toy.embedded(records), toy.tasks())])
    assert value["rows"][0]["interval"]["R1"] is None
    assert value["cmc"][0]["low"] == [] and value["cmc"][0]["values"] == [1.0] * len(RANKS)
    assert sum(value["similarity"][0]["negatives"]) == 0
    json.dumps(value, allow_nan=False)


def test_a_collapsed_model(records):
    bank = toy.embedded(records)
    bank = dataclasses.replace(bank, features=torch.ones_like(bank.features))
    value = report([toy.inputs_of(records, bank, toy.tasks())])
    assert value["rows"][0]["collapsed"]
    assert max(value["similarity"][0]["positives"]) == 1.0
    json.dumps(value, allow_nan=False)


def test_other_metrics_than_average_precision(records):
    metrics = choose(PluginHost(), "task", {"type": "ir2rgb"}, [{"type": "CMC"}]).metrics
    value = report([toy.inputs_of(records, toy.embedded(records), toy.tasks(), metrics=metrics)])
    assert value["ap"] == [] and len(value["ranklists"][0]["queries"]) >= 12
    assert "no average precision" in value["missing"][0]


def test_sections_of_plugins(inputs):
    section = Owner("mine", "dist", "1.0"), ReportSection("Title", toy.HOSTILE)
    one = dataclasses.replace(inputs, sections=[section])
    assert report([one])["sections"] == [
        {"title": "Title", "body": toy.HOSTILE, "owner": "dist 1.0", "assets": []}
    ]
    several = report([one, dataclasses.replace(inputs, label="B")])
    assert several["sections"] == [] and "sections of plugins" in several["missing"][0]


def test_options_are_checked():
    for wrong in ({"queries": 0}, {"k": 0}, {"k": 10**6}):
        with pytest.raises(ConfigError, match="is not between 1 and 1000"):
            Options(**wrong)


def test_histograms_of_few_values():
    class Seen:
        positives, negatives = np.zeros(BINS, int), np.zeros(BINS, int)

    assert similarity(Seen) is None
    Seen.positives[-1] = 5
    found = similarity(Seen)
    assert found["positives"][-1] == 1.0 and found["edges"][-1] == 1.0
    Seen.negatives[0] = 1
    found = similarity(Seen)
    assert found["edges"][0] == -1.0 and found["negatives"][0] == 1.0
    assert len(found["edges"]) == 41 and found["edges"][-1] == 1.0


def test_one_person_in_a_large_gallery_is_looked_at_in_parts(records, monkeypatch):
    task, bank = toy.tasks()[0], toy.embedded(records)
    pair = toy.inputs_of(records, bank, [task]).pairs["edge"]
    before = look(task, records, pair, [], 10).similarities
    monkeypatch.setattr("reidbench.report.looks.PAIRS", 1)
    assert (look(task, records, pair, [], 10).similarities.positives == before.positives).all()
