"""The embeddings of some identities in two dimensions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from reidbench_registry import ConfigError, Record

from ..embeddings import Embeddings
from .inputs import Method
from .neighbours import projection

MOST_POINTS = 1500
NAMES: Mapping[Method, str] = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_NEEDS: Mapping[Method, tuple[str, str]] = {
    "tsne": ("sklearn.manifold", "scikit-learn"),
    "umap": ("umap", "umap-learn"),
}


def check_method(method: Method) -> None:
    """Raises ConfigError for a method whose library is not installed."""
    if method not in _NEEDS:
        return
    module, package = _NEEDS[method]
    try:
        importlib.import_module(module)
    except ImportError:
        raise ConfigError(
            f"--map {method} needs {package}: pip install 'reidbench[report]'"
        ) from None


def chosen_items(records: Sequence[Record], seed: int = 0) -> list[str]:
    """The items of whole identities, drawn at random, as long as they are at most MOST_POINTS; of
    a single identity that has more, the first ones."""
    of_pid: dict[str, list[str]] = {}
    for r in records:
        if not r.members:
            of_pid.setdefault(r.pid, []).append(r.item_id)
    people = sorted(of_pid)
    items: list[str] = []
    for i in np.random.default_rng(seed).permutation(len(people)):
        more = of_pid[people[i]]
        if len(items) + len(more) <= MOST_POINTS:
            items += more
        elif not items:
            items = more[:MOST_POINTS]
    return items


def embedding_map(
    bank: Embeddings, items: Sequence[str], method: Method = "pca", seed: int = 0
) -> dict[str, Any] | None:
    """The place of each item that the bank has, by its L2-normalised feature; None for fewer than
    three. `explained`: the two fractions of the variance that a PCA keeps."""
    items = [item for item in items if item in bank.row]
    if len(items) < 3:
        return None
    rows = torch.tensor([bank.row[item] for item in items])
    features = functional.normalize(bank.features[rows].float(), dim=1)
    explained = None
    if method == "pca":
        found, explained = projection(features)
        places = found.numpy()
    else:
        places = _neighbours(features, method, seed)
    scale = float(np.abs(places).max()) or 1.0
    digits = max(0, 4 - int(np.floor(np.log10(scale))))
    x, y = (np.round(column, digits).tolist() for column in places.T.astype(float))
    return {
        "method": NAMES[method], "explained": explained, "x": x, "y": y, "item": items,
    }  # fmt: skip


def _neighbours(features: Tensor, method: Method, seed: int) -> np.ndarray:
    check_method(method)
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(features) - 1) / 3)
        made = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    else:
        from umap import UMAP

        made = UMAP(n_neighbors=min(15, len(features) - 1), random_state=seed)
    return np.asarray(made.fit_transform(features.numpy()))
