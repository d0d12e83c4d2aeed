"""Features to check losses and distillers with, and what must hold for their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kinds import MODALITY_CODE
from .subject import DIM, require, seeded

if TYPE_CHECKING:
    from torch import Tensor


def features(rows: int, seed: int = 1, dim: int = DIM) -> Tensor:
    """[rows, dim], with singular values that decrease, as those of real features do."""
    import torch

    with seeded(seed):
        return torch.randn(rows, dim) * torch.logspace(0, -1, dim)


def modalities(rows: int) -> Tensor:
    """modality[rows]: RGB, infrared and text in turn."""
    import torch

    codes = [MODALITY_CODE[name] for name in ("rgb", "ir", "text")]
    return torch.tensor(codes).repeat(-(-rows // 3))[:rows]


def check_scalar(value: Tensor, what: str) -> None:
    """A finite number that a gradient can start from."""
    import torch

    require(isinstance(value, torch.Tensor), f"{what} is {type(value).__name__}, not a tensor")
    require(value.ndim == 0, f"{what} has shape {list(value.shape)}, expected a scalar")
    require(value.is_floating_point(), f"{what} is {value.dtype}, not a floating point number")
    require(torch.isfinite(value), f"{what} is {value.item()}")
    require(value.requires_grad, f"{what} is not connected to the features: it has no gradient")


def check_gradient(value: Tensor, leaf: Tensor, zero: bool = False) -> None:
    """`value`'s gradient reaches `leaf`, finite; not zero everywhere unless `zero` is fine."""
    import torch

    (gradient,) = torch.autograd.grad(value, leaf, allow_unused=True)
    require(gradient is not None, "the gradient does not reach the features")
    require(torch.isfinite(gradient).all(), "the gradient is not finite")
    require(zero or gradient.any(), "the gradient is zero everywhere")
