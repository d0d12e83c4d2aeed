"""Which pictures the page shows: small bitmaps, and the pictures of a plugin's section."""

from __future__ import annotations

import re
from typing import Any

_THUMB = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}")
_FILE = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*\.(?:webp|png|jpe?g)", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
MEDIA = ("image/png", "image/jpeg", "image/webp", "image/svg+xml")
"""Of a section's pictures. SVG is harmless in an <img>, where no script of it runs."""


def thumb(value: Any) -> str | None:
    """The address of a thumbnail, or None for what is no picture or stands anywhere else than in
    the page or in a folder below it."""
    if isinstance(value, str) and (_THUMB.fullmatch(value) or is_file(value)):
        return value
    return None


def is_file(value: str) -> bool:
    """Whether it names a picture in the page's folder or below."""
    return _FILE.fullmatch(value) is not None


def asset(media: Any, data: Any) -> str | None:
    """The address of a picture of a section, or None."""
    if media in MEDIA and isinstance(data, str) and _BASE64.fullmatch(data):
        return f"data:{media};base64,{data}"
    return None
