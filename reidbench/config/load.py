"""A config file -> a plain dict. Python configs are the user's own code; the others are data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DataError

from ..tools.guarded import (
    SETTINGS,
    as_data_error,
    check_depth,
    check_file,
    json_parser,
    read_text,
)
from .plain import plain
from .python import load_python
from .shipped import SUFFIXES

MISSING = "config not found"
DOTS = 200
"""Dots in a line of TOML. Each part of a dotted key costs as much as all before it."""


def load(path: Path) -> dict[str, Any]:
    """Read a .py config (with `_base_` inheritance) or a .json/.toml one.

    Only a .py config runs code or names other files. Raises ConfigError."""
    try:
        check_file(path, SETTINGS, MISSING)
    except DataError as error:
        raise ConfigError(str(error)) from None
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: a config is a .py, .json or .toml file")
    config = load_python(path, _load_data) if path.suffix == ".py" else _load_data(path)
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: the top level of a config is a table of sections")
    return {key: value for key, value in config.items() if not key.startswith("_")}


def _load_data(path: Path) -> Any:
    try:
        text = read_text(path, SETTINGS, MISSING)
        with as_data_error(path):
            config = json_parser()(text) if path.suffix == ".json" else _toml(text)
    except DataError as error:
        raise ConfigError(str(error)) from None
    if isinstance(config, dict) and "_base_" in config:
        raise ConfigError(f"{path}: _base_ works in .py configs only")
    return plain(config, path.name)


def _toml(text: str) -> Any:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > DOTS:
            raise ValueError(f"line {number}: more than {DOTS} dots")
    config = tomllib.loads(text)
    check_depth(config)
    return config
