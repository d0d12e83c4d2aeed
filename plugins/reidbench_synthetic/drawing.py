"""A person in one pose, drawn as a map of part labels; all images of a moment are made from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .attributes import Person

SCALE = 3
"""Pixels of the map per pixel of the picture, in each direction"""

PARTS = (
    "background", "face", "skin", "hair", "hat", "torso", "pattern", "far arm", "near arm",
    "far leg", "near leg", "far shoe", "near shoe", "bag", "neck",
)  # fmt: skip
LABEL = {name: code for code, name in enumerate(PARTS)}


@dataclass(frozen=True)
class Pose:
    """View and pose of the person in one moment."""

    view: str
    """front, back or side"""
    flip: bool
    phase: float
    """of the stride, in radians"""
    stride: float
    lean: float
    shift: tuple[float, float]
    zoom: float


def pose(rng: np.random.Generator, difficulty: float) -> Pose:
    """Draw a random pose; at difficulty 0 the person stands still and faces the camera."""
    d = difficulty
    view = str(rng.choice(["front", "back", "side"]))
    flip = bool(rng.random() < 0.5)
    phase, stride, lean, dx, dy, zoom = rng.uniform(-1, 1, 6)
    return Pose(
        view=view if d > 0 else "front",
        flip=flip and d > 0,
        phase=phase * math.pi,
        stride=0.5 * d * (0.55 + 0.45 * stride),
        lean=0.06 * d * lean,
        shift=(0.05 * d * dx, 0.03 * d * dy),
        zoom=1 + 0.07 * d * zoom,
    )


def draw(who: Person, how: Pose, height: int, width: int) -> np.ndarray:
    """Part labels uint8[SCALE * height, SCALE * width]."""
    return _Figure(who, how, height * SCALE, width * SCALE).labels()


class _Figure:
    """Coordinates are in units of the figure's height, x from its axis, y from its top."""

    def __init__(self, who: Person, how: Pose, height: int, width: int) -> None:
        self.who, self.how = who, how
        self.image = Image.new("L", (width, height), LABEL["background"])
        self.pen = ImageDraw.Draw(self.image)
        self.unit = height * 0.9 * who.height * how.zoom
        self.x0 = width * (0.5 + how.shift[0])
        self.y0 = height * (0.97 + how.shift[1]) - self.unit
        broad = {"slim": 0.84, "average": 1.0, "broad": 1.2}[who.attributes["build"]]
        self.broad = broad * (0.72 if how.view == "side" else 1.0)

    def at(self, x: float, y: float) -> tuple[float, float]:
        x = x + self.how.lean * (0.9 - y)
        if self.how.flip:
            x = -x
        return self.x0 + x * self.unit, self.y0 + y * self.unit

    def polygon(self, part: str, *points: tuple[float, float]) -> None:
        self.pen.polygon([self.at(*p) for p in points], fill=LABEL[part])

    def disc(self, part: str, x: float, y: float, rx: float, ry: float) -> None:
        (cx, cy), r = self.at(x, y), self.unit
        self.pen.ellipse((cx - rx * r, cy - ry * r, cx + rx * r, cy + ry * r), fill=LABEL[part])

    def limb(self, part: str, *points: tuple[float, float], wide: float) -> None:
        xy = [self.at(*p) for p in points]
        self.pen.line(xy, fill=LABEL[part], width=max(1, round(wide * self.unit)), joint="curve")

    def labels(self) -> np.ndarray:
        swing = self.how.stride * math.sin(self.how.phase)
        behind = self.how.view == "front"
        if self.who.attributes["bag"] == "backpack" and behind:
            self.backpack()
        self.arm("far arm", -1, swing)
        self.leg("far", -1, -swing)
        self.leg("near", 1, swing)
        self.torso()
        self.skirt()
        self.head()
        self.arm("near arm", 1, -swing)
        self.bag(behind)
        return np.asarray(self.image)

    def arm(self, part: str, side: int, swing: float) -> None:
        shoulder = (side * 0.105 * self.broad, 0.2)
        forward = 0.22 * swing if self.how.view == "side" else 0.05 * swing
        elbow = (shoulder[0] + side * 0.03 + forward * 0.5, 0.33)
        hand = (shoulder[0] + side * 0.03 + forward * 1.2, 0.46)
        short = self.who.attributes["top"] == "t-shirt"
        wide = {"t-shirt": 0.045, "shirt": 0.045, "jacket": 0.058, "coat": 0.06}
        self.limb("skin", elbow, hand, wide=0.034)
        self.limb(part, shoulder, elbow, wide=wide[self.who.attributes["top"]])
        if not short:
            self.limb(part, elbow, hand, wide=wide[self.who.attributes["top"]])
            self.disc("skin", *hand, 0.018, 0.022)

    def leg(self, which: str, side: int, swing: float) -> None:
        spread = 0.24 if self.how.view == "side" else 0.07
        hip = (side * 0.045 * self.broad, 0.5)
        knee = (hip[0] + spread * 0.5 * swing, 0.72)
        foot = (hip[0] + spread * swing, 0.95)
        bare = self.who.attributes["bottom"] != "trousers"
        wide = 0.068 * self.broad**0.5
        self.limb(
            "skin" if bare else f"{which} leg", knee, foot, wide=wide * (0.6 if bare else 0.85)
        )
        self.limb(f"{which} leg", hip, knee, wide=wide)
        boots = self.who.attributes["shoes"] == "boots"
        ankle = (foot[0], 0.86 if boots else 0.93)
        self.limb(f"{which} shoe", ankle, foot, wide=wide * 0.8)
        toe = 0.045 if self.how.view == "side" else side * 0.012
        self.limb(f"{which} shoe", foot, (foot[0] + toe, 0.97), wide=0.042)

    def torso(self) -> None:
        top = self.who.attributes["top"]
        hem = {"t-shirt": 0.52, "shirt": 0.53, "jacket": 0.56, "coat": 0.72}[top]
        flare = {"t-shirt": 0.09, "shirt": 0.09, "jacket": 0.105, "coat": 0.125}[top] * self.broad
        waist = (0.075 if self.who.attributes["gender"] == "woman" else 0.09) * self.broad
        edge = 0.115 * self.broad
        outline = [(-edge, 0.185), (-0.03, 0.165), (0.03, 0.165), (edge, 0.185), (waist, 0.4),
                   (flare, hem), (-flare, hem), (-waist, 0.4)]  # fmt: skip
        self.polygon("torso", *outline)
        self.pattern(hem)
        if top in ("jacket", "coat") and self.how.view == "front":
            self.limb("neck", (0, 0.17), (0, hem), wide=0.012)
        self.limb("neck", (0, 0.14), (0, 0.175), wide=0.05)

    def pattern(self, hem: float) -> None:
        kind, phase = self.who.attributes["pattern"], self.who.pattern_phase
        reach = 0.068 * self.broad
        if kind == "stripes":
            step = 0.055
            for i in range(1 + int((hem - 0.2) / step)):
                y = 0.2 + (i + phase * 0.8) * step
                if y < hem - 0.02:
                    self.limb("pattern", (-reach, y), (reach, y), wide=0.02)
        elif kind == "bars":
            for x in (-0.6, 0.0, 0.6):
                x = (x + 0.2 * (phase - 0.5)) * reach
                self.limb("pattern", (x, 0.2), (x, hem - 0.03), wide=0.018)
        elif kind == "block":
            y = 0.27 + 0.08 * phase
            self.polygon("pattern", (-reach, y), (reach, y), (reach, y + 0.11), (-reach, y + 0.11))

    def skirt(self) -> None:
        bottom = self.who.attributes["bottom"]
        if "skirt" in bottom and self.who.attributes["top"] != "coat":
            hem = 0.68 if bottom == "skirt" else 0.86
            edge = (0.1 if bottom == "skirt" else 0.125) * self.broad
            waist = 0.08 * self.broad
            self.polygon("near leg", (-waist, 0.48), (waist, 0.48), (edge, hem), (-edge, hem))

    def head(self) -> None:
        hair, view = self.who.attributes["hair"], self.how.view
        turn = 0.012 if view == "side" else 0.0
        if hair == "long":
            self.disc("hair", -turn, 0.115, 0.062, 0.105)
        if hair == "bun":
            self.disc("hair", -3 * turn, 0.012, 0.03, 0.026)
        self.disc("hair" if hair != "bald" else "face", 0, 0.078, 0.055, 0.072)
        if view == "front":
            self.disc("face", 0, 0.094, 0.043, 0.054)
        elif view == "side":
            self.disc("face", 0.018, 0.092, 0.038, 0.054)
        elif hair == "bald":
            self.disc("face", 0, 0.085, 0.05, 0.064)
        hat = self.who.attributes["hat"]
        if hat != "none":
            self.disc("hat", 0, 0.045, 0.058, 0.044)
            brim = 0.1 if hat == "brim" else 0.0
            ahead = 0.095 if view == "side" or hat == "brim" else 0.062
            self.limb("hat", (-max(brim, 0.058), 0.066), (ahead, 0.066), wide=0.018)

    def backpack(self) -> None:
        self.polygon("bag", (-0.13 * self.broad, 0.2), (0.13 * self.broad, 0.2),
                     (0.12 * self.broad, 0.44), (-0.12 * self.broad, 0.44))  # fmt: skip

    def bag(self, front: bool) -> None:
        kind = self.who.attributes["bag"]
        if kind == "backpack":
            if front:
                for side in (-0.06, 0.06):
                    self.limb("bag", (side, 0.17), (side * 1.2, 0.36), wide=0.02)
            elif self.how.view == "back":
                self.polygon("bag", (-0.085, 0.19), (0.085, 0.19), (0.09, 0.43), (-0.09, 0.43))
            else:
                self.polygon("bag", (-0.17, 0.2), (-0.06, 0.19), (-0.06, 0.43), (-0.16, 0.42))
        elif kind == "shoulder bag":
            self.limb("bag", (-0.08, 0.18), (0.1, 0.48), wide=0.016)
            self.polygon("bag", (0.05, 0.45), (0.17, 0.45), (0.17, 0.57), (0.05, 0.57))
        elif kind == "handbag":
            self.limb("bag", (0.14, 0.46), (0.16, 0.52), wide=0.012)
            self.polygon("bag", (0.09, 0.51), (0.22, 0.51), (0.23, 0.62), (0.08, 0.62))
