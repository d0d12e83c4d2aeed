"""Whether a value of a config fits the type of its field, and that type in words."""

from __future__ import annotations

import types
import typing
from typing import Any


def fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if isinstance(hint, types.UnionType):
        return any(fits(value, option) for option in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(fits(v, typing.get_args(hint)[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def in_words(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return " or ".join(in_words(o) for o in typing.get_args(hint))
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(repr(a) for a in typing.get_args(hint))
    if typing.get_origin(hint) is list:
        inner = typing.get_args(hint)[0]
        return f"a list of {'strings' if inner is str else in_words(inner)}"
    if typing.get_origin(hint) is dict:
        return "dict(type=...)"
    return {float: "a number", int: "an integer", str: "a string", bool: "True or False"}.get(
        hint, "None" if hint is types.NoneType else str(hint)
    )
