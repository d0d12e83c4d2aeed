"""Captions: cleaned the same in pieces as in one, and in time that grows with their length."""

import random
import time
import unicodedata

from reidbench.tools.text import clean_caption


def whole(caption):
    caption = unicodedata.normalize("NFKC", caption)
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in caption)
    return " ".join("".join(kept).split())


def test_pieces_make_no_difference():
    rng = random.Random(0)
    letters = [*"abc  \t\n", "e\u0301", "\ufb01", "\u2460", "人", "か\u3099", "\u00b4", "\x1b"]
    for length in (0, 1, 199, 200, 201, 500, 3000):
        caption = "".join(rng.choices(letters, k=length))
        assert clean_caption(caption) == whole(caption)
    words = "\uff57\uff49\uff44\uff45  words " * 200
    assert clean_caption(words) == "wide words " * 199 + "wide words"


def test_combining_characters_take_no_square_of_time():
    start = time.process_time()
    for text in ("a" + "\u0301\u0323" * 200_000, "\u0301\u0323" * 200_000):
        assert clean_caption(text)
    assert time.process_time() - start < 10
