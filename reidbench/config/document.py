"""python -m reidbench.config.document: every key of a config, from the schema.

`docs/config.md` is its output. The meaning of a key is the docstring below its field.
"""

from __future__ import annotations

import ast
import dataclasses
import textwrap
import typing
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import schema
from .fill import section_of
from .values import in_words

INTRODUCTION = """\
# The keys of a config

*This page is made by `python -m reidbench.config.document > docs/config.md` from
`reidbench/config/schema.py`; a test fails when it is not up to date.*

A config is a file with the sections below: Python (`name = dict(...)`; `_base_ = ["other.py"]`
takes over what another config says), JSON or TOML. `configs/` has examples. Every key may be
changed from the command line: `--cfg-options student.train.steps=200`, an item of a list by its
number: `--cfg-options student.train.distillers.0.weight=0.3`. A key that does not exist is an error
that names the nearest one.

Where a key holds an **entry** of some kind (a backbone, a loss, ...) its value is
`dict(type="NAME", ...)`: the name of an installed entry and its arguments. `reidbench list KIND`
shows the names; what an entry takes stands in the docstring of its class.

A key marked * does not change what a stage makes: a run with another value finds its finished
stages again. `config.json` in a run folder holds all keys, with every default filled in.
"""
WIDTH = 100
_PLURAL = {"loss": "losses"}


def document() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *_sections(schema.Experiment, "")]
    return "\n".join(parts)


def _sections(section: type, path: str, shown: tuple[type, ...] = ()) -> Iterator[str]:
    """A part for the section and one for each section below it. Keys that a section inherits from
    one that is `shown` already are not repeated."""
    inherited = next((base for base in section.__mro__[1:] if base in shown), None)
    title = f"`{path}`" if path else "The whole"
    lines = [f"## {title}", "", _wrapped(_flat(section.__doc__ or "")), ""]
    fields = list(dataclasses.fields(section))
    if inherited is not None:
        known = {f.name for f in dataclasses.fields(inherited)}
        fields = [f for f in fields if f.name not in known]
        lines += [_wrapped(f"All keys of `{_path_of(inherited)}`, and:"), ""]
    hints, meanings = typing.get_type_hints(section), _meanings(section)
    lines += [_key(f, hints[f.name], meanings[f.name]) for f in _in_order(fields)]
    yield "\n".join(lines) + "\n"
    done = shown
    for f in _in_order(fields):
        inner = section_of(hints[f.name])
        if inner is not None:
            yield from _sections(inner, f"{path}.{f.name}".lstrip("."), done)
            done = (*done, *_below(inner))


def _below(section: type) -> Iterator[type]:
    """The section and all sections below it."""
    yield section
    for hint in typing.get_type_hints(section).values():
        if (inner := section_of(hint)) is not None:
            yield from _below(inner)


def _in_order(fields: list[dataclasses.Field]) -> list[dataclasses.Field]:
    """As configs are usually written: at the top level data, models, evaluation, run; within a
    section what must be given first."""
    order = ("data", "teacher", "student", "evaluation", "run")
    names = [f.name for f in fields]
    if set(names) == set(order):
        return sorted(fields, key=lambda f: order.index(f.name))
    return sorted(fields, key=lambda f: not _required(f))


def _path_of(section: type, within: type = schema.Experiment, path: str = "") -> str:
    """The first place of a section in a config."""
    for f in _in_order(list(dataclasses.fields(within))):
        inner = section_of(typing.get_type_hints(within)[f.name])
        here = f"{path}.{f.name}".lstrip(".")
        if inner is section:
            return here
        if inner is not None and (found := _path_of(section, inner, here)):
            return found
    return ""


def _key(f: dataclasses.Field, hint: Any, meaning: str) -> str:
    mark = "" if f.metadata.get("in_key", True) else "*"
    default = "required" if _required(f) else f"default {_default(f)}"
    text = f"- **`{f.name}`**{mark} ({_type(f, hint)}; {default})"
    return _wrapped(f"{text}: {meaning}", "  ")


def _required(f: dataclasses.Field) -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _default(f: dataclasses.Field) -> str:
    if f.default is not dataclasses.MISSING:
        return f"`{f.default!r}`"
    value = typing.cast(Any, f.default_factory)()
    return "see below" if dataclasses.is_dataclass(value) else f"`{value!r}`"


def _type(f: dataclasses.Field, hint: Any) -> str:
    kind = f.metadata.get("kind")
    if kind is None:
        inner = section_of(hint)
        if inner is None:
            return in_words(hint)
        return "a section or None" if hint != inner else "a section"
    if typing.get_origin(hint) is not list:
        return f"a {kind}" if hint == dict[str, Any] else f"a {kind} or None"
    words = f"a list of {_PLURAL.get(kind, f'{kind}s')}"
    return f"{words}, each with a `weight` (1.0 unless given)" if f.metadata["weighted"] else words


def _meanings(section: type) -> dict[str, str]:
    """field -> the docstring below it. Raises KeyError naming a field without one."""
    tree = ast.parse(Path(schema.__file__).read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for base in reversed(section.__mro__):
        body = classes[base.__name__].body if base.__name__ in classes else []
        for node, below in pairwise(body):
            if isinstance(node, ast.AnnAssign) and isinstance(below, ast.Expr):
                found[ast.unparse(node.target)] = _flat(ast.literal_eval(below.value))
    for f in dataclasses.fields(section):
        if f.name not in found:
            raise KeyError(f"{section.__name__}.{f.name} has no docstring below it")
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


if __name__ == "__main__":
    print(document(), end="")
