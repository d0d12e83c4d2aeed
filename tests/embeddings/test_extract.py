"""Embedding a data set: every record once, in any order of batches, across a kill."""

import json
from pathlib import Path

import pytest
import torch

from reidbench.cli.main import main
from reidbench.embeddings import Embeddings
from reidbench.embeddings.extract import ahead, batches_of
from reidbench.embeddings.shards import Shards
from reidbench_registry import DataError, Record

ROOT = Path(__file__).parents[2]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=1", "student.train.sampler.p=3", "evaluation.batch_size=16",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip


def run(work_dir, *options):
    config = str(ROOT / "configs" / "distill_cosine.py")
    return main(["run", config, "--work-dir", str(work_dir), "--cfg-options", *TINY, *options])


def bank(work_dir):
    return Embeddings.load(work_dir / "tiny" / "embed")


def test_batches_hold_everything_once_alike_with_alike():
    texts = ["long " * i for i in (5, 1, 9, 3, 7)]
    records = [Record(f"i{i}", "d", "test", "rgb", "p") for i in range(3)]
    records += [Record(t, "d", "test", "text", "p", text=t) for t in texts]
    records += [Record("ir", "d", "test", "ir", "p")]
    batches = batches_of(records, 2)
    assert sorted(i for b in batches for i in b) == list(range(9))
    assert all(len({records[i].modality for i in b}) == 1 for b in batches)
    assert [[records[i].text for i in b] for b in batches[-3:]] == [
        [texts[1], texts[3]], [texts[0], texts[4]], [texts[2]],
    ]  # fmt: skip


def test_ahead_keeps_order_and_passes_errors_on():
    assert list(ahead(range(5))) == list(range(5)) and list(ahead([])) == []

    def broken():
        yield 1
        raise DataError("unreadable image")

    found = ahead(broken())
    assert next(found) == 1
    with pytest.raises(DataError, match="unreadable"):
        next(found)


def test_shards_give_back_what_was_written(tmp_path):
    shards = Shards(tmp_path, seconds=0)
    features = torch.randn(7, 3)
    for rows in (torch.tensor([4, 0]), torch.tensor([2, 6])):
        shards.add(rows, features[rows])
    found, done = Shards(tmp_path).read(7)
    assert done.tolist() == [True, False, True, False, True, False, True]
    assert torch.equal(found[done], features[done]) and found[~done].isnan().all()


@pytest.mark.parametrize("damage", ["cut", "rows", "width"])
def test_a_damaged_shard_is_left_out(tmp_path, damage):
    shards = Shards(tmp_path, seconds=0)
    shards.add(torch.tensor([0]), torch.ones(1, 3))
    wrong = {"cut": (1, 3), "rows": (9, 3), "width": (1, 5)}[damage]
    shards.add(torch.tensor([wrong[0]]), torch.ones(1, wrong[1]))
    second = sorted(tmp_path.iterdir())[1]
    if damage == "cut":
        second.write_bytes(second.read_bytes()[:-3])
    _, done = Shards(tmp_path).read(3)
    assert done.tolist() == [True, False, False] and not second.exists()


def test_a_killed_stage_goes_on_and_ends_the_same(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "whole") == 0
    add, calls = Shards.add, []

    def killed(self, rows, features):
        self._seconds = 0
        add(self, rows, features)
        calls.append(len(rows))
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Shards, "add", killed)
    assert run(tmp_path / "killed") == 130
    (partial,) = (tmp_path / "killed" / "partial").glob("embed-*")
    assert len(list(partial.iterdir())) == 3
    before = sum(calls)
    monkeypatch.setattr(Shards, "add", lambda self, rows, f: calls.append(len(rows)))
    assert run(tmp_path / "killed") == 0
    whole, resumed = bank(tmp_path / "whole"), bank(tmp_path / "killed")
    assert sum(calls) == len(whole.features) and before == sum(calls[:3])
    assert torch.equal(whole.features, resumed.features)
    assert not partial.exists(), "nothing is left of it once the stage is done"


def test_half_precision_is_stored_and_scored_in_full(tmp_path):
    assert run(tmp_path) == 0
    full = bank(tmp_path).features
    (tmp_path / "tiny").rename(tmp_path / "full")  # a result is not overwritten
    assert run(tmp_path, "evaluation.bank_dtype=fp16") == 0
    half = bank(tmp_path)
    assert full.dtype is torch.float32 and half.features.dtype is torch.float16
    assert (half.features.float() - full).abs().max() <= 1e-3 * full.abs().max()
    record = json.loads((tmp_path / "tiny" / "result.json").read_text())
    assert {r["mode"] for r in record["scores"]} == {"cloud", "edge", "edge-cloud"}


def test_what_fp16_cannot_hold_is_refused(tmp_path):
    with pytest.raises(DataError, match="too large for bank_dtype='fp16'"):
        Embeddings(torch.tensor([[1e6]]), ["a"]).save(tmp_path, "fp16")
    assert not list(tmp_path.iterdir())
