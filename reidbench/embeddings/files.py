"""Embeddings from a file or from arrays: any model in any framework can be scored.

`.safetensors`: a tensor `features[N, D]`; the item ids as a JSON list under `item_ids` in the
metadata, or beside the file. `.npz`: arrays `features[N, D]` and `item_ids[N]` (strings, never
pickled objects). `.npy`: features[N, D]; the item ids beside the file. Beside: a JSON list
`items.json` (as a bank has it), or `item_ids.txt` with one id in each line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reidbench_registry import DataError

from ..tools.arrays import read_npy, read_npz
from ..tools.digests import file_digest
from ..tools.guarded import TABLE, as_data_error, check_file, json_parser, read_json, read_text
from ..tools.tensors import load_metadata, load_tensors
from ..tools.terminal import quoted, safe
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
    if path.suffix not in READERS:
        raise DataError(f"{path}: embeddings are a .safetensors, .npz or .npy file")
    check_file(path, TABLE, MISSING)
    features, item_ids = READERS[path.suffix](path)
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
    if features.ndim != 2 or 0 in features.shape or features.dtype not in DTYPES:
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
            f"{name}: {len(repeated)} item ids occur more than once, first {quoted(repeated[0])}"
        )
    broken = rows_not_finite(features)
    if broken:
        named = ", ".join(f"{quoted(item_ids[i])} (row {i})" for i in broken[:3])
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise DataError(f"{name}: features are not finite: {named}{more}")
    return Embeddings(features, item_ids)


def _safetensors(path: Path) -> tuple[Tensor, Any]:
    tensors = load_tensors(path)
    if "features" not in tensors:
        names = safe(", ".join(list(tensors)[:10]))
        raise DataError(f"{path}: there is no tensor 'features' (it has {names})")
    ids = load_metadata(path).get("item_ids")
    if ids is None:
        return tensors["features"], _ids_beside(path, "metadata item_ids")
    with as_data_error(path.with_name(f"{path.name}: metadata item_ids")):
        return tensors["features"], json_parser()(ids)


def _npz(path: Path) -> tuple[Tensor, Any]:
    arrays = read_npz(path, ("features", "item_ids"), MISSING)
    features, item_ids = arrays["features"], arrays["item_ids"]
    return _tensor(path, features), _strings(path, item_ids)


def _npy(path: Path) -> tuple[Tensor, Any]:
    return _tensor(path, read_npy(path, "features", MISSING)), _ids_beside(path)


def _tensor(path: Path, features: np.ndarray) -> Tensor:
    with as_data_error(path):
        return torch.from_numpy(features)


def _strings(path: Path, item_ids: np.ndarray) -> Any:
    with as_data_error(path):  # numpy's strings may hold what is no character
        found = item_ids.tolist()
        for item in found if isinstance(found, list) else ():
            if isinstance(item, str):
                item.encode()
        return found


def _ids_beside(path: Path, *elsewhere: str) -> Any:
    """The ids in a file beside `path`: a JSON list, or a text with one in each line."""
    for name, read in BESIDE.items():
        beside = path.with_name(name)
        if beside.exists():
            return read(beside)
    places = " nor ".join([*elsewhere, *(f"{name} beside it" for name in BESIDE)])
    raise DataError(f"{path}: no item ids (neither {places})")


def _json_list(path: Path) -> Any:
    return read_json(path, TABLE)


def _lines(path: Path) -> list[str]:
    return [line.removesuffix("\r") for line in read_text(path, TABLE).rstrip("\r\n").split("\n")]


MISSING = "embedding file not found"
READERS: dict[str, Callable[[Path], tuple[Tensor, Any]]] = {
    ".safetensors": _safetensors,
    ".npz": _npz,
    ".npy": _npy,
}
BESIDE: dict[str, Callable[[Path], Any]] = {"items.json": _json_list, "item_ids.txt": _lines}
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
