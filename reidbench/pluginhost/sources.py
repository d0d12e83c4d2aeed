"""Whether the target of an entry exists, read from its source without importing it."""

from __future__ import annotations

import ast
import functools
import importlib.util
from importlib.machinery import PathFinder
from pathlib import Path


def missing(target: str) -> str | None:
    """What of "module:attribute" does not exist, or None. Nothing below the plugin's top package
    is imported: it may import torch. What the source does not settle is taken
    to exist."""
    module, _, attribute = target.partition(":")
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    name = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            break
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    if spec is None or name != module:
        return f"there is no module {module!r}"
    if not spec.origin or not spec.origin.endswith(".py"):
        return None
    names = _names(spec.origin, Path(spec.origin).stat().st_mtime_ns)
    if attribute in names or names & {"*", "__getattr__", "globals", "exec"}:
        return None
    return f"{module!r} has no {attribute!r}"


@functools.lru_cache
def _names(file: str, _changed: int) -> set[str]:
    """What a source file mentions by name outside of functions and classes, and these."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(Path(file).read_bytes())]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Name):
            names.add(node.id)
        todo += ast.iter_child_nodes(node)
    return names
