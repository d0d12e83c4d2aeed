"""The Python API: load a model of a run, embed with it, score embeddings (docs/api.md)."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError, Record

if TYPE_CHECKING:
    import numpy as np
    import torch
    from PIL.Image import Image

    from .models.model import ReIDModel
    from .results.record import ResultRecord

    Array = np.ndarray | torch.Tensor

BATCH = 128  # items that are embedded at once
Named = str | Mapping[str, Any]
"""An entry: its name, or `dict(type=name, ...)` with arguments, as in a config."""


class Model:
    """A trained model (`name`: `student` or `teacher`), ready to embed `modalities` into vectors of
    `dim` numbers. `module` is its torch module: backbone and neck."""

    def __init__(self, name: str, module: ReIDModel, device: torch.device) -> None:
        self.name, self.module, self._device = name, module, device
        self.modalities, self.dim = module.backbone.modalities, module.backbone.embed_dim

    def embed(
        self, items: Sequence[str | Path | Image], modality: str, normalise: bool = True
    ) -> np.ndarray:
        """Photos (paths or PIL images) of a modality, or sentences for the modality `text` ->
        float32[N, D], row i of items[i]; L2-normalised unless `normalise=False`.

        Raises ConfigError for a modality that the model does not embed and for items that are no
        list of these types, DataError naming a file that cannot be read."""
        import torch

        from .embeddings.extract import extract

        if modality not in self.modalities:
            known = ", ".join(sorted(self.modalities))
            raise ConfigError(f"the {self.name} does not embed {modality!r} (it embeds {known})")
        if isinstance(items, str) or not isinstance(items, Sequence):
            raise ConfigError(f"expected a list of items, got {type(items).__name__}")
        with tempfile.TemporaryDirectory() as folder:
            records = [_record(item, i, modality, Path(folder)) for i, item in enumerate(items)]
            if not records:
                return torch.zeros(0, self.dim).numpy()
            made = extract(self.module, records, BATCH, self._device, 0, lambda x, *_: x, "")
        features = made.features
        return (torch.nn.functional.normalize(features) if normalise else features).numpy()


def _record(item: str | Path | Image, number: int, modality: str, folder: Path) -> Record:
    """An item as the record that backbones take. An image goes through a lossless file."""
    from PIL.Image import Image

    text, path = None, None
    if modality == "text" and isinstance(item, str):
        text = item
    elif modality != "text" and isinstance(item, str | Path):
        path = item
    elif modality != "text" and isinstance(item, Image):
        path = folder / f"{number}.png"
        item.convert("RGB").save(path, compress_level=1)
    else:
        wanted = "a string" if modality == "text" else "a path or a PIL image"
        raise ConfigError(f"item {number}: expected {wanted}, got {type(item).__name__}")
    return Record(f"item {number}", "", "test", modality, "", path=path, text=text)


def load_model(run_folder: str | Path, model: str = "student", device: str = "auto") -> Model:
    """The `student` or the `teacher` of a finished run. Raises DataError for a folder that is no
    finished run, ConfigError for a model that it does not have or a device that torch lacks."""
    from .run.transfer import open_model

    return Model(model, *open_model(Path(run_folder), model, device))


def score(
    features: Array,
    item_ids: Sequence[str],
    manifest: str | Path,
    *,
    task: Named | None = None,
    protocol: Named | None = None,
    gallery: tuple[Array, Sequence[str]] | None = None,
    metrics: Sequence[Named] | None = None,
    mode: str = "scored",
    trained_on: Sequence[str] = (),
) -> ResultRecord:
    """Score features[N, D] of N items that the manifest lists, by a task or a protocol: the record
    that `reidbench score` makes. `gallery`: features and item ids of the gallery, when another
    model made them. A task that cannot be answered is left out with a warning.

    Raises ConfigError for a wrong name or argument, DataError for data that do not fit together."""
    from .config.schema import METRICS
    from .embeddings.files import from_arrays
    from .evaluation.chosen import choose
    from .pluginhost import PluginHost
    from .results.from_files import score_embeddings

    if (task is None) == (protocol is None):
        raise ConfigError("expected either a task or a protocol")
    if isinstance(trained_on, str):
        raise ConfigError(f"trained_on: expected a list of names, got {trained_on!r}")
    kind, named = ("task", task) if protocol is None else ("protocol", protocol)
    chosen = choose(PluginHost(), kind, _cfg(named), [_cfg(m) for m in metrics or METRICS])
    query = from_arrays("features", features, item_ids)
    other = query if gallery is None else from_arrays("gallery", *gallery)
    made = score_embeddings(Path(manifest), chosen, query, other, mode, warnings.warn, trained_on)
    return made[0]


def _cfg(named: Any) -> Any:
    return {"type": named} if isinstance(named, str) else named
