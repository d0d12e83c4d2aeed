"""Text of strangers for Markdown, spreadsheets and paths: shown, never obeyed."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from ...tools.terminal import safe

_MARKUP = re.compile(r"[&<>|`*_~\[\]\\!#$^{}]|:(?=/)")
_FORMULA = re.compile(r"\s*[=+\-@'\uff1d\uff0b\uff0d\uff20]")
"""Where a spreadsheet begins a formula, full-width forms too. An apostrophe is among them so that
removing one from the front always gives the text back."""
_RESERVED = {"con", "prn", "aux", "nul", "data", "unknown"}
_RESERVED |= {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}


def markdown(text: object, limit: int = 120) -> str:
    """`text` in one line that Markdown and HTML show as it is, also inside a table: no markup, no
    link, no mention of a person."""
    words = _MARKUP.sub(_entity, safe(text, limit).strip())
    # Hosts link an account after the page is rendered, so an entity alone does not stop them: an
    # invisible word joiner behind the sign does.
    words = words.replace("@", "&#64;&#8288;")
    words = re.sub(r"www\.", lambda m: f"{m[0][:-1]}&#46;", words, flags=re.IGNORECASE)
    # The beginning of a line may be a list, a heading or code.
    return re.sub(r"^[^\w&]|^\d", _entity, words)


def address(url: object) -> str | None:
    """A URL that may be linked, safe between `<` and `>` in Markdown: http or https with a host;
    None for all else."""
    if not isinstance(url, str) or len(url) > 2000 or safe(url, None) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return quote(url, safe=":/?#@!$&*+,;=%~-._")


def cell(text: str) -> str:
    """`text` for a spreadsheet, in one line. What would begin a formula gets an apostrophe before
    it; a reader that wants the exact text removes one apostrophe from the front."""
    words = safe(text, None)
    return f"'{words}" if _FORMULA.match(words) else words


def slug(text: str) -> str:
    """A name for a file or folder on every system: a-z, 0-9, `-`, `_`; never empty."""
    name = re.sub(r"[^a-z0-9_]+", "-", text.lower())[:80].strip("-")
    return f"x-{name}" if not name or name in _RESERVED else name


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
