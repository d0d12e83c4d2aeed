"""A config file -> a plain dict. Python configs are the user's own code; the others are data."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError

from .python import load_python
from .shipped import SUFFIXES


def load(path: Path) -> dict[str, Any]:
    """Read a .py config (with `_base_` inheritance) or a .json/.toml one.

    Only a .py config runs code or names other files. Raises ConfigError."""
    if not path.is_file():
        raise ConfigError(f"config not found: {path}")
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: a config is a .py, .json or .toml file")
    config = load_python(path, _load_data) if path.suffix == ".py" else _load_data(path)
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
