"""What reaches the model: augmented by the draw's chance alone, decoded once where it can be."""

import numpy as np
import torch

from reidbench.embeddings import items as module
from reidbench.embeddings.items import Items, loader
from reidbench_registry import Record


class Backbone:
    def __init__(self):
        self.calls = 0

    def preprocess(self, record, transform=None):
        self.calls += 1
        value = float(record.item_id)
        return torch.full((4,), transform(value) if transform else value)

    def collate(self, items):
        return {"x": torch.stack(items)}


class Noise:
    def __call__(self, item, modality, rng):
        return item + rng.random()


RECORDS = [Record(str(i), "toy", "train", ("rgb", "ir")[i % 2], "p") for i in range(5)]


def test_batches_carry_indices_modalities_and_items_in_order():
    batches = list(
        loader(
            Items(RECORDS, Backbone()), [[(0, 0), (1, 0)], [(2, 0), (3, 0)], [(4, 0)]], workers=0
        )
    )
    assert [b[0].tolist() for b in batches] == [[0, 1], [2, 3], [4]]
    assert [b[1].tolist() for b in batches] == [[0, 1], [0, 1], [0]]
    assert batches[1][2]["x"][:, 0].tolist() == [2, 3]


def test_an_item_that_never_changes_is_made_once(monkeypatch):
    backbone = Backbone()
    items = Items(RECORDS, backbone)
    for draw in range(3):
        assert [items[i, draw][1][0].item() for i in range(5)] == [0, 1, 2, 3, 4]
    assert backbone.calls == 5
    monkeypatch.setattr(module, "MEMO_BYTES", 40)  # two items of 16 bytes
    small = Items(RECORDS, backbone)
    for draw in range(2):
        assert [small[i, draw][1][0].item() for i in range(5)] == [0, 1, 2, 3, 4]
    assert backbone.calls == 5 + 5 + 3


def test_augmentation_depends_on_seed_draw_and_item_alone():
    def value(index, draw, seed=0):
        return Items(RECORDS, Backbone(), [Noise()], seed)[index, draw][1][0].item()

    assert value(1, 0) == value(1, 0)
    different = {value(1, 0), value(1, 1), value(2, 0) - 1, value(1, 0, seed=1)}
    assert len({round(v, 6) for v in different}) == 4
    expected = 1 + np.random.default_rng([0, 0, 1]).random()
    assert abs(value(1, 0) - expected) < 1e-6
