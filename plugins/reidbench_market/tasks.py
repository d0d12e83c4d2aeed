"""The task of Market-1501 (Zheng et al., ICCV 2015)."""

from __future__ import annotations

from reidbench_registry import EvalProtocol, Selector, Task


def rgb2rgb() -> Task:
    """The fixed queries against the fixed gallery, without images of the query's person from its
    own camera; distractors stay."""
    return Task(
        name="market-1501/rgb2rgb",
        query=Selector("rgb", role="query"),
        gallery=Selector("rgb", role="gallery"),
        exclude="same_pid_camera",
    )


def market_1501() -> EvalProtocol:
    """The single-query evaluation."""
    return EvalProtocol("market-1501", ({"type": "market-1501/rgb2rgb"},))
