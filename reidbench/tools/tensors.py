"""Tensors on disk: only safetensors, complete or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import DataError

from .files import whole_file
from .guarded import as_data_error, check_file
from .terminal import safe

if TYPE_CHECKING:
    from torch import Tensor

MISSING = "tensor file not found"


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write named tensors (made contiguous, on the CPU) as one safetensors file.

    Raises DataError naming a file that cannot be written, for example to a full disk."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    plain = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    with whole_file(path) as part:
        try:
            save_file(plain, part, metadata=dict(metadata) if metadata else None)
        except SafetensorError as error:
            raise DataError(f"cannot write {path}: {error}") from None


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file, memory-mapped. Raises DataError naming a file that is absent or
    damaged.

    The format spends no memory on what a header only declares: safetensors holds every shape and
    offset against the length of the file before it gives out a tensor."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    check_file(path, missing=MISSING)
    with as_data_error(path):
        try:
            return load_file(path)
        except (SafetensorError, KeyError, AttributeError, RuntimeError) as error:
            if "Cannot allocate memory" in str(error):
                raise MemoryError from None
            # The last three: a dtype that this torch does not have.
            raise DataError(f"damaged tensor file: {path}: {error}") from None


def load_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file. Raises DataError as `load_tensors`."""
    from safetensors import SafetensorError, safe_open

    check_file(path, missing=MISSING)
    with as_data_error(path):
        try:
            with safe_open(path, "pt") as file:
                return file.metadata() or {}
        except SafetensorError as error:
            raise DataError(f"damaged tensor file: {path}: {error}") from None


def load_state(module, path: Path) -> None:
    """Load a module's whole state from a safetensors file.

    Raises DataError naming a file that is missing or damaged, or whose names or shapes do not
    fit."""
    try:
        module.load_state_dict(load_tensors(path))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise DataError(f"{path} does not fit the model: {safe(first)}") from None
