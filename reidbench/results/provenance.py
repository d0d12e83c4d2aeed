"""Where each component of a result came from, and on what machine it was made."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, Entry
from reidbench_registry.signature import signature

from ..tools.digests import files_digest, json_digest

MOST_FILES = 10_000
"""A folder that an argument names may hold so many: its content is hashed."""
PACKAGES = ("torch", "transformers", "peft", "open_clip_torch", "timm", "accelerate", "numpy")


def component(entry: Entry) -> dict[str, str]:
    """Kind, name, distribution and version of an entry, and a digest of its package's files.

    The digest makes an edited plugin another component, even under the same version: stages that
    used the old code run again."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "package": entry.owner.package,
        "distribution": entry.owner.distribution,
        "version": entry.owner.version,
        "source": package_digest(entry.target.partition(":")[0].partition(".")[0]),
    }


@functools.cache
def package_digest(package: str) -> str:
    """Of the files of a package that this process may import."""
    spec = importlib.util.find_spec(package)
    places = (spec and spec.submodule_search_locations) or []
    return json_digest([files_digest(Path(place)) for place in places])[:16]


def named_files(entry: Entry, cfg: Mapping[str, Any]) -> dict[str, str]:
    """argument -> digest of the content, for every argument of an entry that names a file or folder
    that exists: other weights under the same name are other weights.

    Which arguments name files is declared by their annotation (`Path`): a folder that happens to
    be called like another argument's value means nothing."""
    digests = {}
    for name in signature(entry).files:
        value = cfg.get(name)
        if isinstance(value, str) and value and "\0" not in value:
            path = Path(value).expanduser()
            if path.exists():
                _check_size(path, f"{entry.kind} {entry.name!r}: {name}={value!r}")
                digests[name] = files_digest(path.resolve())
    return digests


def _check_size(path: Path, what: str) -> None:
    """Raises ConfigError for a folder that is no folder of weights, before it is read."""
    if path.is_dir() and any(True for _ in islice(path.rglob("*"), MOST_FILES, None)):
        raise ConfigError(f"{what} is a folder of more than {MOST_FILES:,} files")


def version() -> str:
    return importlib.metadata.version("reidbench")


def environment() -> dict[str, Any]:
    """Versions and machine, for the run folder."""
    import torch

    packages = {name: _version_or_none(name) for name in PACKAGES}
    return {
        "reidbench": version(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "packages": packages,
    }


def summary(device: str) -> dict[str, Any]:
    """The part of the environment that changes the last digits, for the result."""
    import torch

    return {
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "device": device,
        "threads": torch.get_num_threads(),
    }


def _version_or_none(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
