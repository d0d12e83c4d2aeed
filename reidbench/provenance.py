"""Where each component of a result came from, and on what machine it was made."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import platform
import sys
from pathlib import Path
from typing import Any

from reidbench_registry import Entry

PACKAGES = ("torch", "transformers", "peft", "open_clip_torch", "timm", "accelerate", "numpy")


def component(entry: Entry) -> dict[str, str]:
    """Kind, name, distribution and version of an entry, and a digest of its package's files.

    The digest makes an edited plugin another component, released or not: stages that used the old
    code run again."""
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
    """SHA-256 over the names and bytes of a package's files, compiled files left out."""
    spec = importlib.util.find_spec(package)
    places = (spec and spec.submodule_search_locations) or []
    return content_digest(*map(Path, places))


@functools.cache
def content_digest(*places: Path) -> str:
    """SHA-256 over the names and bytes of files, or of all files below folders."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(place).as_posix().encode() + b"\0")
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def named_files(config: Any) -> dict[str, str]:
    """Every string of a config that names a local file or folder -> a digest of its content, so
    that other weights under the same name are other weights."""
    if isinstance(config, dict):
        config = list(config.values())
    if isinstance(config, list):
        return {name: digest for part in config for name, digest in named_files(part).items()}
    if not isinstance(config, str) or not config or len(config) > 4096 or "\0" in config:
        return {}
    path = Path(config).expanduser()
    return {config: content_digest(path.resolve())} if path.exists() else {}


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


def _version_or_none(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
