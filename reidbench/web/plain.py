"""Values as a page may carry them: text that can be written, numbers that JSON knows."""

from __future__ import annotations

import math
from typing import Any

DIGITS = 7
"""Significant digits. A page shows 3 or 4 of them; more, so that rounding twice agrees with
rounding once (28.95 % stays 28.95 %)."""


def plain(value: Any, digits: int = DIGITS) -> Any:
    """JSON value -> the same with `digits` significant digits; what is not finite is not known."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {encodable(name): plain(one, digits) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, digits) for one in value]
    return value


def encodable(text: str) -> str:
    """Without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
