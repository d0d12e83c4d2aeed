"""The map of a report: which items it has, and features without two dimensions."""

import dataclasses
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import toy_report as toy

from reidbench.report.embedding_map import MOST_POINTS, check_method, chosen_items, embedding_map
from reidbench_registry import ConfigError, Record


def test_a_map_shows_whole_identities():
    many = [Record(f"{p}-{i}", "t", "test", "rgb", str(p)) for p in range(40) for i in range(70)]
    items = chosen_items(many)
    people = {i.partition("-")[0] for i in items}
    assert len(items) == 70 * len(people) and MOST_POINTS - 70 < len(items) <= MOST_POINTS
    assert len(chosen_items([Record(str(i), "t", "test", "rgb", "1") for i in range(1600)])) == 1500


def test_degenerate_maps():
    records = [Record(str(i), "t", "test", "rgb", "1") for i in range(5)]
    bank = toy.embedded(records)
    equal = dataclasses.replace(bank, features=torch.ones(5, 8))
    found = embedding_map(equal, bank.item_ids)
    assert found["explained"] == [0, 0] and set(found["x"]) == {0.0}
    line = dataclasses.replace(bank, features=torch.arange(1.0, 6)[:, None])
    assert embedding_map(line, bank.item_ids)["explained"][1] == 0
    assert embedding_map(bank, ["0", "1", "nobody"]) is None


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_without_its_library_is_one_line(method, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ConfigError, match=rf"--map {method} needs .*'reidbench\[report\]'"):
        check_method(method)
