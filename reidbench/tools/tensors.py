"""Tensors on disk: only safetensors, complete or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import DataError

from .files import whole_file

if TYPE_CHECKING:
    from torch import Tensor


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
    """Read a safetensors file. Raises DataError naming a file that is absent or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError:
        raise DataError(f"tensor file not found: {path}") from None
    except (SafetensorError, OSError) as error:
        raise DataError(f"damaged tensor file: {path}: {error}") from None


def load_state(module, path: Path) -> None:
    """Load a module's whole state from a safetensors file.

    Raises DataError naming a file that is missing or damaged, or whose names or shapes do not
    fit."""
    try:
        module.load_state_dict(load_tensors(path))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise DataError(f"{path} does not fit the model: {first}") from None
