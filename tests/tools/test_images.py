"""Loading images: the same pixels as by the plain way."""

import numpy as np
import pytest
import torch
from PIL import Image

from reidbench.tools.images import open_image, to_pixels, to_tensor
from reidbench_registry import DataError
from reidbench_registry.testing.pictures import draw, picture

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)


@pytest.mark.parametrize("size", [(384, 128), (64, 32), (96, 48), (30, 200)])
def test_resize_is_pillows(size):
    image = picture(3, 96, 48)
    expected = np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC), np.int16)
    found = to_pixels(image, size)
    assert found.dtype == torch.uint8 and found.shape == (3, *size)
    gap = np.abs(found.permute(1, 2, 0).numpy() - expected)
    # One pass up and one down round apart; so may a processor without the vectorised kernel.
    assert gap.max() <= 2 and gap.mean() <= 0.5


def test_normalised_as_written_out():
    image = picture(4, 20, 10)
    found = to_tensor(image, (20, 10), MEAN, STD)
    plain = (np.asarray(image) / 255 - np.array(MEAN)) / np.array(STD)
    assert found.dtype == torch.float32 and found.is_contiguous()
    np.testing.assert_allclose(found.permute(1, 2, 0).numpy(), plain, atol=1e-5)


def test_large_jpegs_are_decoded_smaller_but_never_too_small(tmp_path):
    path = draw(tmp_path / "large.jpg", 1, 1920, 1080)
    assert open_image(path).size == (1080, 1920)
    small = open_image(path, at_least=(384, 128))
    assert small.size == (270, 480)
    assert open_image(path, at_least=(384, 500)).size == (540, 960)
    assert open_image(path, at_least=(4000, 4000)).size == (1080, 1920)
    a = to_pixels(open_image(path), (384, 128)).float()
    assert (a - to_pixels(small, (384, 128)).float()).abs().mean() <= 1
    png = draw(tmp_path / "large.png", 1, 400, 200)
    assert open_image(png, at_least=(20, 10)).size == (200, 400)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "1"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    picture(1).convert(mode).save(path)
    assert open_image(path, at_least=(8, 4)).mode == "RGB"


def test_damaged_files_are_named(tmp_path):
    whole = draw(tmp_path / "whole.jpg", 1, 200, 100).read_bytes()
    for name, content in (
        ("cut.jpg", whole[: len(whole) // 2]),
        ("zero.jpg", b""),
        ("x.png", b"x"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=f"unreadable image: .*{name}"):
            open_image(tmp_path / name, at_least=(8, 4))
    with pytest.raises(DataError, match="image not found: .*absent.png"):
        open_image(tmp_path / "absent.png")
