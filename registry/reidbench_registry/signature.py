"""The arguments of an entry's class or function, read from its source without importing it.

A config is checked completely before anything heavy is imported, and an entry's module usually
imports torch. So the source is parsed. Only where that is not enough (an `__init__` inherited from
another module, a re-exported name) the module is imported.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from typing import Any

from .catalog import Entry
from .errors import PluginError
from .sources import find_spec, read_source


@dataclass(frozen=True)
class Signature:
    """The arguments of an entry as a config may give them."""

    parameters: dict[str, bool]
    """name -> whether it is required"""
    takes_any: bool
    """True when the entry has `**kwargs`"""
    summary: str
    """First line of the docstring"""
    files: frozenset[str] = frozenset()
    """Names of parameters whose annotation mentions Path: a file or folder, or several"""


def signature(entry: Entry) -> Signature:
    """The signature of an entry. Raises PluginError when its target does not exist."""
    return _from_source(entry) or _from_object(entry.load())


def _from_source(entry: Entry) -> Signature | None:
    module, _, attribute = entry.target.partition(":")
    spec = find_spec(module)
    if spec is None:
        raise PluginError(f"{entry.kind} {entry.name!r}: there is no module {module}")
    try:
        tree = read_source(spec)
    except (OSError, SyntaxError) as error:
        raise PluginError(f"{entry.kind} {entry.name!r}: {module}: {error}") from error
    if tree is None:
        return None
    definition = next((n for n in tree.body if getattr(n, "name", None) == attribute), None)
    if isinstance(definition, ast.FunctionDef):
        return _of_arguments(definition.args, definition, skip_self=False)
    if isinstance(definition, ast.ClassDef):
        init = [n for n in definition.body if getattr(n, "name", None) == "__init__"]
        if init and isinstance(init[0], ast.FunctionDef):
            return _of_arguments(init[0].args, definition, skip_self=True)
        if _is_dataclass(definition) and not definition.bases:
            return _of_fields(definition)
    return None


_PATH = re.compile(r"\bPath\b")


def _names_file(annotation: ast.expr | None) -> bool:
    return annotation is not None and bool(_PATH.search(ast.unparse(annotation)))


def _summary(node: ast.FunctionDef | ast.ClassDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]


def _of_arguments(
    arguments: ast.arguments, owner: ast.FunctionDef | ast.ClassDef, skip_self: bool
) -> Signature:
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    required = {a.arg: i < first_default for i, a in enumerate(positional)}
    if skip_self:
        required.pop(positional[0].arg)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        required[argument.arg] = default is None
    files = {a.arg for a in (*positional, *arguments.kwonlyargs) if _names_file(a.annotation)}
    return Signature(
        required, arguments.kwarg is not None, _summary(owner), frozenset(files & required.keys())
    )


def _is_dataclass(definition: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(d) for d in definition.decorator_list)


def _of_fields(definition: ast.ClassDef) -> Signature:
    fields = [n for n in definition.body if isinstance(n, ast.AnnAssign)]
    fields = [n for n in fields if "ClassVar" not in ast.unparse(n.annotation)]
    required = {ast.unparse(n.target): n.value is None for n in fields}
    files = {ast.unparse(n.target) for n in fields if _names_file(n.annotation)}
    return Signature(required, False, _summary(definition), frozenset(files))


def _from_object(target: Any) -> Signature:
    parameters = inspect.signature(target).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return Signature(
        parameters={p.name: p.default is p.empty for p in named},
        takes_any=any(p.kind is p.VAR_KEYWORD for p in parameters),
        summary=(inspect.getdoc(target) or "").partition("\n")[0],
        # An annotation is a string, a class or a union: all say their name.
        files=frozenset(p.name for p in named if _PATH.search(str(p.annotation))),
    )
