"""Queries that ask with several items at once."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from reidbench.cli.main import main
from reidbench.embeddings import Embeddings
from reidbench.evaluation.score import score
from reidbench.evaluation.scoring import records_of
from reidbench.tools.manifest import read_manifest, write_manifest
from reidbench_metrics.cmc import CMC
from reidbench_registry import ConfigError, DataError, Record, Selector, Task, composite

BOTH = Task("both", Selector("ir+sketch"), Selector("rgb"))


def item(name, modality, pid="p", **more):
    return Record(name, "toy", "test", modality, pid, **more)


def test_two_weak_hints_find_together_what_neither_finds_alone():
    ir, sketch = item("i", "ir", generated="ChannelMix"), item("s", "sketch")
    shown = [item("right", "rgb"), item("ir-like", "rgb", "q"), item("sketch-like", "rgb", "r")]
    asked = composite("both", [ir, sketch])
    features = torch.tensor([[9.0, 0], [0, 0.1], [1, 1], [5, 0.5], [0.1, 2]])
    side = Embeddings(features, ["i", "s", "right", "ir-like", "sketch-like"])
    records = [ir, sketch, asked, *shown]
    alone = [
        score(Task("t", Selector(m), Selector("rgb")), records, side, side, [CMC([1])])
        for m in ("ir", "sketch")
    ]
    assert [a.row["metrics"]["R1"] for a in alone] == [0, 0] and "fused" not in alone[0].row
    together = score(BOTH, records, side, side, [CMC([1])])
    assert together.row["metrics"]["R1"] == 1 and together.row["n_query"] == 1
    assert together.row["fused"] == {"queries": 1, "by": "mean of the members' normalised features"}
    # Length says nothing: (1, 0) and (0, 1) meet in the middle.
    assert torch.allclose(side.take([asked, ir])[0], torch.tensor([0.5, 0.5]))
    assert records_of([BOTH], records) == records


def test_what_a_model_embeds_as_a_whole_is_taken_as_it_is():
    members = [item("a", "sketch"), item("b", "sketch")]
    many = [composite("ab", members), composite("ba", members[::-1])]
    features = torch.tensor([[1.0, 0], [0, 1], [7, 7]])
    side = Embeddings(features, ["a", "b", "ab"])
    assert torch.equal(side.take(many[:1]), features[2:])
    expected = functional.normalize(torch.stack([features[2], features[:2].mean(0)]))
    assert torch.allclose(functional.normalize(side.take(many)), expected)


def test_a_member_without_embedding_is_named():
    asked = composite("ab", [item("a", "ir"), item("b", "ir")])
    with pytest.raises(DataError, match="1 items have no embedding, first 'b'"):
        Embeddings(torch.ones(1, 2), ["a"]).take([asked])


def test_a_composite_has_what_its_members_share():
    members = [
        item("a", "ir", camera_id="c1", instance_id="x"),
        item("b", "text", camera_id="c1", instance_id="y"),
    ]
    asked = composite("q", members)
    assert (asked.modality, asked.camera_id, asked.instance_id) == ("ir+text", "c1", None)
    assert (asked.pid, asked.split, asked.role, asked.path) == ("p", "test", "query", None)
    assert list(asked.members) == ["a", "b"] and not members[0].members
    assert composite("q", members[::-1]).modality == "text+ir"
    three = [*members[:1], item("c", "ir"), item("d", "ir")]
    assert composite("q", three).modality == "ir+ir"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ("a", "1 members, expected two or more"),
        ("aab", "a member occurs twice"),
        ("ao", "of several pids: 'other', 'p'"),
        ("ax", "a member is a composite query itself"),
    ],
)
def test_what_is_no_composite_says_so(members, words):
    a, b = item("a", "ir"), item("b", "ir")
    known = {"a": a, "b": b, "o": replace(b, item_id="o", pid="other"), "x": composite("x", [a, b])}
    with pytest.raises(DataError, match=f"composite query 'q': .*{words}"):
        composite("q", [known[m] for m in members])


def test_a_task_over_an_unknown_mixture_is_refused():
    with pytest.raises(ConfigError, match=r"unknown modality 'skech'.*sketch"):
        Selector("ir+skech")


def test_score_reads_and_fuses_them_from_a_manifest(tmp_path, capsys):
    rng = np.random.default_rng(0)
    records = [item(f"{m}{p}", m, f"p{p}") for m in ("rgb", "ir", "sketch") for p in range(5)]
    features = rng.normal(size=(15, 8)).astype("f4")
    asked = [composite(f"q{p}", [records[5 + p], records[10 + p]]) for p in range(5)]
    write_manifest(tmp_path / "m.parquet", [*records, *asked])
    assert read_manifest(tmp_path / "m.parquet") == [*records, *asked]
    np.savez(tmp_path / "e.npz", features=features, item_ids=[r.item_id for r in records])
    (tmp_path / "t.json").write_text(json.dumps(BOTH.describe()))
    words = ["score", str(tmp_path / "e.npz"), "--manifest", str(tmp_path / "m.parquet")]
    assert main([*words, "--task", str(tmp_path / "t.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["scores"][0]
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    similar = (unit[5:10] + unit[10:]) @ unit[:5].T
    right = similar.diagonal()[:, None]
    assert found["metrics"]["R1"] == np.mean((similar > right).sum(1) == 0)
    assert found["fused"]["queries"] == found["n_valid"] == 5
    assert main([*words, "--task", str(tmp_path / "t.json")]) == 0
    assert "composite queries fused by the harness" in " ".join(capsys.readouterr().out.split())
