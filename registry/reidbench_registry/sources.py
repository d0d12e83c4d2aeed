"""The source of a module that is not imported: it may import torch, or fail."""

from __future__ import annotations

import ast
import functools
import importlib.util
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


def find_spec(module: str) -> ModuleSpec | None:
    """Where a module is, or None. Nothing below its top package is imported."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    name = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    return spec


def read_source(spec: ModuleSpec) -> ast.Module | None:
    """The parsed source; None for a module that has none. Raises OSError, SyntaxError."""
    if not spec.origin or not spec.origin.endswith(".py"):
        return None
    path = Path(spec.origin)
    return _parsed(path, path.stat().st_mtime_ns)


@functools.lru_cache
def _parsed(path: Path, _changed: int) -> ast.Module:
    return ast.parse(path.read_bytes())


def names_in(source: ast.Module) -> set[str]:
    """The functions and classes of a source, and every name that it mentions outside of them."""
    names: set[str] = set()
    todo: list[ast.AST] = [source]
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
