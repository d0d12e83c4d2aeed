"""The weighted sum, the teacher's rows, and the projection between unequal dimensions."""

import pytest
import torch

from reidbench.models.model import Outputs
from reidbench.training.objective import Objective, Weighted


class Mean:
    needs_equal_dims = False

    def __call__(self, features, labels, modality, logits=None):
        return {"mean": features.mean()}


class Gap:
    """Mean squared gap between student and teacher."""

    needs_equal_dims = True
    bank = None

    def fit(self, bank):
        self.bank = bank

    def __call__(self, student, teacher, modality):
        return (student - teacher).square().mean()


def inputs(dim=3, rows=4):
    torch.manual_seed(0)
    features = torch.randn(rows, dim, requires_grad=True)
    return Outputs(features, None), torch.tensor([3, 1, 0, 2])[:rows]


def test_weights_apply_and_terms_are_logged_unweighted():
    outputs, indices = inputs()
    bank, gap = torch.randn(5, 3), Gap()
    objective = Objective(
        [Weighted("Mean", 2.0, Mean())], [Weighted("Gap", 0.5, gap)], 0.1, bank, student_dim=3
    )
    zeros = torch.zeros(4, dtype=torch.long)
    total, terms = objective(outputs, indices, zeros, zeros)
    mean = outputs.embedding.mean()
    squared = (outputs.embedding - bank[indices]).square().mean()
    assert terms["mean"].item() == pytest.approx(mean.item())
    assert terms["Gap"].item() == pytest.approx(squared.item())
    assert total.item() == pytest.approx((0.1 * 2.0 * mean + 0.5 * squared).item(), rel=1e-5)
    assert gap.bank is bank and objective.projection is None
    total.backward()
    assert not bank.requires_grad


def test_unequal_dimensions_get_a_learned_projection():
    outputs, indices = inputs()
    objective = Objective([], [Weighted("Gap", 1.0, Gap())], 1.0, torch.randn(5, 7), student_dim=3)
    zeros = torch.zeros(4, dtype=torch.long)
    total, _ = objective(outputs, indices, zeros, zeros)
    total.backward()
    assert objective.projection.weight.shape == (7, 3)
    assert objective.projection.weight.grad.abs().sum() > 0


def test_leading_dimensions_are_seen_too():
    """A term is the mean over the cuts and the whole; what knows the dimension sees the whole."""
    outputs, indices = inputs(dim=4)
    bank = torch.randn(5, 4)
    losses = [Weighted("Mean", 1.0, Mean()), Weighted("Whole", 1.0, Mean(), whole=True)]
    objective = Objective(losses, [Weighted("Gap", 1.0, Gap())], 1.0, bank, student_dim=4, dims=[2])
    zeros = torch.zeros(4, dtype=torch.long)
    total, terms = objective(outputs, indices, zeros, zeros)
    features = outputs.embedding
    both = (features.mean() + features[:, :2].mean()) / 2
    assert terms["mean"].item() == pytest.approx(both.item(), rel=1e-5)
    assert terms["Whole.mean"].item() == pytest.approx(features.mean().item(), rel=1e-5)
    # Two dimensions are projected into the teacher's four; the whole embedding has four already.
    assert list(objective.projections) == ["2"]
    cut = objective.projections["2"](features[:, :2])
    gaps = [(x - bank[indices]).square().mean() for x in (features, cut)]
    assert terms["Gap"].item() == pytest.approx(sum(gaps).item() / 2, rel=1e-5)
    total.backward()
    assert objective.projections["2"].weight.grad.abs().sum() > 0
