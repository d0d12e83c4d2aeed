"""Text that strangers wrote, before it is printed.

An id, a column or a message of a plugin may hold what a terminal takes for an order: escape
sequences that move the cursor or change the title, and characters that turn the direction of
writing, so that a line reads as something else. They are shown as Python writes them (`\\x1b`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.text import Text

LIMIT = 300
"""Characters that are shown of one string."""
LINE = 2000
"""Characters that are shown of a whole message."""
_LONG = re.compile(rf"(\S{{{LIMIT}}})\S+")
# Controls (C0, DEL, C1), separators of lines and paragraphs, marks and overrides of direction,
# characters without width, tags, and lone surrogates.
_ORDERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: object, limit: int | None = LIMIT) -> str:
    """`text` in one line that a terminal only shows, cut after `limit` characters (None: whole).
    With a limit above LIMIT, for whole messages, a word in it is cut after LIMIT characters."""
    words = str(text)
    if limit is not None and limit > LIMIT:
        words = _LONG.sub(lambda m: f"{m[1]}... ({len(m[0]):,} characters)", words)
    length = len(words)
    if limit is not None and length > limit:
        # Before the search: a string of a stranger's may be as large as its file.
        return f"{_ORDERS.sub(_written, words[:limit])[:limit]}... ({length:,} characters)"
    return _ORDERS.sub(_written, words)


def quoted(value: object, limit: int = LIMIT) -> str:
    """`repr` of a value, in one line, cut after `limit` characters: for values in messages."""
    # Of a long string only what is shown is looked at.
    if isinstance(value, str) and len(value) > limit:
        shown = safe(repr(value[:limit]), None)[:limit]
        return f"{shown}... ({len(value):,} characters)"
    return safe(repr(value), limit)


def cell(text: object, style: str = "", limit: int | None = LIMIT) -> Text:
    """The same for a cell or a line of rich: square brackets and colons mean nothing in it."""
    from rich.text import Text

    return Text(safe(text, limit), style)


def cleaned(text: Text) -> Text:
    """The same for a line that has its styles already; it keeps them unless something in it must
    not be shown as it is."""
    from rich.text import Text

    shown = safe(text.plain, LINE)
    return text if shown == text.plain else Text(shown, text.style)


def safe_json(value: Any, indent: int | None = 2) -> str:
    """Indented JSON that a terminal only shows. Read as JSON, it is the same value."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _ORDERS.sub(lambda m: m[0] if m[0] == "\n" else json.dumps(m[0])[1:-1], text)


def _written(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
