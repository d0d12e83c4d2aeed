"""A page as one HTML file that holds its style, its scripts and its data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader
from markupsafe import Markup

from .plain import encodable

SHARED = "web/"
"""A name that begins so is a file of this package, any other one of the page's own package."""


def whole_page(
    package: str,
    style: Sequence[str],
    script: Sequence[str],
    data: Any,
    images: str = "data:",
    **words: str,
) -> str:
    """The text of a page from the template `page.html.jinja` of `package`.

    It asks the network for nothing and forbids itself to: a Content-Security-Policy allows only
    the style and the scripts that stand in it, by their hash, and pictures from `images`.

    `style`, `script`: names of files of style/ and script/, joined in this order; the scripts
    inside one function. `data`: the JSON value that the scripts read from the element `data`.
    `words`: what the template names, as text; at least `title`. All strings stay text.
    """
    styles, scripts = _styles(package, tuple(style)), _scripts(package, tuple(script))
    theme, chart = _asset(__package__, "script/theme.js"), _chart()
    loader = ChoiceLoader([PackageLoader(package, "."), PackageLoader(__package__, ".")])
    template = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("page.html.jinja")
    return template.render(
        {name: encodable(text) for name, text in words.items()},
        policy=_policy(styles, (theme, chart, scripts), images),
        style=styles,
        theme=theme,
        chart=chart,
        script=scripts,
        data=_json(data),
    )


def _json(data: Any) -> Markup:
    """JSON that may stand in a script element: ASCII only, and no `<`, `>` or `&` in it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _policy(style: str, scripts: Sequence[str], images: str) -> Markup:
    """What the page may do: its own style and scripts, pictures from `images`, nothing else."""
    return Markup(
        f"default-src 'none'; style-src {_hash(style)}; "
        f"script-src {' '.join(_hash(one) for one in scripts)}; img-src {images}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _styles(package: str, names: tuple[str, ...]) -> Markup:
    return Markup("\n".join(_named(package, "style", name, "css") for name in names))


@cache
def _scripts(package: str, names: tuple[str, ...]) -> Markup:
    body = "\n".join(_named(package, "script", name, "js") for name in names)
    return Markup("(() => {\n'use strict';\n" + body + "\n})();")


@cache
def _chart() -> Markup:
    """The chart library, without the line that makes a browser's tools look for its source map."""
    library = _asset(__package__, "vendor/chart.umd.min.js")
    return Markup(re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", library))


def _named(package: str, folder: str, name: str, ending: str) -> Markup:
    owner = __package__ if name.startswith(SHARED) else package
    return _asset(owner, f"{folder}/{name.removeprefix(SHARED)}.{ending}")


def _asset(package: str, name: str) -> Markup:
    """A file of a package, as it is. It must not end the element that it is put into."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
        raise AssertionError(f"{name} would end its element")
    return Markup(text)
