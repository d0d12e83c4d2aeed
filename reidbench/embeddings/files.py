"""Embeddings from a file or from arrays: any model in any framework can be scored.

`.safetensors`: a tensor `features[N, D]`; the item ids as a JSON list under `item_ids` in the
metadata, or in `items.json` beside the file (as a bank has them). `.npz`: arrays `features[N, D]`
and `item_ids[N]` (strings, never pickled objects).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reidbench_registry import DataError

from ..tools.digests import file_digest
from ..tools.tensors import load_tensors
from .embeddings import Embeddings
from .norms import rows_not_finite


@dataclass(frozen=True)
class Submission:
    """Embeddings that were made anywhere, and what a result says about them."""

    name: str
    """For messages: the path of the file, or what the arrays are."""
    embeddings: Embeddings
    source: dict[str, Any]
    """File name (None for arrays), SHA-256, shape, dtype"""


def read_embeddings(path: Path) -> Submission:
    """Read and check an embedding file.

    Raises DataError naming the file: missing, damaged, without features or ids, not [N, D] floating
    point numbers, another number of ids than of rows, an id that occurs twice, values that are not
    finite (with their items)."""
    readers = {".safetensors": _safetensors, ".npz": _npz}
    if path.suffix not in readers:
        raise DataError(f"{path}: embeddings are a {' or '.join(readers)} file")
    if not path.is_file():
        raise DataError(f"embedding file not found: {path}")
    features, item_ids = readers[path.suffix](path)
    embeddings = _checked(str(path), features, item_ids)
    source = {"file": path.name, "sha256": file_digest(path)}
    return Submission(str(path), embeddings, source | _form(features))


def from_arrays(name: str, features: Any, item_ids: Any) -> Submission:
    """The same from features[N, D], a tensor or what numpy takes for an array, and N item ids.
    Raises DataError that begins with `name`."""
    try:
        tensor = features if isinstance(features, Tensor) else torch.from_numpy(np.array(features))
        ids = item_ids.tolist() if isinstance(item_ids, np.ndarray) else list(item_ids)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: {error}") from None
    tensor = tensor.detach().cpu().contiguous()
    embeddings = _checked(name, tensor, ids)
    digest = hashlib.sha256(tensor.view(torch.uint8).numpy().tobytes()).hexdigest()
    return Submission(name, embeddings, {"file": None, "sha256": digest} | _form(tensor))


def _form(features: Tensor) -> dict[str, Any]:
    dtype = str(features.dtype).removeprefix("torch.")
    return {"shape": list(features.shape), "dtype": dtype}


def _checked(name: str, features: Tensor, item_ids: Any) -> Embeddings:
    if features.ndim != 2 or 0 in features.shape or not features.is_floating_point():
        dtype = str(features.dtype).removeprefix("torch.")
        raise DataError(
            f"{name}: expected floating point features[N, D], got {dtype}{list(features.shape)}"
        )
    if not isinstance(item_ids, list) or not all(isinstance(i, str) for i in item_ids):
        raise DataError(f"{name}: item ids are no list of strings")
    if len(item_ids) != len(features):
        raise DataError(f"{name}: {len(features)} features for {len(item_ids)} item ids")
    repeated = [item for item, n in Counter(item_ids).items() if n > 1]
    if repeated:
        raise DataError(
            f"{name}: {len(repeated)} item ids occur more than once, first {repeated[0]!r}"
        )
    broken = rows_not_finite(features)
    if broken:
        named = ", ".join(f"{item_ids[i]!r} (row {i})" for i in broken[:3])
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise DataError(f"{name}: features are not finite: {named}{more}")
    return Embeddings(features, item_ids)


def _safetensors(path: Path) -> tuple[Tensor, Any]:
    from safetensors import safe_open

    tensors = load_tensors(path)
    if "features" not in tensors:
        raise DataError(f"{path}: there is no tensor 'features' (it has {', '.join(tensors)})")
    with safe_open(path, "pt") as file:
        ids = (file.metadata() or {}).get("item_ids")
    where = f"{path}: metadata item_ids"
    beside = path.with_name("items.json")
    try:
        if ids is None:
            where, ids = str(beside), beside.read_text(encoding="utf-8")
        return tensors["features"], json.loads(ids)
    except FileNotFoundError:
        raise DataError(
            f"{path}: no item ids (neither metadata item_ids nor {beside.name} beside it)"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{where}: {error}") from None


def _npz(path: Path) -> tuple[Tensor, Any]:
    try:
        # Never pickle: loading an archive must not run code.
        with np.load(path, allow_pickle=False) as archive:
            if lacking := {"features", "item_ids"} - set(archive.files):
                raise DataError(f"{path}: there is no array {sorted(lacking)[0]!r}")
            features, item_ids = archive["features"], archive["item_ids"]
        return torch.from_numpy(features), item_ids.tolist()
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path}: {str(error).partition(chr(10))[0]}") from None
