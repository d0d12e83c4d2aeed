"""Omni-scale residual blocks (arXiv 1905.00953, sections 3.1 and 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STREAMS = 4
"""Stream t has a receptive field of 2t + 1 pixels: small and large details"""
REDUCTION = 16
"""Of the channels in the gate's hidden layer, which has at least 4"""


class OSBlock(nn.Module):
    """x + W(sum over t of G(x_t) * x_t): streams of 1 to 4 light 3x3 convolutions, with channels
    weighted by one gate for all streams.

    As all streams use the same gate, it learns from the gradients of all of them."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        inner = max(4, after // 4)
        self.reduce = pointwise(before, inner)
        self.streams = nn.ModuleList(
            nn.Sequential(*(light(inner) for _ in range(t))) for t in range(1, STREAMS + 1)
        )
        self.gate = Gate(inner)
        self.expand = pointwise(inner, after, relu=False)
        self.shortcut = pointwise(before, after, relu=False) if before != after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """x[B, before, H, W] -> [B, after, H, W]"""
        reduced = self.reduce(x)
        gated = torch.stack([self.gate(stream(reduced)) for stream in self.streams]).sum(0)
        return torch.relu(self.shortcut(x) + self.expand(gated))


class Gate(nn.Module):
    """Multiplies each channel by a weight in (0, 1), computed from the whole image (equation 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(4, channels // REDUCTION)
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x[B, C, H, W] -> the same shape"""
        return x * self.weigh(x)


def light(channels: int) -> nn.Sequential:
    """A 3x3 convolution factorised into a linear pointwise and a depthwise one (figure 3b)."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )


def pointwise(before: int, after: int, relu: bool = True) -> nn.Sequential:
    """1x1 convolution, batch normalisation and, unless a sum follows, ReLU."""
    layers = [nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))
