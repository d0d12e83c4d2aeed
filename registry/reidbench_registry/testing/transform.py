"""Augmentations and deriving operators."""

from __future__ import annotations

import random
from typing import Any

from .pictures import picture
from .subject import Subject, require, skip

CAPTION = "A man in a red coat carries a black bag."
SMALL = (1, 1)


def _rng(seed: int = 0):
    import numpy as np

    return np.random.default_rng(seed)


def _same(a: Any, b: Any) -> bool:
    import numpy as np

    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return a.size == b.size and np.array_equal(np.asarray(a), np.asarray(b))


def keeps_pictures_pictures(subject: Subject) -> None:
    """A picture of any image modality gives an RGB picture, down to a single pixel."""
    from PIL import Image

    transform = subject.build()
    for modality in ("rgb", "ir", "sketch"):
        for height, width in ((96, 48), (7, 5), SMALL):
            for seed in range(5):
                out = transform(picture(1, height, width), modality, _rng(seed))
                what = f"{modality} picture of {height} x {width}"
                require(isinstance(out, Image.Image), f"{what}: it returns {type(out).__name__}")
                require(out.mode == "RGB", f"{what}: mode {out.mode}, expected RGB")
                require(min(out.size) > 0, f"{what}: the result has no pixels")


def keeps_captions_captions(subject: Subject) -> None:
    """A caption gives a caption that is not empty, down to a single word."""
    transform = subject.build()
    for caption in (CAPTION, "Man"):
        for seed in range(5):
            out = transform(caption, "text", _rng(seed))
            require(isinstance(out, str), f"a caption becomes {type(out).__name__}")
            require(out.strip(), f"nothing is left of the caption {caption!r}")


def takes_all_randomness_from_rng(subject: Subject) -> None:
    """Equal generators give equal results, and no other generator is touched."""
    import numpy as np
    import torch

    def states() -> tuple[Any, ...]:
        legacy: Any = np.random.get_state()
        return random.getstate(), legacy[1].tobytes(), legacy[2:], torch.get_rng_state().tolist()

    before = states()
    for item, modality in ((picture(2), "rgb"), (picture(2), "ir"), (CAPTION, "text")):
        for seed in range(5):
            one, two = (subject.build()(item, modality, _rng(seed)) for _ in range(2))
            require(_same(one, two), f"{modality}: equal generators give two results")
    require(states() == before, "it draws from a global generator")


def leaves_its_input(subject: Subject) -> None:
    """The picture that it is given stays as it was."""
    transform = subject.build()
    for seed in range(5):
        image = picture(3)
        transform(image, "rgb", _rng(seed))
        require(_same(image, picture(3)), "it changes the picture that it is given")


def has_an_integer_version(subject: Subject) -> None:
    """Where it has a `version`, that is an integer."""
    version = getattr(subject.build(), "version", None)
    if version is None:
        skip("it has no version")
    require(type(version) is int, f"version is {version!r}, not an integer")
