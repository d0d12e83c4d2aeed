"""The tasks of QrCM-ReID and its protocols. The authors' scripts use several of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reidbench_registry import ConfigError, EvalProtocol, Exclusion, Selector, Task


def ir2rgb(
    split: str = "test", exclude: Exclusion = "same_instance", dataset: str | None = None
) -> Task:
    """Infrared queries, RGB gallery without the photo that the query was made from. `dataset`: one
    of several in a joined index."""
    return _task("ir", split, exclude, dataset)


def sketch2rgb(
    split: str = "test", exclude: Exclusion = "same_instance", dataset: str | None = None
) -> Task:
    """Sketch queries, RGB gallery without the photo that the query was made from. `dataset`: one of
    several in a joined index."""
    return _task("sketch", split, exclude, dataset)


def text2rgb(split: str = "test", exclude: Exclusion = "none", dataset: str | None = None) -> Task:
    """Captions as queries, RGB gallery with the photo that the caption describes. `dataset`: one of
    several in a joined index."""
    return _task("text", split, exclude, dataset)


def _task(query: str, split: str, exclude: Exclusion, dataset: str | None) -> Task:
    return Task(
        f"{dataset}/{query}2rgb" if dataset else f"{query}2rgb",
        Selector(query, split, dataset=dataset),
        Selector("rgb", split, dataset=dataset),
        exclude,
    )


def _bundle(
    name: str, image: Exclusion, text: Exclusion, split: str, datasets: Sequence[str]
) -> EvalProtocol:
    if isinstance(datasets, str) or not all(isinstance(d, str) and d for d in datasets):
        raise ConfigError(f"{name}: datasets={datasets!r} is not a list of names")
    rules = {"ir2rgb": image, "sketch2rgb": image, "text2rgb": text}
    parts: list[dict[str, Any]] = [{"dataset": d} for d in datasets] or [{}]
    return EvalProtocol(
        name,
        tuple(
            {"type": t, "split": split, "exclude": rule, **part}
            for part in parts
            for t, rule in rules.items()
        ),
    )


def qrcm_distill(split: str = "test", datasets: Sequence[str] = ()) -> EvalProtocol:
    """For IR and sketch queries the photo that they were made from is excluded, for text it is not:
    what the authors' distillation scripts report (arXiv 2602.12936, released code). `datasets`:
    names of sets in a joined index, each scored by itself."""
    return _bundle("qrcm/distill", "same_instance", "none", split, datasets)


def qrcm_aio_all(split: str = "test", datasets: Sequence[str] = ()) -> EvalProtocol:
    """Nothing is excluded: what the authors' test script for the teacher reports. An IR or sketch
    query finds the photo that it was made from, so the numbers cannot be compared with those of
    other protocols. `datasets`: as for `qrcm/distill`."""
    return _bundle("qrcm/aio-all", "none", "none", split, datasets)


def qrcm_strict(split: str = "test", datasets: Sequence[str] = ()) -> EvalProtocol:
    """For all three the photo that the query was made from, or describes, is excluded (for text,
    UNIReID reports this in addition to the usual rule). `datasets`: as for `qrcm/distill`."""
    return _bundle("qrcm/strict", "same_instance", "same_instance", split, datasets)


def text_to_image(split: str = "test") -> EvalProtocol:
    """Text-based person retrieval: every caption is a query, every photo is in the gallery, nothing
    is excluded (IRRA, Jiang and Ye, CVPR 2023)."""
    return EvalProtocol("text-to-image", ({"type": "text2rgb", "split": split},))
