"""A trained model in a folder: the backbone's own weights, neck and classifier beside them."""

from __future__ import annotations

from pathlib import Path

from ..tools.files import write_json
from ..tools.tensors import load_state, save_tensors
from .model import ReIDModel


def save(model: ReIDModel, labels: dict[str, int], folder: Path) -> None:
    """Write `backbone/`, `neck.safetensors`, `classifier.safetensors` and `labels.json`."""
    (folder / "backbone").mkdir(parents=True)
    model.backbone.save(folder / "backbone")
    if model.neck.state_dict():
        save_tensors(folder / "neck.safetensors", model.neck.state_dict())
    if model.classifier is not None:
        save_tensors(folder / "classifier.safetensors", model.classifier.state_dict())
        write_json(folder / "labels.json", labels)


def load(model: ReIDModel, folder: Path) -> None:
    """Load the backbone and the neck; the classifier is used in training only."""
    model.backbone.load(folder / "backbone")
    if model.neck.state_dict():
        load_state(model.neck, folder / "neck.safetensors")
