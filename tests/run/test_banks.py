"""Several banks as one."""

import pytest
import torch

from reidbench.embeddings import Embeddings
from reidbench.run.banks import combined
from reidbench_registry import DataError


def test_banks_stand_side_by_side_for_the_items_that_all_have():
    a = Embeddings(torch.tensor([[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]]), ["x", "y", "z"])
    b = Embeddings(torch.tensor([[5.0], [-7.0]]), ["z", "x"])
    both = combined([a, b])
    assert both.item_ids == ["x", "z"]
    torch.testing.assert_close(both.features, torch.tensor([[0.6, 0.8, -1.0], [1.0, 0.0, 1.0]]))
    # One bank is taken as it is.
    assert combined([a]) is a
    with pytest.raises(DataError, match="no item in common"):
        combined([a, Embeddings(torch.ones(1, 1), ["other"])])
