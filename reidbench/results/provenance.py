"""Where each component of a result came from, and on what machine it was made."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reidbench_registry import Entry
from reidbench_registry.signature import signature

from ..tools.digests import files_digest, json_digest

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
                digests[name] = files_digest(path.resolve())
    return digests


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
