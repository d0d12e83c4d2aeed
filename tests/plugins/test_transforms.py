"""Augmentations against cases worked by hand; the conformance kit does the rest."""

import numpy as np
import pytest
from PIL import Image

from reidbench_registry import ConfigError
from reidbench_registry.testing.pictures import picture
from reidbench_transforms.channels import ChannelAugmentation
from reidbench_transforms.erasing import RandomErasing
from reidbench_transforms.flip import RandomHorizontalFlip
from reidbench_transforms.jitter import ColorJitter
from reidbench_transforms.pad_crop import PadCrop
from reidbench_transforms.tokens import TokenDropout


def rng(seed=0):
    return np.random.default_rng(seed)


def pixels(image):
    return np.asarray(image, np.int16)


def test_flip_mirrors_left_to_right_half_of_the_time():
    image = picture(1)
    mirrored = pixels(image)[:, ::-1]
    assert (pixels(RandomHorizontalFlip(1)(image, "ir", rng())) == mirrored).all()
    found = [RandomHorizontalFlip()(image, "rgb", rng(s)) is image for s in range(200)]
    assert 70 < sum(found) < 130


def test_pad_crop_shifts_and_fills_with_black():
    image = Image.new("RGB", (4, 8), "white")
    seen = set()
    for seed in range(300):
        out = pixels(PadCrop(fraction=1 / 8)(image, "rgb", rng(seed)))[..., 0]
        assert out.shape == (8, 4)
        rows, columns = (out == 0).all(1).sum(), (out == 0).all(0).sum()
        seen.add((int(rows), int(columns)))
    # One pixel of eight in each direction, or none.
    assert seen == {(r, c) for r in (0, 1) for c in (0, 1)}
    same = PadCrop(fraction=0)(image, "rgb", rng())
    assert (pixels(same) == pixels(image)).all()


def test_erasing_covers_a_rectangle_of_the_asked_share():
    white = Image.new("RGB", (50, 100), "white")
    shares = []
    for seed in range(100):
        out = pixels(RandomErasing(1, area=[0.1, 0.2], fill=[0, 0, 0])(white, "rgb", rng(seed)))
        rows, columns = (out == 0).all(2).any(1).sum(), (out == 0).all(2).any(0).sum()
        covered = (out == 0).all(2).sum()
        assert covered == rows * columns, "one rectangle"
        shares.append(covered / 5000)
    assert 0.09 < min(shares) < 0.12 and 0.18 < max(shares) < 0.21
    noise = pixels(RandomErasing(1, fill="noise")(white, "rgb", rng(1)))
    assert len(np.unique(noise)) > 50


def test_erasing_leaves_what_it_cannot_cover():
    image = Image.new("RGB", (1, 1))
    assert RandomErasing(1)(image, "rgb", rng()) is image


def test_channels_become_equal():
    image = Image.new("RGB", (2, 2), (200, 100, 0))
    grey = int(pixels(image.convert("L"))[0, 0])
    found = {tuple(pixels(ChannelAugmentation(1)(image, "rgb", rng(s)))[0, 0]) for s in range(60)}
    assert found == {(v, v, v) for v in (200, 100, 0, grey)}
    assert ChannelAugmentation(1)(image, "ir", rng()) is image


def test_jitter_changes_colour_pictures_only():
    image = Image.new("RGB", (2, 2), (100, 100, 100))
    values = [
        pixels(ColorJitter(brightness=0.5, contrast=0)(image, "rgb", rng(s)))[0, 0, 0]
        for s in range(200)
    ]
    assert 50 <= min(values) < 60 and 140 < max(values) <= 150
    assert ColorJitter()(image, "sketch", rng()) is image
    red = Image.new("RGB", (1, 1), (200, 0, 0))
    jitter = ColorJitter(brightness=0, contrast=0, hue=0.5)
    turned = {tuple(pixels(jitter(red, "rgb", rng(s)))[0, 0]) for s in range(50)}
    assert len(turned) > 20 and all(max(c) == 200 and min(c) == 0 for c in turned)


def test_words_are_dropped_in_their_order_and_never_all():
    caption = " ".join(map(str, range(100)))
    left = [int(w) for w in TokenDropout(0.3)(caption, "text", rng()).split()]
    assert left == sorted(left) and 55 < len(left) < 85
    assert TokenDropout(1)("a man in red", "text", rng()).count(" ") == 0
    assert TokenDropout(0)(caption, "text", rng()) == caption


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomHorizontalFlip(p=2),
        lambda: PadCrop(fraction=-1),
        lambda: RandomErasing(area=[0.5, 0.1]),
        lambda: RandomErasing(area=0.5),
        lambda: RandomErasing(fill="black"),
        lambda: RandomErasing(fill=[0, 0, 300]),
        lambda: ColorJitter(hue=0.6),
        lambda: ColorJitter(brightness="much"),
        lambda: ChannelAugmentation(p=None),
        lambda: TokenDropout(p=True),
    ],
)
def test_wrong_arguments_are_named(make):
    with pytest.raises(ConfigError, match=r"\w+: \w+="):
        make()
