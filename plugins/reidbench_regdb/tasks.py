"""The tasks of RegDB: all images of one sensor against all of the other, nothing excluded, CMC over
images (Nguyen et al., Sensors 2017, as Ye et al., TPAMI 2021, evaluate it).

MPANet (Wu et al., CVPR 2021) counts identities in its CMC, and reports trial 1 alone."""

from __future__ import annotations

from typing import Literal

from reidbench_registry import EvalProtocol, Selector, Task

CMC = Literal["item", "identity"]


def visible2thermal(split: str = "test", cmc: CMC = "item") -> Task:
    """Visible queries, thermal gallery."""
    query, gallery = Selector("rgb", split), Selector("thermal", split)
    return Task("regdb/visible2thermal", query, gallery, cmc=cmc)


def thermal2visible(split: str = "test", cmc: CMC = "item") -> Task:
    """Thermal queries, visible gallery."""
    query, gallery = Selector("thermal", split), Selector("rgb", split)
    return Task("regdb/thermal2visible", query, gallery, cmc=cmc)


def _both(name: str, split: str, cmc: CMC) -> EvalProtocol:
    tasks = ("regdb/visible2thermal", "regdb/thermal2visible")
    return EvalProtocol(name, tuple({"type": t, "split": split, "cmc": cmc} for t in tasks))


def regdb(split: str = "test") -> EvalProtocol:
    """Both directions, of one of the ten trials; papers average over all ten."""
    return _both("regdb", split, "item")


def regdb_identity_cmc(split: str = "test") -> EvalProtocol:
    """Both directions, with a CMC over distinct identities as in MPANet's code."""
    return _both("regdb/identity-cmc", split, "identity")
