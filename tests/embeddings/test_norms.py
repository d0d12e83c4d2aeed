"""Rows that are not finite or all zeros, against a plain look at every value."""

import pytest
import torch

from reidbench.embeddings import norms
from reidbench.embeddings.norms import rows_not_finite, rows_of_zeros


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_equals_a_look_at_every_value(monkeypatch, dtype):
    monkeypatch.setattr(norms, "_ROWS", 7)
    features = torch.randn(40, 5, generator=torch.Generator().manual_seed(0)).to(dtype)
    features[3, 1], features[13, 4], features[13, 0] = torch.nan, torch.inf, -torch.inf
    features[39] = torch.nan
    # The largest numbers are finite, the sum of their squares is not.
    features[20] = torch.finfo(dtype).max
    features[21] = 0
    plain = [i for i, row in enumerate(features) if not bool(row.isfinite().all())]
    assert rows_not_finite(features) == plain == [3, 13, 39]
    assert rows_of_zeros(features) == [21]


def test_no_rows():
    assert rows_not_finite(torch.empty(0, 4)) == rows_of_zeros(torch.empty(0, 4)) == []
