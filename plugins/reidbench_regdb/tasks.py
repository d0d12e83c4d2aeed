"""The tasks of RegDB: all images of one sensor against all of the other, no camera rule, CMC over
images (Nguyen et al., Sensors 2017, as Ye et al., TPAMI 2021, evaluate it)."""

from __future__ import annotations

from reidbench_registry import EvalProtocol, Selector, Task


def visible2thermal(split: str = "test") -> Task:
    """Visible queries, thermal gallery."""
    return Task("regdb/visible2thermal", Selector("rgb", split), Selector("thermal", split))


def thermal2visible(split: str = "test") -> Task:
    """Thermal queries, visible gallery."""
    return Task("regdb/thermal2visible", Selector("thermal", split), Selector("rgb", split))


def regdb(split: str = "test") -> EvalProtocol:
    """Both directions, of one of the ten trials; papers average over all ten."""
    names = ("regdb/visible2thermal", "regdb/thermal2visible")
    return EvalProtocol("regdb", tuple({"type": name, "split": split} for name in names))
