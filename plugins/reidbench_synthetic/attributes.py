"""The looks of a person: drawn once for each identity, the same in every modality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (28, 28, 32),
    "white": (232, 232, 228),
    "grey": (128, 130, 134),
    "red": (190, 36, 40),
    "orange": (226, 124, 36),
    "yellow": (228, 204, 64),
    "green": (44, 130, 62),
    "blue": (40, 74, 170),
    "purple": (118, 56, 150),
    "pink": (232, 142, 170),
    "brown": (106, 68, 40),
    "beige": (208, 188, 150),
}
HAIR_COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (22, 20, 20),
    "brown": (86, 54, 32),
    "blond": (214, 184, 110),
    "grey": (164, 162, 160),
    "red": (150, 66, 32),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "gender": ("man", "woman"),
    "build": ("slim", "average", "broad"),
    "hair": ("short", "long", "bun", "bald"),
    "hair_colour": tuple(HAIR_COLOURS),
    "hat": ("none", "cap", "brim"),
    "hat_colour": tuple(COLOURS),
    "top": ("t-shirt", "shirt", "jacket", "coat"),
    "top_colour": tuple(COLOURS),
    "pattern": ("plain", "stripes", "bars", "block"),
    "pattern_colour": tuple(COLOURS),
    "bottom": ("trousers", "shorts", "skirt", "long skirt"),
    "bottom_colour": tuple(COLOURS),
    "shoes": ("shoes", "boots"),
    "shoes_colour": ("black", "white", "brown", "red", "blue"),
    "bag": ("none", "backpack", "shoulder bag", "handbag"),
    "bag_colour": tuple(COLOURS),
}
"""Attribute -> its values."""

MATERIALS = ("skin", "hair", "hat", "top", "pattern", "bottom", "shoes", "bag")
"""Parts whose infrared reflectance is drawn for each person, independent of their colour."""


@dataclass(frozen=True)
class Person:
    """One identity: its attributes, and what captions never mention."""

    attributes: dict[str, str]
    reflectance: dict[str, float]
    """material -> near-infrared reflectance in [0, 1]"""
    skin: tuple[int, int, int]
    height: float
    """of the figure, relative to the mean"""
    pattern_phase: float


def person(rng: np.random.Generator) -> Person:
    """Draw an identity."""
    drawn = {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
    if drawn["gender"] == "man":
        # Attributes correlate as in real scenes, so that one word does not identify a person.
        drawn["bottom"] = "trousers" if rng.random() < 0.8 else "shorts"
        if drawn["hair"] in ("long", "bun") and rng.random() < 0.7:
            drawn["hair"] = "short"
    elif drawn["hair"] == "bald":
        drawn["hair"] = "long"
    if rng.random() < 0.45:
        drawn["bag"] = "none"
    if rng.random() < 0.5:
        drawn["hat"] = "none"
    for owner, of in (("bag", "bag_colour"), ("hat", "hat_colour"), ("hair", "hair_colour")):
        if drawn[owner] in ("none", "bald"):
            drawn[of] = "none"
    if drawn["pattern"] == "plain":
        drawn["pattern_colour"] = "none"
    elif drawn["pattern_colour"] == drawn["top_colour"]:
        drawn["pattern_colour"] = "white" if drawn["top_colour"] != "white" else "black"
    tone = rng.uniform(0, 1)
    light, dark = np.array([236, 196, 168]), np.array([92, 60, 42])
    r, g, b = (int(x) for x in light + tone * (dark - light))
    return Person(
        attributes=drawn,
        reflectance={m: float(rng.uniform(0.15, 0.95)) for m in MATERIALS},
        skin=(r, g, b),
        height=float(rng.uniform(0.9, 1.06)),
        pattern_phase=float(rng.uniform()),
    )
