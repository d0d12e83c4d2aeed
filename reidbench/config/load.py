"""A config file -> a plain dict. Python configs are the user's own code; the others are data."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError


def load(path: Path) -> dict[str, Any]:
    """Read a .py config (with `_base_` inheritance) or a .json/.toml one.

    mmengine runs code for every format (`_base_` may name a .py file, `custom_imports` imports,
    `{{$VAR}}` reads the environment), so only .py goes through it. Raises ConfigError."""
    if not path.is_file():
        raise ConfigError(f"config not found: {path}")
    readers = {".py": _load_python, ".json": _load_data, ".toml": _load_data}
    if path.suffix not in readers:
        raise ConfigError(f"{path}: a config is a .py, .json or .toml file")
    config = readers[path.suffix](path)
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: the top level of a config is a table of sections")
    return {key: value for key, value in config.items() if not key.startswith("_")}


def _load_data(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        config = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if isinstance(config, dict) and "_base_" in config:
        raise ConfigError(f"{path}: _base_ works in .py configs only")
    return config


def _load_python(path: Path) -> Any:
    from mmengine.config import Config

    try:
        # lazy_import=False: mmengine would take any config with an import for one of its lazy
        # ones and fail with an empty message.
        config = Config.fromfile(
            path,
            import_custom_modules=False,
            use_environment_variables=False,
            lazy_import=False,
        )
    except Exception as error:
        # The config is code: it can fail in any way, and every way is its author's to mend.
        message = str(error).strip().partition("\n")[0] or "no message"
        raise ConfigError(f"{path}: {type(error).__name__}: {message}") from error
    return _plain(config.to_dict(), path.name)


def _plain(value: Any, where: str) -> Any:
    """The same value in JSON's types. A class or a function in a config is refused: a config
    names entries, so that it can be checked, saved and compared."""
    if isinstance(value, dict):
        return {str(k): _plain(v, f"{where}: {k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, where) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ConfigError(f"{where}: {value!r} is not plain data (give entries by name)")
