"""Captions with synonyms, omissions and a few mistakes."""

from __future__ import annotations

import numpy as np

from .attributes import COLOURS

_WORDS: dict[str, tuple[str, ...]] = {
    "man": ("man", "male", "guy", "gentleman"),
    "woman": ("woman", "lady", "female", "girl"),
    "slim": ("slim", "thin", "slender"),
    "broad": ("broad", "heavy", "stocky"),
    "t-shirt": ("t-shirt", "tee", "short-sleeved shirt"),
    "shirt": ("shirt", "long-sleeved shirt", "pullover"),
    "jacket": ("jacket", "open jacket"),
    "coat": ("coat", "long coat", "overcoat"),
    "stripes": ("striped", "with horizontal stripes"),
    "bars": ("with vertical stripes", "pinstriped"),
    "block": ("with a print on the chest", "with a chest panel"),
    "trousers": ("trousers", "pants", "slacks"),
    "shorts": ("shorts", "short pants"),
    "skirt": ("skirt", "short skirt"),
    "long skirt": ("long skirt", "ankle-length skirt"),
    "shoes": ("shoes", "sneakers", "trainers"),
    "boots": ("boots", "high boots"),
    "backpack": ("backpack", "rucksack"),
    "shoulder bag": ("shoulder bag", "messenger bag"),
    "handbag": ("handbag", "purse"),
    "cap": ("cap", "baseball cap"),
    "brim": ("hat with a brim", "wide hat"),
    "grey": ("grey", "gray"),
    "beige": ("beige", "tan"),
    "purple": ("purple", "violet"),
    "long": ("long",),
    "bun": ("tied-up", "pinned-up"),
}
_OPENINGS = ("A {who}", "The {who}", "This is a {who} who is", "A picture of a {who}", "{who},")
_WEARING = ("wearing", "dressed in", "in", "who wears")
MISTAKE = 0.03
"""Fraction of colours that are named wrongly, at difficulty 1"""


def caption(attributes: dict[str, str], rng: np.random.Generator, difficulty: float) -> str:
    """One description. Each part is left out with a probability between 12% and 40% (at difficulty
    1), except whether it is a man or a woman."""
    a, d = attributes, min(difficulty, 2.0)

    def word(value: str) -> str:
        return str(rng.choice(_WORDS.get(value, (value,))))

    def colour(name: str) -> str:
        value = a[name]
        if rng.random() < MISTAKE * d:
            value = str(rng.choice([c for c in COLOURS if c != value]))
        return word(value) + " " if rng.random() > 0.12 * d else ""

    def mentioned(omission: float) -> bool:
        return bool(rng.random() > omission * d)

    who = word(a["gender"])
    if a["build"] != "average" and mentioned(0.4):
        who = f"{word(a['build'])} {who}"
    if a["hair"] == "bald":
        hair = "with no hair" if mentioned(0.3) else ""
    else:
        style = word(a["hair"]) if mentioned(0.25) else ""
        hair = f"with {style} {colour('hair_colour')}hair" if mentioned(0.25) else ""
    top = f"a {colour('top_colour')}{word(a['top'])}"
    if a["pattern"] != "plain" and mentioned(0.25):
        tint = colour("pattern_colour")
        top += f" {word(a['pattern'])}" + (f" in {tint.strip()}" if tint else "")
    bottom = f"{colour('bottom_colour')}{word(a['bottom'])}"
    if "skirt" in a["bottom"]:
        bottom = f"a {bottom}"
    worn = [x for x, omission in ((top, 0.12), (bottom, 0.15)) if mentioned(omission)]
    if mentioned(0.3):
        worn.append(f"{colour('shoes_colour')}{word(a['shoes'])}")
    if a["hat"] != "none" and mentioned(0.2):
        worn.append(f"a {colour('hat_colour')}{word(a['hat'])}")
    order = rng.permutation(len(worn)) if rng.random() < 0.3 else range(len(worn))
    worn = [worn[i] for i in order]
    text = str(rng.choice(_OPENINGS)).format(who=who)
    if hair:
        text += f" {hair}"
    if worn:
        text += f" {rng.choice(_WEARING)} " + " and ".join(
            [", ".join(worn[:-1]), worn[-1]] if len(worn) > 1 else worn
        )
    if a["bag"] != "none" and mentioned(0.2):
        carries = rng.choice(("carrying", "with", "holding"))
        text += f", {carries} a {colour('bag_colour')}{word(a['bag'])}"
    return " ".join(text.split()) + "."
