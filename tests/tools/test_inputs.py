"""What a backbone is given of a record, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from reidbench.tools.inputs import read_caption, read_image
from reidbench_registry import DataError, Record

ALL = frozenset(["rgb", "text"])


def record(modality, **more):
    return Record("item", "d", "test", modality, "p", **more)


def test_images_and_captions_are_augmented(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photo = record("rgb", path=str(tmp_path / "a.png"))
    assert (np.asarray(read_image(photo, ALL, (4, 4))) == pixels).all()
    turned = read_image(photo, ALL, (4, 4), lambda image: image.transpose(Image.ROTATE_180))
    assert (np.asarray(turned) == pixels[::-1, ::-1]).all()
    text = record("text", text=" a\tman\u200b ")
    assert read_caption(text, ALL) == "a man"
    assert read_caption(text, ALL, lambda raw: raw.replace("man", "red  man")) == "a red man"


def test_what_cannot_be_used_is_named(tmp_path):
    Image.new("RGB", (7, 30)).save(tmp_path / "thin.png")
    thin = record("rgb", path=tmp_path / "thin.png")
    for words, call in (
        ("item: the model does not embed 'text'",
         lambda: read_image(record("text", text="x"), {"rgb"}, (4, 4))),
        ("item: the model does not embed 'text'",
         lambda: read_caption(record("text", text="x"), {"rgb"})),
        ("item: the record has no image file", lambda: read_image(record("rgb"), ALL, (4, 4))),
        ("image not found: gone.png",
         lambda: read_image(record("rgb", path="gone.png"), ALL, (4, 4))),
        (r"smaller than 8 x 8 pixels: .*thin\.png: 7 x 30",
         lambda: read_image(thin, ALL, (4, 4), least=8)),
        ("item: the caption is empty", lambda: read_caption(record("text", text=" "), ALL)),
        ("item: the caption is empty",
         lambda: read_caption(record("text", text="a"), ALL, lambda raw: "")),
    ):  # fmt: skip
        with pytest.raises(DataError, match=words):
            call()
