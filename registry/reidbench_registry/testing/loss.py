"""Training losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .features import check_gradient, check_scalar, features, modalities
from .subject import DIM, IDENTITIES, Subject, require, seeded, skip

if TYPE_CHECKING:
    from torch import Tensor


def _terms(
    loss: Any, x: Tensor, labels: Tensor, modality: Tensor | None = None
) -> dict[str, Tensor]:
    import torch

    with seeded(2):
        classifier = torch.randn(DIM, IDENTITIES).to(x.dtype)
    logits = x @ classifier if getattr(loss, "needs_logits", False) else None
    codes = modalities(len(x)) if modality is None else modality
    terms = loss(x, labels, codes, logits)
    require(isinstance(terms, dict) and terms, f"expected a dict of named terms, got {terms!r}")
    require(all(isinstance(k, str) for k in terms), f"a term's name is no string: {list(terms)}")
    return terms


def _labels(rows: int = 12) -> Tensor:
    """Four identities, each in three modalities."""
    import torch

    return torch.arange(rows) // 3 % IDENTITIES


def gives_named_scalars(subject: Subject) -> None:
    """A batch of four identities in three modalities gives named, finite, connected scalars."""
    x = features(12).requires_grad_()
    for name, value in _terms(subject.build(), x, _labels()).items():
        check_scalar(value, f"term {name!r}")


def gradient_reaches_features(subject: Subject) -> None:
    """The gradient reaches the features, finite and not zero."""
    x = features(12).requires_grad_()
    terms = _terms(subject.build(), x, _labels())
    check_gradient(sum(terms.values()), x)  # type: ignore[arg-type]


def gradient_reaches_its_parameters(subject: Subject) -> None:
    """A loss with parameters of its own trains each of them: a finite gradient, also where only
    some of the identities are in the batch."""
    import torch

    loss = subject.build()
    parameters = dict(loss.named_parameters()) if isinstance(loss, torch.nn.Module) else {}
    wanting = {name: p for name, p in parameters.items() if p.requires_grad}
    if not wanting:
        skip("it has no parameters")
    for labels in (_labels(), torch.zeros(12, dtype=torch.long)):
        loss.zero_grad()
        sum(_terms(loss, features(12).requires_grad_(), labels).values()).backward()  # type: ignore[union-attr]
        for name, parameter in wanting.items():
            if parameter.grad is None:
                raise AssertionError(f"no gradient reaches {name}")
            require(torch.isfinite(parameter.grad).all(), f"the gradient of {name} is not finite")


def survives_batches_without_pairs(subject: Subject) -> None:
    """One row, one identity, one modality, all identities different, features all equal: finite,
    connected, with finite gradients."""
    import torch

    loss = subject.build()
    equal = features(1).expand(6, -1).clone()
    rgb = modalities(1).expand(4).clone()
    for what, x, labels, modality in (
        ("one row", features(1), torch.zeros(1, dtype=torch.long), None),
        ("one identity", features(6), torch.zeros(6, dtype=torch.long), None),
        ("one modality", features(4), torch.tensor([0, 0, 1, 1]), rgb),
        ("identities all different", features(4), torch.arange(4), None),
        ("features all equal", equal, _labels(6), None),
    ):
        x.requires_grad_()
        for name, value in _terms(loss, x, labels, modality).items():
            check_scalar(value, f"{what}: term {name!r}")
            check_gradient(value, x, zero=True)


def survives_an_empty_batch(subject: Subject) -> None:
    """No rows: a connected zero."""
    x = features(0).requires_grad_()
    for name, value in _terms(subject.build(), x, _labels(0)).items():
        check_scalar(value, f"term {name!r}")
        require(value == 0, f"term {name!r} is {value.item()}, not 0")


def is_deterministic(subject: Subject) -> None:
    """Two objects give one batch the same numbers, and leave the batch as it was."""
    x, labels = features(12).requires_grad_(), _labels()
    before = x.detach().clone()
    first, again = (_terms(subject.build(), x, labels) for _ in range(2))
    require(first.keys() == again.keys(), f"other terms: {list(first)}, {list(again)}")
    for name in first:
        require(first[name] == again[name], f"term {name!r} differs for the same batch")
    require(x.equal(before), "it changes the features that it is given")
    require(labels.equal(_labels()), "it changes the labels that it is given")


def works_in_bfloat16(subject: Subject) -> None:
    """Where claimed: bfloat16 features give what float32 gives, within 10 %."""
    if "bfloat16" not in subject.claims:
        skip("not claimed")
    loss = subject.build()
    x = features(12).bfloat16()
    half = _terms(loss, x.requires_grad_(), _labels())
    full = _terms(loss, x.detach().float().requires_grad_(), _labels())
    for name in full:
        check_scalar(half[name], f"term {name!r}")
        a, b = half[name].item(), full[name].item()
        require(abs(a - b) <= 0.1 * (1 + abs(b)), f"term {name!r}: {a:.4g}, in float32 {b:.4g}")
