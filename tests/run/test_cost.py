"""What a query costs, counted by hand; a figure that cannot be had stops nothing."""

import pytest
import torch
from torch import nn

from reidbench.embeddings import Embeddings
from reidbench.models.model import ReIDModel
from reidbench.run.cost import Costs
from reidbench_registry import Record, Selector, Task
from reidbench_registry.composite import composite

CPU = torch.device("cpu")
WIDTH = {"rgb": 4, "ir": 4, "sketch": 12}


class Backbone(nn.Module):
    """One linear layer a modality, of 2 x width x dim operations an item."""

    modalities = frozenset(WIDTH)

    def __init__(self, dim):
        super().__init__()
        self.embed_dim = dim
        self.layers = nn.ModuleDict({m: nn.Linear(w, dim, bias=False) for m, w in WIDTH.items()})

    def preprocess(self, record, transform=None):
        return record.modality, torch.ones(WIDTH[record.modality])

    def collate(self, items):
        return {"modality": items[0][0], "x": torch.stack([x for _, x in items])}

    def encode(self, batch):
        assert not self.training and len(batch["x"]) == 1
        return self.layers[batch["modality"]](batch["x"])


def item(name, modality):
    return Record(name, "toy", "test", modality, "p")


RECORDS = [item("r", "rgb"), item("i", "ir"), item("i2", "ir"), item("s", "sketch")]
RECORDS.append(composite("both", [RECORDS[1], RECORDS[3]]))
IR, SKETCH, BOTH = (Task(m, Selector(m), Selector("rgb")) for m in ("ir", "sketch", "ir+sketch"))


def costs(models, lines):
    embeddings = {
        name: Embeddings(torch.ones(4, model.backbone.embed_dim), [r.item_id for r in RECORDS[:4]])
        for name, model in models.items()
    }
    return Costs(models.__getitem__, embeddings, RECORDS, CPU, lines.append)


def test_counted_by_hand():
    models = {"student": ReIDModel(Backbone(8)), "teacher": ReIDModel(Backbone(32))}
    lines = []
    cost = costs(models, lines)
    found = cost("edge-cloud", [IR, SKETCH])
    assert found.pop("query_ms") > 0
    operations = {"ir": 2 * 4 * 8, "sketch": 2 * 12 * 8}
    assert found == {
        "parameters": 8 * (4 + 4 + 12),
        "gflops": pytest.approx(sum(operations.values()) / 2 / 1e9),
        "bytes_per_item": 4 * 32,
    }
    # Two tasks of one modality are one kind of query; a fused query is all of its members.
    assert cost("edge", [IR, IR, SKETCH])["gflops"] == found["gflops"]
    assert cost("edge", [BOTH])["gflops"] == pytest.approx(sum(operations.values()) / 1e9)
    assert cost("edge", [IR])["bytes_per_item"] == 4 * 8
    assert not lines


def test_what_cannot_be_counted_is_null_and_said(monkeypatch):
    model = ReIDModel(Backbone(8))

    def fail(batch):
        raise MemoryError("no room")

    monkeypatch.setattr(model.backbone, "encode", fail)
    lines = []
    found = costs({"student": model}, lines)("edge", [IR])
    assert (found["gflops"], found["query_ms"]) == (None, None)
    assert (found["parameters"], found["bytes_per_item"]) == (160, 32)
    assert [line.partition(":")[0] for line in lines] == ["edge", "edge"]
    assert all("no room" in line for line in lines)


def test_a_model_that_cannot_be_opened_is_said_once():
    cost = costs({"student": ReIDModel(Backbone(8))}, lines := [])

    def fail(name):
        raise OSError("weights are gone")

    cost._open = fail
    assert cost("edge", [IR]) == {
        "parameters": None, "gflops": None, "bytes_per_item": 32, "query_ms": None
    }  # fmt: skip
    assert lines == ["edge: the cost of a query is not known: OSError: weights are gone"]
