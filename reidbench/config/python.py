"""A Python config -> a plain dict: the file is run, then merged over those that `_base_` names.

The rules are those of mmengine's configs (`_base_`, `_delete_`), with two more: an entry of another
`type` does not inherit the arguments of the base's, and `_base_` may name a shipped config.
"""

from __future__ import annotations

import logging
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError

from .plain import plain
from .shipped import shipped

LOG = logging.getLogger(__name__)
BASE = "_base_"
DELETE = "_delete_"
"""`dict(_delete_=True, ...)` replaces the base's dict as a whole."""


def load_python(
    path: Path, read: Callable[[Path], Any], above: tuple[Path, ...] = ()
) -> dict[str, Any]:
    """The config at `path` over its bases; `read` reads those that are no Python. A line of the log
    says where arguments of a base are left out. Raises ConfigError."""
    if path.resolve() in above:
        raise ConfigError(f"{path}: {BASE} leads back to this file")
    above = (*above, path.resolve())
    given = _run(path)
    names = given.pop(BASE, [])
    merged: dict[str, Any] = {}
    for name in [names] if isinstance(names, str) else names:
        base = _base(path, name)
        values = load_python(base, read, above) if base.suffix == ".py" else read(base)
        if not isinstance(values, dict):
            raise ConfigError(f"{base}: the top level of a config is a table of sections")
        if twice := merged.keys() & values.keys():
            raise ConfigError(f"{path}: several of its bases set {', '.join(sorted(twice))}")
        merged |= values
    values = plain({k: v for k, v in given.items() if not k.startswith("_")}, path.name)
    return _merge(merged, values, path.name)


def _run(path: Path) -> dict[str, Any]:
    """The names that the file sets, without what it imports or defines."""
    names: dict[str, Any] = {"__file__": str(path), "__name__": path.stem}
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), names)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The config is code: it can fail in any way, and every way is its author's to mend.
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if _of(f, path)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        words = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
        place = f"{path}, line {line}" if line else f"{path}"
        raise ConfigError(f"{place}: {type(error).__name__}: {words or 'no message'}") from error
    code = types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type
    return {
        name: value
        for name, value in names.items()
        if not name.startswith("__") and not isinstance(value, code)
    }


def _of(frame: traceback.FrameSummary, path: Path) -> bool:
    return frame.filename == str(path)


def _base(path: Path, name: Any) -> Path:
    if not isinstance(name, str):
        raise ConfigError(f"{path}: {BASE} names files, got {name!r}")
    base = path.parent / name
    if base.is_file() and base.suffix in (".py", ".json", ".toml"):
        return base
    if (found := shipped().get(name)) is not None:
        return found
    raise ConfigError(f"{path}: {BASE} {name!r} is neither a config nor the name of a shipped one")


def _merge(base: dict[str, Any], given: dict[str, Any], where: str) -> dict[str, Any]:
    """`given` over `base`; sections are merged, lists replaced."""
    merged = dict(base)
    for key, value in given.items():
        place = f"{where}: {key}" if ": " not in where else f"{where}.{key}"
        if not isinstance(value, dict):
            merged[key] = value
            continue
        whole = bool(value.get(DELETE, False))
        before = merged.get(key)
        if key in merged and not whole and (why := _replaces(before, value)):
            LOG.warning("%s: %s", place, why)
            whole = True
        merged[key] = _merge(before if isinstance(before, dict) and not whole else {}, value, place)
    merged.pop(DELETE, None)
    return merged


def _replaces(before: Any, value: dict[str, Any]) -> str | None:
    """Why a dict takes the place of the base's value, although nobody asked for it, or None."""
    if not isinstance(before, dict):
        return f"replaces {before!r} of the base"
    kinds = before.get("type"), value.get("type")
    if None in kinds or kinds[0] == kinds[1]:
        return None
    left_out = [name for name in before if name != "type" and name not in value]
    arguments = f", whose {', '.join(left_out)} {_are(left_out)} left out" if left_out else ""
    return f"{kinds[1]!r} replaces {kinds[0]!r} of the base{arguments}"


def _are(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"
