"""The text of a plugin's section: Markdown, parsed here, built by the page from a short list of
elements. No string of it is ever read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

LONGEST = 200_000
"""Characters of a section that are parsed; a longer one is shown as plain text."""
TAGS = (
    "p", "strong", "em", "s", "ul", "ol", "li", "blockquote", "hr", "br", "table", "thead",
    "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6",
)  # fmt: skip
"""Elements that may come out; of any other one only the content."""
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(
    ["table", "strikethrough"]
)


def tree(text: str) -> list[Any]:
    """Markdown -> nodes: a string, or [tag, children], or [tag, children, value] for code (`pre`
    with its language), `a` (the address) and `img` (the name of an asset). HTML is text."""
    if len(text) > LONGEST:
        return [["pre", [text]]]
    return _nodes(SyntaxTreeNode(_PARSER.parse(text)).children)


def _nodes(nodes: Sequence[SyntaxTreeNode]) -> list[Any]:
    return [one for node in nodes for one in _node(node)]


def _node(node: SyntaxTreeNode) -> list[Any]:
    if node.type in ("fence", "code_block"):
        return [["pre", [node.content], node.info.split(" ")[0]]]
    if node.type == "code_inline":
        return [["code", [node.content]]]
    if node.type == "image":
        return [["img", [node.content], str(node.attrs.get("src", ""))]]
    if node.type == "softbreak":
        return [" "]
    if node.type == "link":
        return [["a", _nodes(node.children), str(node.attrs.get("href", ""))]]
    if not node.children and node.content:
        return [node.content]
    children = _nodes(node.children)
    if node.tag not in TAGS or getattr(node, "hidden", False):
        return children
    return [[node.tag, children]]
