"""Label map -> RGB, infrared and sketch pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from .attributes import COLOURS, HAIR_COLOURS, Person
from .drawing import LABEL, PARTS, SCALE

CAMERAS = 6
_MATERIAL = {
    "face": "skin", "skin": "skin", "neck": "skin", "hair": "hair", "hat": "hat", "torso": "top",
    "far arm": "top", "near arm": "top", "pattern": "pattern", "far leg": "bottom",
    "near leg": "bottom", "far shoe": "shoes", "near shoe": "shoes", "bag": "bag",
}  # fmt: skip
_SHADE = {"far arm": 0.82, "near arm": 0.93, "far leg": 0.84, "far shoe": 0.84, "skin": 0.94}
"""Brightness of parts next to others of the same material, so that their borders are visible"""


@dataclass(frozen=True)
class Camera:
    """How one camera changes each of its pictures."""

    cast: np.ndarray
    exposure: float
    gamma: float
    blur: float
    noise: float
    backdrop: np.ndarray
    """two colours, wall and ground"""


def camera(index: int, seed: int, difficulty: float) -> Camera:
    """A camera of a world; at difficulty 0 all cameras are the same and neutral."""
    rng = np.random.default_rng([seed, 7, index])
    d = difficulty
    return Camera(
        cast=1 + d * rng.uniform(-0.11, 0.11, 3),
        exposure=float(1 + d * rng.uniform(-0.22, 0.18)),
        gamma=float(np.exp(d * rng.uniform(-0.2, 0.2))),
        blur=float(d * rng.uniform(0.0, 0.5)),
        noise=float(d * rng.uniform(2, 7)),
        backdrop=rng.uniform(60, 190, (2, 1)) + rng.uniform(-25, 25, (2, 3)),
    )


def rgb(
    labels: np.ndarray, who: Person, seen_by: Camera, rng: np.random.Generator, difficulty: float
) -> Image.Image:
    """The colour photo, height x width."""
    table = np.stack([np.zeros(3), *(_colour(who, part) for part in PARTS[1:])])
    return _photo(labels, table, seen_by, rng, difficulty)


def infrared(
    labels: np.ndarray, who: Person, seen_by: Camera, rng: np.random.Generator, difficulty: float
) -> Image.Image:
    """The near-infrared photo: grey, from reflectances that are independent of the colours."""
    light = [who.reflectance[_MATERIAL[p]] * _SHADE.get(p, 1.0) for p in PARTS[1:]]
    # Most dyes are transparent in the near infrared: dark cloth is only a little darker.
    dye = [0.85 + 0.15 * _colour(who, p).mean() / 255 for p in PARTS[1:]]
    table = np.array([0.0, *(255 * a * b for a, b in zip(light, dye, strict=True))])[:, None]
    grey = replace(seen_by, cast=np.ones(1), backdrop=seen_by.backdrop[::-1].mean(1, keepdims=True))
    return _photo(labels, table, grey, rng, difficulty)


def sketch(labels: np.ndarray, rng: np.random.Generator, difficulty: float) -> Image.Image:
    """Pencil lines at the borders of parts, slightly distorted; no background."""
    high, wide = labels.shape
    warped = labels
    if difficulty:
        # A smooth displacement of up to 1.5 pixels of the picture.
        coarse = rng.uniform(-1, 1, (2, 5, 4)) * 1.5 * SCALE * difficulty
        dy, dx = (
            np.asarray(Image.fromarray(c).resize((wide, high), Image.Resampling.BILINEAR))
            for c in coarse.astype(np.float32)
        )
        y = np.clip(np.arange(high)[:, None] + dy, 0, high - 1).astype(np.intp)
        x = np.clip(np.arange(wide)[None, :] + dx, 0, wide - 1).astype(np.intp)
        warped = labels[y, x]
    # An edge is two pixels of the map thick: both neighbours of a border.
    edges = np.zeros(labels.shape, bool)
    down, right = warped[1:] != warped[:-1], warped[:, 1:] != warped[:, :-1]
    edges[1:] |= down
    edges[:-1] |= down
    edges[:, 1:] |= right
    edges[:, :-1] |= right
    paper = Image.fromarray(np.where(edges, np.uint8(0), np.uint8(255)))
    small = np.asarray(paper.reduce(SCALE), np.float32)
    gaps = rng.random((high // SCALE // 4 + 1, wide // SCALE // 4 + 1)) < 0.1 * difficulty
    faint = gaps.repeat(4, 0).repeat(4, 1)[: small.shape[0], : small.shape[1]]
    grey = np.where(faint, 255 - 0.25 * (255 - small), small)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def _colour(who: Person, part: str) -> np.ndarray:
    a, material = who.attributes, _MATERIAL[part]
    shade = _SHADE.get(part, 1.0)
    if material == "skin":
        rgb_of_part: tuple[int, int, int] = who.skin
    elif material == "hair":
        rgb_of_part = HAIR_COLOURS.get(a["hair_colour"], who.skin)
    else:
        rgb_of_part = COLOURS.get(a.get(f"{material}_colour", "none"), COLOURS["grey"])
    return np.array(rgb_of_part, float) * shade


def _photo(
    labels: np.ndarray,
    table: np.ndarray,
    seen_by: Camera,
    rng: np.random.Generator,
    difficulty: float,
) -> Image.Image:
    """labels -> the picture that a camera takes; table[parts, channels] are the parts' colours."""
    d, channels = difficulty, table.shape[1]
    picture, cover = _scaled_down(labels, table)
    high, wide = cover.shape
    wall, ground = seen_by.backdrop * (1 + d * rng.uniform(-0.25, 0.25, (2, 1)))
    horizon = int(high * rng.uniform(0.55, 0.8))
    scene = np.empty_like(picture)
    scene[:horizon], scene[horizon:] = wall, ground
    if rng.random() < 0.5 * min(d, 1.5):
        left, across = rng.integers(wide), rng.integers(wide // 10, wide // 3)
        scene[:horizon, left : left + across] = rng.uniform(40, 220)
    picture += scene * (1 - cover[..., None])
    # Light from one side.
    picture *= (1 + np.linspace(-1, 1, wide) * rng.uniform(-0.22, 0.22) * d)[:, None]
    if rng.random() < 0.2 * d:
        _occlude(picture, rng)
    picture = (picture * (seen_by.cast * seen_by.exposure / 255)).clip(0, 1)
    picture = (255 * picture**seen_by.gamma).astype(np.uint8)
    image = Image.fromarray(picture if channels == 3 else picture[..., 0])
    blur = seen_by.blur * rng.uniform(0.4, 1.6)
    if blur > 0.15:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    noise = rng.standard_normal((high, wide, channels), np.float32) * np.float32(seen_by.noise)
    noisy = np.asarray(image, np.float32).reshape(noise.shape) + noise
    noisy = noisy.clip(0, 255).astype(np.uint8)
    return Image.fromarray(noisy if channels == 3 else noisy[..., 0]).convert("RGB")


def _scaled_down(labels: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours float32[H, W, channels] of the figure on black, and float32[H, W] how much of each
    pixel it covers."""
    shades = np.zeros((len(PARTS), 1 + table.shape[1]), np.uint8)
    shades[:, 0] = 255 * (np.arange(len(PARTS)) != LABEL["background"])
    shades[:, 1:] = table.round()
    small = [
        np.asarray(Image.fromarray(plane[labels]).reduce(SCALE), np.float32) for plane in shades.T
    ]
    return np.stack(small[1:], axis=2), small[0] / 255


def _occlude(picture: np.ndarray, rng: np.random.Generator) -> None:
    """A post, a car or a hedge in front of a part of the person."""
    high, wide, channels = picture.shape
    colour = rng.uniform(30, 200, 3)[:channels]
    if rng.random() < 0.5:
        picture[int(high * rng.uniform(0.6, 0.85)) :] = colour
    else:
        left, across = int(wide * rng.uniform(0, 0.75)), int(wide * rng.uniform(0.1, 0.25))
        picture[:, left : left + across] = colour
