"""Distillers on the relations of a batch, against slow and plain forms with loops, and by hand."""

import math
from itertools import product

import pytest
import torch
import torch.nn.functional as F

from reidbench_distillers.cc import CC
from reidbench_distillers.crd import CRD
from reidbench_distillers.icl import ICL
from reidbench_distillers.pkt import PKT
from reidbench_distillers.rkd import RKD
from reidbench_distillers.similarity import (
    MarginMSE,
    SimilarityKL,
    SimilarityMSE,
    SimilarityRank,
)
from reidbench_distillers.sp import SP
from reidbench_registry import ConfigError

MODALITY = torch.tensor([0, 1, 3, 0, 1, 3, 0, 0, 1])


def pair(rows=9, dim=12, teacher_dim=None, seed=0):
    g = torch.Generator().manual_seed(seed)
    student = torch.randn(rows, dim, generator=g, dtype=torch.float64).requires_grad_()
    teacher = torch.randn(rows, teacher_dim or dim, generator=g, dtype=torch.float64) * 3 + 1
    return student, teacher


def smooth(x):
    return 0.5 * x**2 if abs(x) < 1 else abs(x) - 0.5


def slow_rkd(s, t, _):
    rows = range(len(s))

    def distances(x):
        found = {(i, j): (x[i] - x[j]).norm() for i in rows for j in rows if i != j}
        mean = sum(found.values()) / len(found)
        return {k: v / mean for k, v in found.items()}

    def angle(x, j, i, k):
        if j in (i, k):
            return torch.zeros((), dtype=x.dtype)
        return F.cosine_similarity(x[i] - x[j], x[k] - x[j], dim=0)

    a, b = distances(s), distances(t)
    distance = sum(smooth(a[k] - b[k]) for k in a) / len(s) ** 2
    triples = list(product(rows, repeat=3))
    angles = sum(smooth(angle(s, *x) - angle(t, *x)) for x in triples) / len(triples)
    return distance + 2 * angles


def slow_sp(s, t, _):
    total = 0.0
    for i in range(len(s)):
        a = torch.stack([s[i] @ s[j] for j in range(len(s))])
        b = torch.stack([t[i] @ t[j] for j in range(len(t))])
        total = total + ((a / a.norm() - b / b.norm()) ** 2).sum()
    return total / len(s) ** 2


def slow_pkt(s, t, _):
    def distribution(x, i):
        p = torch.stack([(F.cosine_similarity(x[i], x[j], dim=0) + 1) / 2 for j in range(len(x))])
        return p / p.sum()

    total = 0.0
    for i in range(len(s)):
        a, b = distribution(s, i), distribution(t, i)
        total = total + (b * ((b + 1e-7) / (a + 1e-7)).log()).sum()
    return total / len(s) ** 2


def slow_cc(s, t, _):
    gaps = (F.normalize(s) - F.normalize(t)).abs()
    return sum((gaps[i] * gaps[i + 1]).sum() for i in range(len(s) - 1)) / (len(s) - 1)


def slow_icl(s, t, _):
    s, t = F.normalize(s) / 0.07, F.normalize(t)
    return -sum((s[i] @ t[i]) - (t @ s[i]).logsumexp(0) for i in range(len(s))) / len(s)


def cosine(x, i, j):
    return F.cosine_similarity(x[i], x[j], dim=0)


def slow_kl(choose):
    """`choose(modality, i)` -> the groups of rows that row i is compared with."""

    def slow(s, t, modality):
        by_block = {}
        for i in range(len(s)):
            for key, others in choose(modality.tolist(), i).items():
                if others:
                    a = torch.stack([cosine(s, i, j) for j in others]) / 0.07
                    b = torch.stack([cosine(t, i, j) for j in others]) / 0.05
                    p, q = b.softmax(0), a.softmax(0)
                    by_block.setdefault(key, []).append((p * (p / q).log()).sum())
        return sum(sum(v) / len(v) for v in by_block.values()) / len(by_block)

    return slow


def everybody(m, i):
    return {0: [j for j in range(len(m)) if j != i]}


def within(m, i):
    return {m[i]: [j for j in range(len(m)) if j != i and m[j] == m[i]]}


def across(m, i):
    return {(m[i], o): [j for j in range(len(m)) if m[j] == o] for o in set(m) - {m[i]}}


def slow_similarity_mse(s, t, _):
    pairs = list(product(range(len(s)), repeat=2))
    return sum((cosine(s, *x) - cosine(t, *x)) ** 2 for x in pairs) / len(pairs)


def triples(n):
    return [(i, j, k) for i, j, k in product(range(n), repeat=3) if i not in (j, k)]


def slow_rank(s, t, _):
    found = [
        torch.relu(0.015 - cosine(s, i, j) + cosine(s, i, k))
        for i, j, k in triples(len(s))
        if cosine(t, i, j) > cosine(t, i, k)
    ]
    return sum(found) / len(found)


def slow_margin(s, t, _):
    found = [
        (cosine(s, i, j) - cosine(s, i, k) - cosine(t, i, j) + cosine(t, i, k)) ** 2
        for i, j, k in triples(len(s))
    ]
    return sum(found) / len(found)


FORMS = [
    (RKD(), slow_rkd),
    (RKD(normalize=True), lambda s, t, m: slow_rkd(F.normalize(s), F.normalize(t), m)),
    (SP(), slow_sp),
    (PKT(), slow_pkt),
    (CC(), slow_cc),
    (ICL(), slow_icl),
    (SimilarityKL(teacher_temperature=0.05), slow_kl(everybody)),
    (SimilarityKL(teacher_temperature=0.05, pairs="within"), slow_kl(within)),
    (SimilarityKL(teacher_temperature=0.05, pairs="across"), slow_kl(across)),
    (SimilarityMSE(), slow_similarity_mse),
    (SimilarityRank(), slow_rank),
    (MarginMSE(), slow_margin),
]
name = lambda x: type(x).__name__ if not callable(x) or hasattr(x, "claims") else ""  # noqa: E731


@pytest.mark.parametrize(("fast", "slow"), FORMS, ids=name)
def test_values_and_gradients_are_those_of_the_slow_form(fast, slow):
    student, teacher = pair(teacher_dim=None if fast.needs_equal_dims else 7)
    value, expected = fast(student, teacher, MODALITY), slow(student, teacher, MODALITY)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    (found,) = torch.autograd.grad(value, student)
    (wanted,) = torch.autograd.grad(expected, student)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("distiller", [f for f, _ in FORMS], ids=name)
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_no_gradient_is_ever_nan(distiller, rows):
    for student, teacher in (
        (torch.zeros(rows, 8), torch.zeros(rows, 8)),
        (torch.ones(rows, 8), torch.ones(rows, 8)),
        (torch.eye(9)[:rows], torch.eye(9)[:rows]),
        (torch.randn(rows, 8) * 1e-9, torch.randn(rows, 8)),
    ):
        student = student.clone().requires_grad_()
        value = distiller(student, teacher, MODALITY[:rows])
        value.backward()
        assert value.isfinite() and student.grad.isfinite().all()


@pytest.mark.parametrize("distiller", [f for f, _ in FORMS if "zero_at_optimum" in f.claims])
def test_a_student_that_equals_its_teacher_has_no_loss(distiller):
    same = pair()[1].float()
    distiller = type(distiller)()
    assert distiller(same, same.clone(), MODALITY).item() == pytest.approx(0, abs=1e-5)


def test_rkd_does_not_see_scale_and_angles_do_not_see_rotation():
    student, teacher = pair()
    value = RKD(angle=0)(student, teacher, MODALITY)
    assert RKD(angle=0)(student * 7, teacher, MODALITY).item() == pytest.approx(value.item())
    turned = teacher.flip(1) * 3 + 5
    assert RKD()(turned, teacher, MODALITY).item() == pytest.approx(0, abs=1e-10)


def test_crd_by_hand():
    """Two steps with maps that change nothing: the second sees what the first left behind."""
    crd = CRD(2, 2, dim=2, memory=3, temperature=0.5)
    for layer in (crd.of_student, crd.of_teacher):
        torch.nn.init.eye_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    x, y = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[0.0, 3.0], [0.0, 1.0]])
    m = torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="call fit"):
        crd(x, y, m)
    crd.fit(torch.zeros(10, 2))
    # Nothing to tell apart yet: only the positive terms. cos = 0 and 1, Z their mean times N.
    scale = 10 * (1 + math.exp(2)) / 2
    chance = 1 / 10
    first = sum(-math.log(u / (u + chance)) for u in (1 / scale, math.exp(2) / scale)) / 2
    assert crd(x, y, m).item() == pytest.approx(2 * first, rel=1e-4)
    assert crd.filled == 2
    # The memory: teachers (0, 1) twice, students (1, 0), (0, 1).
    chance = 2 / 10
    positive = sum(-math.log(u / (u + chance)) for u in (1 / scale, math.exp(2) / scale)) / 2
    near, far = math.exp(2) / scale, 1 / scale
    apart = lambda u: -math.log(chance / (u + chance))  # noqa: E731
    of_student = (2 * apart(far) + 2 * apart(near)) / 2
    of_teacher = (2 * (apart(far) + apart(near))) / 2
    assert crd(x, y, m).item() == pytest.approx(2 * positive + of_student + of_teacher, rel=1e-4)
    assert crd.filled == 3 and crd.place == 1
    crd.eval()
    crd(x, y, m)
    assert crd.place == 1


def test_crd_learns_to_tell_rows_apart():
    torch.manual_seed(0)
    teacher = F.normalize(torch.randn(64, 8))
    student = torch.nn.Parameter(torch.randn(64, 5))
    crd = CRD(5, 8, dim=6, memory=32)
    crd.fit(teacher)
    optimizer = torch.optim.Adam([student, *crd.parameters()], 0.05)
    for step in range(300):
        rows = torch.arange(16) + 16 * (step % 4)
        loss = crd(student[rows], teacher[rows], torch.zeros(16, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    crd.eval()
    with torch.no_grad():
        scores = F.normalize(crd.of_student(student)) @ F.normalize(crd.of_teacher(teacher)).T
    assert (scores.argmax(1) == torch.arange(64)).float().mean() > 0.8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ICL(temperature=0), "ICL: temperature"),
        (lambda: SimilarityKL(pairs="both"), "SimilarityKL: pairs"),
        (lambda: RKD(distance=-1), "RKD: distance"),
        (lambda: CRD(4, 4, memory=0), "CRD: memory"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
