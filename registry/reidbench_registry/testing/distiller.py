"""Distillers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .features import check_gradient, check_scalar, features, modalities
from .subject import DIM, Subject, require, skip

if TYPE_CHECKING:
    from torch import Tensor

ZERO = 1e-4


def _fitted(subject: Subject) -> Any:
    distiller = subject.build()
    distiller.fit(features(40, seed=3))
    return distiller


def _student(rows: int, dim: int = DIM) -> Tensor:
    return features(rows, seed=5, dim=dim).requires_grad_()


def _teacher(rows: int) -> Tensor:
    return features(rows, seed=6)


def gives_a_scalar(subject: Subject) -> None:
    """After `fit`, a batch gives one finite scalar that a gradient can start from."""
    check_scalar(_fitted(subject)(_student(12), _teacher(12), modalities(12)), "the loss")


def gradient_reaches_the_student_only(subject: Subject) -> None:
    """The gradient reaches the student, not the teacher."""
    import torch

    student, teacher = _student(12), _teacher(12).requires_grad_()
    value = _fitted(subject)(student, teacher, modalities(12))
    (theirs,) = torch.autograd.grad(value, teacher, allow_unused=True, retain_graph=True)
    require(theirs is None or not theirs.any(), "the gradient reaches the teacher")
    check_gradient(value, student)


def is_zero_at_the_optimum(subject: Subject) -> None:
    """Where claimed: a student equal to the teacher, in rows of length 1, costs nothing, another
    one something."""
    if "zero_at_optimum" not in subject.claims:
        skip("not claimed")
    distiller, teacher = _fitted(subject), _teacher(12)
    teacher = teacher / teacher.norm(dim=1, keepdim=True)
    same = distiller(teacher.clone().requires_grad_(), teacher, modalities(12)).item()
    other = distiller(_student(12), teacher, modalities(12)).item()
    require(abs(same) <= ZERO, f"a student equal to the teacher costs {same:.3g}")
    require(other > ZERO, f"another student costs {other:.3g}")


def takes_other_dimensions(subject: Subject) -> None:
    """Unless `needs_equal_dims`, a student of another dimension is fine."""
    distiller = _fitted(subject)
    equal = distiller.needs_equal_dims
    require(isinstance(equal, bool), f"needs_equal_dims is {equal!r}, not True or False")
    if equal:
        skip("it needs equal dimensions")
    dim = DIM // 2
    if "student_dim" in subject.arguments:  # it is built for one dimension
        distiller = subject.build(student_dim=dim)
        distiller.fit(features(40, seed=3))
    student = _student(12, dim=dim)
    value = distiller(student, _teacher(12), modalities(12))
    check_scalar(value, "the loss")
    check_gradient(value, student)


def survives_small_batches(subject: Subject) -> None:
    """No rows, one row, two rows, rows that are all equal: finite and connected."""
    distiller = _fitted(subject)
    for what, student, teacher in (
        ("no rows", features(0), features(0)),
        ("one row", features(1), _teacher(1)),
        ("two rows", features(2), _teacher(2)),
        ("student rows all equal", features(1).expand(6, -1).clone(), _teacher(6)),
        ("teacher rows all equal", features(6), _teacher(1).expand(6, -1).clone()),
    ):
        student.requires_grad_()
        value = distiller(student, teacher, modalities(len(student)))
        check_scalar(value, f"{what}: the loss")
        check_gradient(value, student, zero=True)


def is_deterministic(subject: Subject) -> None:
    """Two objects give one batch the same number, and leave what they are given as it was."""
    bank, student, teacher = features(40, seed=3), _student(12), _teacher(12)
    before = [x.detach().clone() for x in (bank, student, teacher)]
    values = []
    for _ in range(2):
        distiller = subject.build()
        distiller.fit(bank)
        values.append(distiller(student, teacher, modalities(12)).item())
    require(values[0] == values[1], f"{values[0]!r}, then {values[1]!r} for the same batch")
    for name, x, was in zip(("bank", "student", "teacher"), (bank, student, teacher), before,
                            strict=True):  # fmt: skip
        require(x.equal(was), f"it changes the {name}'s features that it is given")


def works_in_bfloat16(subject: Subject) -> None:
    """Where claimed: bfloat16 features give what float32 gives, within 10 %."""
    if "bfloat16" not in subject.claims:
        skip("not claimed")
    distiller = _fitted(subject)
    student, teacher = features(12, seed=5).bfloat16(), _teacher(12).bfloat16()
    half = distiller(student.requires_grad_(), teacher, modalities(12))
    full = distiller(
        student.detach().float().requires_grad_(), teacher.float(), modalities(12)
    ).item()
    check_scalar(half, "the loss")
    a = half.item()
    require(abs(a - full) <= 0.1 * (1 + abs(full)), f"{a:.4g}, in float32 {full:.4g}")
