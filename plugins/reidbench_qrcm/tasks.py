"""The tasks of QrCM-ReID and the protocol that its distillation scripts follow."""

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
