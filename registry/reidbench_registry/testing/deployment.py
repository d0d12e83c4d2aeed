"""Backbones that can run without reidbench (`reidbench_registry.Deployable`).

Inputs are made here from what the backbone says about itself, with Pillow, numpy and tokenizers
alone, as a program without torch would make them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..deployment import Deployable, ImageInput
from ..types import Record
from .backbone import CAPTIONS
from .pictures import draw
from .subject import Subject, require, skip

if TYPE_CHECKING:
    import numpy as np

BATCHES = (1, 3)
TEXTS = (*CAPTIONS, "Man")
LARGE = (200, 90)
"""Height and width of a picture that has to be resized"""


def towers_equal_encode(subject: Subject) -> None:
    """Where it is deployable: from tensors made as `image_input`, `text_input` and `save_tokenizer`
    say, each tower gives what `encode` gives, to 1e-5, for batches of 1 and 3. Padding to the
    context length changes nothing."""
    model = _deployable(subject)
    image, text = model.image_input(), model.text_input()
    for modality in sorted(model.modalities):
        for count in BATCHES:
            if modality == "text":
                require(text is not None, "it embeds text, but text_input() is None")
                records = [_record("text", i, text=TEXTS[i]) for i in range(count)]
                ids = _ids(model, [r.text or "" for r in records], subject.folder)
                most = text.context_length
                require(ids.shape[1] <= most, f"{ids.shape[1]} ids, the context is {most}")
                inputs = [ids, _padded(ids, most, text.pad_id)]
            else:
                require(image is not None, f"it embeds {modality}, but image_input() is None")
                records = _pictures(subject.folder, modality, count, image.size)
                inputs = [_tensor(image, records)]
            for given in inputs:
                gap = _gap(model, modality, given, records)
                shape = list(given.shape)
                require(gap <= 1e-5, f"tower({modality!r}) of {shape} is {gap:.3g} from encode")


def resizes_as_it_says(subject: Subject) -> None:
    """Where it is deployable: pictures of another size, resized by Pillow with the interpolation
    that `image_input` names, give what `encode` gives, but for rounding (relative difference at
    most 1 %)."""
    model = _deployable(subject)
    image = model.image_input()
    if image is None:
        skip("it embeds no images")
    modality = min(model.modalities - {"text"})
    records = _pictures(subject.folder, modality, 3, LARGE)
    gap = _gap(model, modality, _tensor(image, records), records)
    require(gap <= 1e-2, f"resized by Pillow, an embedding is {gap:.3g} from encode")


def _deployable(subject: Subject) -> Any:
    model: Any = subject.build()
    if not isinstance(model, Deployable):
        skip("it is not deployable")
    model.eval()  # type: ignore[attr-defined]
    return model


def _record(modality: str, index: int, **more: Any) -> Record:
    return Record(f"{modality}{index}", "kit", "test", modality, str(index), **more)


def _pictures(folder: Path, modality: str, count: int, size: tuple[int, int]) -> list[Record]:
    return [
        _record(modality, i, path=draw(folder / f"{modality}{i}.png", i, *size))
        for i in range(count)
    ]


def _tensor(says: ImageInput, records: list[Record]) -> np.ndarray:
    """-> float32[B, 3, H, W]"""
    import numpy as np
    from PIL import Image

    def one(path: Any) -> np.ndarray:
        how = Image.Resampling[says.interpolation.upper()]
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize(says.size[::-1], how), np.float32)
        return (pixels / 255 - np.array(says.mean)) / np.array(says.std)

    return np.stack([one(r.path) for r in records]).transpose(0, 3, 1, 2).astype(np.float32)


def _ids(model: Any, captions: list[str], folder: Path) -> np.ndarray:
    """-> int64[B, L]"""
    import numpy as np
    from tokenizers import Tokenizer

    model.save_tokenizer(folder)
    file = folder / "tokenizer.json"
    require(file.is_file(), "save_tokenizer writes no tokenizer.json")
    tokenizer = Tokenizer.from_file(str(file))
    return np.array([row.ids for row in tokenizer.encode_batch(captions)], np.int64)


def _padded(ids: np.ndarray, length: int, pad_id: int) -> np.ndarray:
    import numpy as np

    return np.pad(ids, ((0, 0), (0, length - ids.shape[1])), constant_values=pad_id)


def _gap(model: Any, modality: str, given: np.ndarray, records: list[Record]) -> float:
    """The largest difference between tower and `encode`, relative to the largest value."""
    import torch

    tower = model.tower(modality)
    require(isinstance(tower, torch.nn.Module), f"tower({modality!r}) is no torch.nn.Module")
    with torch.no_grad():
        expected = model.encode(model.collate([model.preprocess(r) for r in records]))
        value = tower.eval()(torch.from_numpy(given))
    require(
        value.shape == expected.shape,
        f"tower({modality!r}) gives {list(value.shape)}, encode {list(expected.shape)}",
    )
    return ((value - expected).abs().max() / expected.abs().max().clamp_min(1e-12)).item()
