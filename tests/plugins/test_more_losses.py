"""InfoNCE, circle, centre, margin and TAL losses against slow and plain forms."""

import math
from itertools import combinations, permutations

import pytest
import torch
import torch.nn.functional as F

from reidbench_losses.centres import Center, HeteroCentreTriplet
from reidbench_losses.circle import Circle
from reidbench_losses.info_nce import InfoNCE
from reidbench_losses.margin_softmax import ArcFace, CosFace
from reidbench_losses.tal import TAL

LABELS = torch.tensor([0, 0, 1, 1, 0, 2, 1, 3, 2, 0])
MODALITY = torch.tensor([0, 1, 0, 1, 3, 3, 3, 0, 1, 0])


def features(rows=10, dim=6, dtype=torch.float64):
    g = torch.Generator().manual_seed(1)
    return torch.randn(rows, dim, generator=g, dtype=dtype).requires_grad_()


def cosine(x, i, j):
    return F.cosine_similarity(x[i], x[j], dim=0)


def rows_of(code):
    return [i for i in range(len(MODALITY)) if MODALITY[i] == code]


def slow_info_nce(x):
    terms = []
    for a, b in combinations((0, 1, 3), 2):
        both = []
        for one, other in ((rows_of(a), rows_of(b)), (rows_of(b), rows_of(a))):
            found = []
            for i in one:
                own = [j for j in other if LABELS[j] == LABELS[i]]
                if own:
                    scores = torch.stack([14.3 * cosine(x, i, j) for j in other])
                    logs = scores - scores.logsumexp(0)
                    found.append(-sum(logs[other.index(j)] for j in own) / len(own))
            both.append(sum(found) / len(found))
        terms.append(sum(both) / 2)
    return sum(terms) / len(terms)


def slow_circle(x, m=0.25, g=128.0):
    found = []
    for i in range(len(x)):
        own = [j for j in range(len(x)) if j != i and LABELS[j] == LABELS[i]]
        others = [j for j in range(len(x)) if LABELS[j] != LABELS[i]]
        if own and others:
            p = torch.stack([cosine(x, i, j) for j in own])
            n = torch.stack([cosine(x, i, j) for j in others])
            a_p, a_n = (1 + m - p.detach()).clamp(min=0), (n.detach() + m).clamp(min=0)
            pull = (-g * a_p * (p - (1 - m))).logsumexp(0)
            push = (g * a_n * (n - m)).logsumexp(0)
            found.append((1 + (pull + push).exp()).log() if pull + push < 80 else pull + push)
    return sum(found) / len(found)


def slow_centres(x):
    x = F.normalize(x)
    keys = sorted({(int(a), int(m)) for a, m in zip(LABELS, MODALITY, strict=True)})
    centre = {
        (a, m): torch.stack([x[i] for i in range(len(x)) if (LABELS[i], MODALITY[i]) == (a, m)])
        .mean(0)
        for a, m in keys
    }  # fmt: skip
    found = []
    for key in keys:
        same = [(centre[key] - centre[o]).norm() for o in keys if o[0] == key[0] and o != key]
        others = [(centre[key] - centre[o]).norm() for o in keys if o[0] != key[0]]
        if same:
            found.append(torch.relu(0.3 + max(same) - min(others)))
    return sum(found) / len(found)


def slow_tal(x, margin=0.1, t=0.015):
    found = []
    for a, b in permutations((0, 1, 3), 2):
        one, other = rows_of(a), rows_of(b)
        for i in one:
            own = [cosine(x, i, j) for j in other if LABELS[j] == LABELS[i]]
            others = [cosine(x, i, j) for j in other if LABELS[j] != LABELS[i]]
            if own and others:
                own, others = torch.stack(own), torch.stack(others)
                weights = (own.detach() / t).softmax(0)
                positive = (weights * own).sum()
                found.append(torch.relu(margin - positive + t * (others / t).logsumexp(0)))
    return sum(found) / len(found)


@pytest.mark.parametrize(
    ("loss", "slow"),
    [
        (InfoNCE(), slow_info_nce),
        (Circle(), slow_circle),
        (HeteroCentreTriplet(), slow_centres),
        (TAL(), slow_tal),
    ],
    ids=lambda x: type(x).__name__,
)
def test_values_and_gradients_are_those_of_the_slow_form(loss, slow):
    x = features()
    (value,) = loss(x, LABELS, MODALITY).values()
    expected = slow(x)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    (found,) = torch.autograd.grad(value, x)
    (wanted,) = torch.autograd.grad(expected, x)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-7)


def test_margins_move_the_own_class_only():
    torch.manual_seed(0)
    x = features(dtype=torch.float32)
    for loss, moved in (
        (ArcFace(4, 6, margin=0.3), lambda angle: math.cos(angle + 0.3)),
        (CosFace(4, 6), lambda angle: math.cos(angle) - 0.35),
    ):
        (value,) = loss(x, LABELS, MODALITY).values()
        total = 0.0
        for i, label in enumerate(LABELS.tolist()):
            logits = [cosine(torch.stack([x[i], w]), 0, 1).item() for w in loss.weight]
            angle = math.acos(logits[label])
            assert angle + 0.3 < math.pi
            logits[label] = moved(angle)
            whole = math.log(sum(math.exp(30 * z) for z in logits))
            total += whole - 30 * logits[label]
        assert value.item() == pytest.approx(total / len(LABELS), rel=1e-4)
        value.backward()
        assert loss.weight.grad.abs().sum() > 0


def test_arcface_beyond_half_a_turn():
    """Where angle + margin passes pi the logit goes on falling."""
    loss = ArcFace(2, 2, scale=1.0)
    with torch.no_grad():
        loss.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    x = torch.tensor([[-1.0, 0.0]], requires_grad=True)
    (value,) = loss(x, torch.tensor([0]), torch.tensor([0])).values()
    own = -1 - 0.5 * math.sin(0.5)
    assert value.item() == pytest.approx(math.log(1 + math.exp(0 - own)), rel=1e-5)


def test_center_pulls_rows_to_their_centre():
    loss = Center(4, 6)
    x = features(dtype=torch.float32)
    (value,) = loss(x, LABELS, MODALITY).values()
    expected = sum((x[i] - loss.centres[k]).square().sum() for i, k in enumerate(LABELS)) / 20
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)


def test_info_nce_trains_its_scale_and_holds_it_below_100():
    loss = InfoNCE(scale=2000, learn_scale=True)
    x = features(dtype=torch.float32)
    at_most = InfoNCE(scale=100)(x, LABELS, MODALITY)["InfoNCE"]
    assert loss(x, LABELS, MODALITY)["InfoNCE"].item() == pytest.approx(at_most.item(), rel=1e-5)
    trained = InfoNCE(learn_scale=True)
    trained(x, LABELS, MODALITY)["InfoNCE"].backward()
    assert trained.log_scale.grad.abs() > 0
    assert not [p for p in InfoNCE().parameters() if p.requires_grad]


@pytest.mark.parametrize(
    "loss", [InfoNCE(), Circle(), HeteroCentreTriplet(), TAL(), Center(4, 6), ArcFace(4, 6)],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_batches_without_pairs_give_a_connected_finite_loss(loss):
    for rows, labels in ((0, []), (1, [2]), (3, [1, 1, 1]), (3, [0, 1, 2])):
        x = torch.zeros(rows, 6, requires_grad=True)
        codes = torch.zeros(rows, dtype=torch.long)
        (value,) = loss(x, torch.tensor(labels, dtype=torch.long), codes).values()
        value.backward()
        assert value.isfinite() and x.grad.isfinite().all()
