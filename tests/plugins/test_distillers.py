"""Cosine, PCM and FR against slow, plain forms in float64, and cases worked by hand."""

import pytest
import torch
import torch.nn.functional as F

from reidbench_distillers.cosine import Cosine, FeatureMSE
from reidbench_distillers.fr import FR
from reidbench_distillers.pcm import PCM
from reidbench_registry import ConfigError

ALL = [Cosine(), FeatureMSE(), PCM(rank=5), PCM(rank=5, form="mse"), FR(), FR(form="mse")]
name = lambda d: f"{type(d).__name__}-{getattr(d, 'form', '')}"  # noqa: E731


def pair(rows, dim, dtype=torch.float64, seed=0):
    """Student and teacher rows; the teacher's have a mean and decaying directions, as in life."""
    g = torch.Generator().manual_seed(seed)
    student = torch.randn(rows, dim, generator=g, dtype=torch.float64)
    teacher = torch.randn(rows, dim, generator=g, dtype=torch.float64)
    teacher = teacher * torch.logspace(0, -2, dim, dtype=torch.float64) * 30 + 5
    return student.to(dtype).requires_grad_(), teacher.to(dtype)


def zeros(x):
    return torch.zeros(len(x), dtype=torch.long)


def slow_cosine(a, b):
    return (1 - F.cosine_similarity(a, b)).mean()


def slow_mse(student, teacher):
    return ((F.normalize(student) / 3 - teacher / 3) ** 2).mean()


def slow_pcm(student, teacher, k, basis=None, form="cosine"):
    v = torch.linalg.svd(teacher if basis is None else basis, full_matrices=False)[2][:k].T
    s = F.normalize(student)
    if form == "mse":
        return ((s / 3 @ v - teacher / 3 @ v) ** 2).mean()
    return slow_cosine(s @ v, teacher @ v)


def slow_fr(student, teacher, form="cosine"):
    def correlation(x):
        x = x - x.mean(0)
        return x.T @ x / (x.norm(dim=0)[:, None] * x.norm(dim=0)[None] + 1e-8)

    s, t = correlation(F.normalize(student)), correlation(teacher)
    return ((s - t) ** 2).mean() if form == "mse" else slow_cosine(s, t)


@pytest.mark.parametrize(("rows", "dim"), [(12, 40), (40, 12), (16, 16)])
@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (Cosine(), slow_cosine),
        (FeatureMSE(), slow_mse),
        (FeatureMSE(normalize_teacher=True), lambda s, t: slow_mse(s, F.normalize(t))),
        (PCM(rank=5), lambda s, t: slow_pcm(s, t, 5)),
        (PCM(), lambda s, t: slow_pcm(s, t, 50)),
        (PCM(rank=5, form="mse"), lambda s, t: slow_pcm(s, t, 5, form="mse")),
        (PCM(rank=5, normalize_teacher=True), lambda s, t: slow_pcm(s, F.normalize(t), 5)),
        (FR(), slow_fr),
        (FR(form="mse"), lambda s, t: slow_fr(s, t, "mse")),
        (FR(normalize_teacher=True), lambda s, t: slow_fr(s, F.normalize(t))),
    ],
)
def test_values_and_gradients_are_those_of_the_slow_form(rows, dim, fast, slow):
    student, teacher = pair(rows, dim)
    value, expected = fast(student, teacher, zeros(student)), slow(student, teacher)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    (found,) = torch.autograd.grad(value, student)
    (wanted,) = torch.autograd.grad(expected, student)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-8)
    # Single precision says the same.
    single = fast(student.detach().float(), teacher.float(), zeros(student))
    assert single.item() == pytest.approx(expected.item(), abs=2e-4)


def test_pcm_worked_by_hand():
    # Singular values 4 and 3 along the first two axes: energy 16/25 and 9/25.
    teacher = torch.tensor([[4.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    student = torch.tensor([[1.0, 1.0, 7.0], [1.0, 1.0, 0.0]])
    both = 1 - 0.5**0.5  # 45 degrees in the plane of two components, for both rows
    assert PCM(rank=2)(student, teacher, zeros(student)).item() == pytest.approx(both, abs=1e-6)
    # One component: row 0 agrees, row 1 of the teacher has nothing there and contributes 1.
    assert PCM(rank=1)(student, teacher, zeros(student)).item() == pytest.approx(0.5, abs=1e-6)
    assert PCM(energy=0.64)(student, teacher, zeros(student)).item() == pytest.approx(0.5, abs=1e-6)
    assert PCM(energy=0.65)(student, teacher, zeros(student)).item() == pytest.approx(
        both, abs=1e-6
    )
    assert PCM(energy=1)(student, teacher, zeros(student)).item() == pytest.approx(both, abs=1e-6)


def test_fr_worked_by_hand():
    # Teacher: equal columns, R = [[1, 1], [1, 1]]. Student: opposite ones, R = [[1, -1], [-1, 1]].
    teacher = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
    student = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    assert FR()(student, teacher, zeros(student)).item() == pytest.approx(1.0)
    assert FR(form="mse")(student, teacher, zeros(student)).item() == pytest.approx(2.0)
    assert FR()(student, student, zeros(student)).item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.3, 1000.0])
def test_fr_constant_column_contributes_one(value):
    student, teacher = pair(8, 4, torch.float32)
    teacher[:, 2] = value
    kept = [0, 1, 3]
    r_s, r_t = (torch.corrcoef(x.T) for x in (F.normalize(student.detach()), teacher))
    # The column is no relation to the others either: 0 in their rows.
    r_t[2], r_t[:, 2] = 0, 0
    expected = (1 - F.cosine_similarity(r_s[kept], r_t[kept])).sum() / 4 + 1 / 4
    assert FR()(student, teacher, zeros(student)).item() == pytest.approx(expected.item(), abs=1e-5)


def test_pcm_basis_from_the_bank():
    student, teacher = pair(6, 10)
    bank = torch.cat([teacher, pair(50, 10, seed=3)[1]])
    distiller = PCM(rank=4, basis="bank")
    with pytest.raises(ValueError, match="fit"):
        distiller(student, teacher, zeros(student))
    distiller.fit(bank)
    expected = slow_pcm(student, teacher, 4, basis=bank)
    assert distiller(student, teacher, zeros(student)).item() == pytest.approx(expected.item())
    # A bank that is wider than long gives the same basis from the other Gram matrix.
    distiller.fit(bank[:7])
    expected = slow_pcm(student, teacher, 4, basis=bank[:7])
    assert distiller(student, teacher, zeros(student)).item() == pytest.approx(expected.item())


def test_pcm_basis_has_no_arbitrary_directions():
    """Repeated teacher rows span one direction: the rank is clipped to it."""
    student, teacher = pair(6, 10)
    same = teacher[:1].expand(6, 10)
    expected = slow_pcm(student, same, 1)
    assert PCM(rank=5)(student, same, zeros(student)).item() == pytest.approx(expected.item())


@pytest.mark.parametrize(
    ("make", "slow"),
    [
        (Cosine, slow_cosine),
        (FeatureMSE, slow_mse),
        (PCM, lambda s, t: slow_pcm(s, t, 50)),
        (FR, slow_fr),
    ],
)
def test_per_modality_sums_over_modalities(make, slow):
    student, teacher = pair(20, 30)
    modality = torch.tensor([0, 5] * 10)
    expected = sum(slow(student[modality == m], teacher[modality == m]) for m in (0, 5))
    found = make(per_modality=True)(student, teacher, modality)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("distiller", ALL, ids=name)
@pytest.mark.parametrize("rows", [1, 2, 6])
def test_no_gradient_is_ever_nan(distiller, rows):
    cases = [
        pair(rows, 8, torch.float32),
        (torch.zeros(rows, 8, requires_grad=True), torch.zeros(rows, 8)),
        (torch.ones(rows, 8, requires_grad=True), torch.ones(rows, 8)),
        (torch.eye(8)[:rows].clone().requires_grad_(), torch.eye(8)[:rows]),
    ]
    for student, teacher in cases:
        teacher = teacher.clone().requires_grad_()
        value = distiller(student, teacher, zeros(student))
        value.backward()
        assert value.isfinite() and student.grad.isfinite().all()
        assert teacher.grad is None  # detached


@pytest.mark.parametrize("distiller", ALL, ids=name)
@pytest.mark.parametrize("length", [0, 1e-12, 1e-7, 1e-6, 1e-4])
def test_a_dead_row_does_not_drown_the_others(distiller, length):
    student, teacher = pair(16, 32, torch.float32)
    student = F.normalize(student.detach())
    student[3] *= length
    student.requires_grad_()
    distiller(student, teacher, zeros(student)).backward()
    others = student.grad[torch.arange(16) != 3].norm(dim=1)
    assert student.grad[3].norm() < 3000 * others.max()


@pytest.mark.parametrize("distiller", ALL, ids=name)
@pytest.mark.parametrize("length", [2e-3, 1, 300])
def test_healthy_rows_have_the_numbers_of_plain_normalisation(distiller, length, monkeypatch):
    student, teacher = pair(16, 32, torch.float32)
    student = (F.normalize(student.detach()) * length).requires_grad_()
    value = distiller(student, teacher, zeros(student))
    (gradient,) = torch.autograd.grad(value, student)
    plain = lambda rows: F.normalize(rows, dim=1, eps=1e-6)  # noqa: E731
    monkeypatch.setattr("reidbench_distillers.base.unit", plain)
    expected = distiller(student, teacher, zeros(student))
    assert torch.equal(value, expected)
    assert torch.equal(gradient, torch.autograd.grad(expected, student)[0])


@pytest.mark.parametrize("distiller", ALL, ids=name)
def test_autocast_changes_nothing(distiller):
    student, teacher = pair(16, 32, torch.float32)
    plain = distiller(student, teacher, zeros(student))
    with torch.autocast("cpu", torch.bfloat16):
        cast = distiller(student, teacher, zeros(student))
    assert cast.dtype is torch.float32 and torch.equal(cast, plain)
    halved = distiller(student.bfloat16(), teacher.bfloat16(), zeros(student))
    assert halved.dtype is torch.float32


@pytest.mark.parametrize("distiller", ALL, ids=name)
def test_only_the_direction_of_the_student_counts(distiller):
    student, teacher = pair(16, 32)
    plain = distiller(student, teacher, zeros(student))
    assert distiller(student * 7, teacher, zeros(student)).item() == pytest.approx(plain.item())


@pytest.mark.parametrize("distiller", ALL, ids=name)
def test_shapes_that_do_not_fit(distiller):
    student, teacher = pair(4, 6)
    assert distiller.needs_equal_dims
    for s, t in ((student, teacher[:, :5]), (student, teacher[:3])):
        with pytest.raises(ValueError, match=r"needs student\[B, D\]"):
            distiller(s, t, zeros(s))
    with pytest.raises(ValueError, match="4 rows"):
        distiller(student, teacher, torch.zeros(3, dtype=torch.long))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PCM(rank=0), "rank=0"),
        (lambda: PCM(rank=True), "rank=True"),
        (lambda: PCM(energy=1.5), "energy=1.5"),
        (lambda: PCM(rank=3, energy=0.9), "give one of them"),
        (lambda: PCM(basis="svd"), "basis='svd'"),
        (lambda: PCM(form="l1"), "form='l1'"),
        (lambda: FR(form="l1"), "form='l1'"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize("form", ["cosine", "mse"])
def test_relation_does_not_know_which_row_is_which(form):
    student, teacher = pair(16, 32)
    shuffled = student[torch.randperm(16, generator=torch.Generator().manual_seed(1))]
    relation = FR(form=form)
    assert relation(shuffled, teacher, zeros(student)).item() == pytest.approx(
        relation(student, teacher, zeros(student)).item()
    )
    others = PCM(rank=5)(shuffled, teacher, zeros(student)).item()
    assert others != pytest.approx(PCM(rank=5)(student, teacher, zeros(student)).item())
