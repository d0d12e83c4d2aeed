"""The tasks of QrCM-ReID and its protocols, which its authors' scripts mix."""

from __future__ import annotations

from reidbench_registry import EvalProtocol, Exclusion, Selector, Task


def ir2rgb(split: str = "test", exclude: Exclusion = "same_instance") -> Task:
    """Infrared queries, RGB gallery; without the photo that a query was made from."""
    return Task("ir2rgb", Selector("ir", split), Selector("rgb", split), exclude)


def sketch2rgb(split: str = "test", exclude: Exclusion = "same_instance") -> Task:
    """Sketch queries, RGB gallery; without the photo that a query was made from."""
    return Task("sketch2rgb", Selector("sketch", split), Selector("rgb", split), exclude)


def text2rgb(split: str = "test", exclude: Exclusion = "none") -> Task:
    """Captions as queries, RGB gallery; the photo that a caption describes stays."""
    return Task("text2rgb", Selector("text", split), Selector("rgb", split), exclude)


def _bundle(name: str, image: Exclusion, text: Exclusion, split: str) -> EvalProtocol:
    rules = {"ir2rgb": image, "sketch2rgb": image, "text2rgb": text}
    return EvalProtocol(
        name, tuple({"type": t, "split": split, "exclude": rule} for t, rule in rules.items())
    )


def qrcm_distill(split: str = "test") -> EvalProtocol:
    """IR and sketch queries drop the gallery photo that they were made from, text keeps it: what
    the authors' distillation scripts report (arXiv 2602.12936, released code)."""
    return _bundle("qrcm/distill", "same_instance", "none", split)


def qrcm_aio_all(split: str = "test") -> EvalProtocol:
    """Nothing is dropped: what the authors' test script of the teacher reports. An IR or sketch
    query finds the photo that it was made from, so its numbers stand in no table with others."""
    return _bundle("qrcm/aio-all", "none", "none", split)


def qrcm_strict(split: str = "test") -> EvalProtocol:
    """All three drop the photo that the query was made from or describes (for text, as UNIReID
    reports it beside the common rule)."""
    return _bundle("qrcm/strict", "same_instance", "same_instance", split)


def text_to_image(split: str = "test") -> EvalProtocol:
    """Text-based person retrieval: every caption is a query, every photo in the gallery, no camera
    rule (IRRA, Jiang and Ye, CVPR 2023)."""
    return EvalProtocol("text-to-image", ({"type": "text2rgb", "split": split},))
