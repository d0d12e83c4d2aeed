"""The page of a leaderboard: one HTML file that holds its style, its scripts and its data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .compact import compact, encodable

STYLE = ("base", "table", "details", "print")
SCRIPT = ("text", "data", "filters", "state", "columns", "table", "details", "plot", "main")
"""Files of script/, joined in this order inside one function. theme.js stands apart: it runs
before the page is painted."""


def page(board: dict[str, Any]) -> str:
    """The text of index.html for a board (the value that `leaderboard.json` holds).

    It asks the network for nothing and forbids itself to: a Content-Security-Policy allows only
    the style and the scripts that stand in it, by their hash. All strings of the board are text.
    """
    style, theme, script, chart = _style(), _asset("script/theme.js"), _script(), _chart()
    template = Environment(
        loader=PackageLoader("reidbench.leaderboard", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("page.html.jinja")
    return template.render(
        title=encodable(board["title"]),
        description=encodable(board.get("description") or ""),
        version=encodable(board.get("reidbench") or ""),
        policy=_policy(style, (theme, chart, script)),
        style=style,
        theme=theme,
        chart=chart,
        script=script,
        data=_data(board),
    )


def _data(board: dict[str, Any]) -> Markup:
    """JSON that may stand in a script element: ASCII only, and no `<`, `>` or `&` in it."""
    text = json.dumps(compact(board), separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _policy(style: str, scripts: tuple[str, ...]) -> Markup:
    """What the page may do: its own style and scripts, pictures within the page, nothing else."""
    return Markup(
        f"default-src 'none'; style-src {_hash(style)}; "
        f"script-src {' '.join(_hash(one) for one in scripts)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _style() -> Markup:
    return Markup("\n".join(_asset(f"style/{name}.css") for name in STYLE))


@cache
def _script() -> Markup:
    body = "\n".join(_asset(f"script/{name}.js") for name in SCRIPT)
    return Markup("(() => {\n'use strict';\n" + body + "\n})();")


@cache
def _chart() -> Markup:
    """The chart library, without the line that makes a browser's tools look for its source map."""
    return Markup(
        re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", _asset("vendor/chart.umd.min.js"))
    )


@cache
def _asset(name: str) -> Markup:
    """A file of this package, as it is. It must not end the element that it is put into."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
        raise AssertionError(f"{name} would end its element")
    return Markup(text)
