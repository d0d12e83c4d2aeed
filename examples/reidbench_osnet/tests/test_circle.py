"""Circle against a slow plain computation."""

import math

import pytest
import torch
from reidbench_registry import ConfigError

from reidbench_osnet.circle import Circle


def slow(features, labels, margin, scale):
    """The formula, pair by pair, in float64."""
    rows = torch.nn.functional.normalize(features.double(), dim=1)
    values = []
    for i, label in enumerate(labels):
        push, pull = [], []
        for j, other in enumerate(labels):
            s = float(rows[i] @ rows[j])
            if other != label:
                push.append(math.exp(scale * max(0, s + margin) * (s - margin)))
            elif i != j:
                pull.append(math.exp(-scale * max(0, 1 + margin - s) * (s - 1 + margin)))
        if push and pull:
            values.append(math.log1p(sum(push) * sum(pull)))
    return sum(values) / len(values)


@pytest.mark.parametrize(("margin", "scale"), [(0.25, 16.0), (0.4, 2.0)])
def test_equals_the_formula(margin, scale):
    torch.manual_seed(0)
    features = torch.randn(7, 5)
    labels = torch.tensor([0, 0, 1, 1, 1, 2, 3])
    (value,) = Circle(margin, scale)(features, labels, torch.zeros(7)).values()
    assert value.item() == pytest.approx(slow(features, labels, margin, scale), rel=1e-4)


def test_opposite_identities_by_hand():
    # Positives at cosine 1, negatives at -1: nothing pushes, 2 negatives and 1 positive are left
    # with exp(0) and exp(-16 * 0.25 * 0.25).
    features = torch.tensor([[1.0, 0], [2, 0], [-1, 0], [-3, 0]])
    (value,) = Circle(0.25, 16.0)(features, torch.tensor([0, 0, 1, 1]), torch.zeros(4)).values()
    assert value.item() == pytest.approx(math.log1p(2 * math.exp(-1)))


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 0, 0], [5]])
def test_without_a_pair_zero_and_connected(labels):
    features = torch.randn(len(labels), 4, requires_grad=True)
    (value,) = Circle()(features, torch.tensor(labels), torch.zeros(len(labels))).values()
    value.backward()
    assert value.item() == 0 and features.grad.abs().sum() == 0


def test_large_scale_stays_finite():
    features = torch.randn(8, 4, requires_grad=True)
    (value,) = Circle(scale=1e4)(features, torch.arange(8) // 2, torch.zeros(8)).values()
    value.backward()
    assert value.isfinite() and features.grad.isfinite().all()


@pytest.mark.parametrize(("argument", "value"), [("margin", 1), ("margin", None), ("scale", 0)])
def test_wrong_arguments_are_named(argument, value):
    with pytest.raises(ConfigError, match=argument):
        Circle(**{argument: value})
