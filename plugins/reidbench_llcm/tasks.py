"""The tasks of LLCM (Zhang and Wang, CVPR 2023, and its evaluation code).

All test images of one sensor are queries; the gallery holds one image of each (identity, camera) of
the other, drawn ten times by `random.seed(trial)`. Images of the query's identity and camera are
removed; CMC counts identities.

For visible queries the released code swaps two arguments: the drawn infrared images become the
queries and all visible images the gallery. Published numbers that were computed with it belong to
that task, here `llcm/rgb2ir-released`; `llcm/rgb2ir` has visible queries."""

from __future__ import annotations

from reidbench_registry import EvalProtocol, Selector, Task, Trials


def ir2rgb(trials: int = 10) -> Task:
    """Infrared queries, one visible image of each identity and camera as gallery."""
    return _task("ir", "rgb", trials)


def rgb2ir(trials: int = 10) -> Task:
    """Visible queries, one infrared image of each identity and camera as gallery."""
    return _task("rgb", "ir", trials)


def rgb2ir_released(trials: int = 10) -> Task:
    """What the released code computes for visible queries: one infrared image of each identity and
    camera as query, all visible images as gallery."""
    return Task(
        name="llcm/rgb2ir-released",
        query=Selector("ir"),
        gallery=Selector("rgb"),
        exclude="same_pid_camera",
        cmc="identity",
        trials=Trials(trials, 1, "python-seeded", "query"),
    )


def llcm_released() -> EvalProtocol:
    """Both directions as the released code computes them."""
    return EvalProtocol(
        "llcm/released", ({"type": "llcm/ir2rgb"}, {"type": "llcm/rgb2ir-released"})
    )


def llcm() -> EvalProtocol:
    """Both directions."""
    return EvalProtocol("llcm", ({"type": "llcm/ir2rgb"}, {"type": "llcm/rgb2ir"}))


def _task(query: str, gallery: str, trials: int) -> Task:
    return Task(
        name=f"llcm/{query}2{gallery}",
        query=Selector(query),
        gallery=Selector(gallery),
        exclude="same_pid_camera",
        cmc="identity",
        trials=Trials(trials, 1, "python-seeded"),
    )
