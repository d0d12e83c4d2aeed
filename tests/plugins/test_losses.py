"""ID, triplet and SDM against plain loops, and cases worked by hand."""

import math

import pytest
import torch
import torch.nn.functional as F

from reidbench_losses.id import ID
from reidbench_losses.sdm import SDM
from reidbench_losses.triplet import Triplet
from reidbench_registry import ConfigError


def batch(rows=18, dim=6, identities=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    features = torch.randn(rows, dim, generator=g, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(identities, (rows,), generator=g)
    modality = torch.tensor([0, 1, 5])[torch.randint(3, (rows,), generator=g)]
    return features, labels, modality


def test_id_is_cross_entropy():
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    labels, rest = torch.tensor([0, 0]), torch.zeros(2, dtype=torch.long)
    hit = math.log(1 + math.exp(-2))
    found = ID()(logits, labels, rest, logits)["ID"].item()
    assert found == pytest.approx((hit + hit + 2) / 2)
    # Smoothing 0.1 over two classes moves 0.05 of the target to the other one.
    found = ID(label_smoothing=0.1)(logits, labels, rest, logits)["ID"].item()
    assert found == pytest.approx(0.95 * (hit + hit + 2) / 2 + 0.05 * (hit + 2 + hit) / 2)
    assert ID.needs_logits
    with pytest.raises(ValueError, match="logits"):
        ID()(logits, labels, rest)


def slow_triplet(features, labels, margin):
    rows = F.normalize(features)
    found = []
    for a in range(len(rows)):
        distance = (rows[a] - rows).norm(dim=1)
        positive = [distance[i] for i in range(len(rows)) if labels[i] == labels[a] and i != a]
        negative = [distance[i] for i in range(len(rows)) if labels[i] != labels[a]]
        if positive and negative:
            found.append((max(positive) - min(negative) + margin).clamp_min(0))
    return sum(found) / len(found)


def test_triplet_takes_the_hardest_of_all_modalities():
    features, labels, modality = batch()
    value = Triplet(margin=0.3)(features, labels, modality)["Triplet"]
    assert value.item() == pytest.approx(slow_triplet(features, labels, 0.3).item())
    # By hand: anchors 0 and 1 are sqrt 2 apart; anchor 2 has no positive, yet is the negative.
    hand = torch.tensor([[3.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    value = Triplet(margin=0.5)(hand, torch.tensor([0, 0, 1]), torch.tensor([0, 1, 5]))["Triplet"]
    # d(0, 2) = 2, d(1, 2) = sqrt 2
    assert value.item() == pytest.approx(0.5 * 0.5 + 0.5 * max(0.0, 2**0.5 - 2 + 0.5), abs=1e-6)


def slow_sdm(features, labels, modality, scale, pairs):
    rows = F.normalize(features)
    values = []
    for m in (0, 1, 5):
        for n in (0, 1, 5):
            if m >= n:
                continue
            both = []
            for one, other in ((m, n), (n, m)):
                for i in (modality == one).nonzero().flatten().tolist():
                    there = (modality == other).nonzero().flatten()
                    match = (labels[there] == labels[i]).double()
                    if match.sum():
                        p = torch.softmax(scale * rows[there] @ rows[i], 0)
                        kl = (p * (p / (match / match.sum() + 1e-8)).log()).sum()
                        both.append((one, kl))
            by = [[kl for side, kl in both if side == one] for one in (m, n)]
            if all(by):
                values.append(sum(sum(b) / len(b) for b in by))
    return sum(values) / (len(values) if pairs == "mean" else 1)


@pytest.mark.parametrize("pairs", ["mean", "sum"])
@pytest.mark.parametrize("seed", [0, 1])
def test_sdm_is_that_of_the_loops(pairs, seed):
    """Unbalanced batches, in which q of either direction differs, and rows without a match."""
    features, labels, modality = batch(identities=7, seed=seed)
    value = SDM(scale=20, pairs=pairs)(features, labels, modality)["SDM"]
    expected = slow_sdm(features, labels, modality, 20, pairs)
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)
    (found,) = torch.autograd.grad(value, features)
    (wanted,) = torch.autograd.grad(expected, features)
    torch.testing.assert_close(found, wanted)


def test_sdm_worked_by_hand():
    # Two queries of one identity against one of it: q is (1), then (1/2, 1/2), never (1/2).
    features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    value = SDM()(features, torch.zeros(3, dtype=torch.long), torch.tensor([0, 0, 5]))["SDM"]
    assert value.item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "modality"),
    [
        ([0, 1, 2], [0, 1, 5]),  # no positive anywhere
        ([0, 1, 2], [0, 0, 0]),  # and one modality
        ([0], [0]),
    ],
)
@pytest.mark.parametrize("loss", [Triplet(), SDM()], ids=["triplet", "sdm"])
def test_no_pair_gives_a_connected_zero(loss, labels, modality):
    features = torch.randn(len(labels), 4, requires_grad=True)
    (value,) = loss(features, torch.tensor(labels), torch.tensor(modality)).values()
    value.backward()
    assert value.item() == 0 and features.grad.eq(0).all()


def test_triplet_without_negatives_is_zero():
    features = torch.randn(3, 4, requires_grad=True)
    same = torch.zeros(3, dtype=torch.long)
    assert Triplet()(features, same, same)["Triplet"].item() == 0


@pytest.mark.parametrize("loss", [Triplet(), SDM()], ids=["triplet", "sdm"])
def test_degenerate_features_have_finite_gradients(loss):
    labels, modality = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    for features in (torch.zeros(4, 3), torch.ones(4, 3)):
        features.requires_grad_()
        (value,) = loss(features, labels, modality).values()
        value.backward()
        assert value.isfinite() and features.grad.isfinite().all()


@pytest.mark.parametrize("loss", [Triplet(), SDM()], ids=["triplet", "sdm"])
def test_autocast_changes_nothing(loss):
    features, labels, modality = batch()
    features = features.float()
    with torch.autocast("cpu", torch.bfloat16):
        (cast,) = loss(features, labels, modality).values()
    (plain,) = loss(features, labels, modality).values()
    assert torch.equal(cast, plain)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ID(label_smoothing=1.0), "label_smoothing=1.0"),
        (lambda: Triplet(margin=-1), "margin=-1"),
        (lambda: SDM(scale=0), "scale=0"),
        (lambda: SDM(pairs="max"), "pairs='max'"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
