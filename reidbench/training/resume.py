"""An interrupted training continues from its last checkpoint.

A checkpoint holds everything that the next step depends on: a resumed training ends in the same
weights, bit for bit, as one that was never interrupted. `step-<number>/` in the stage's partial
folder appears by one rename: `state.safetensors` holds the tensors, `state.json` the rest.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from reidbench_registry import DataError

from ..tools.files import whole_folder, write_json
from ..tools.tensors import load_tensors, save_tensors

TENSORS, REST = "state.safetensors", "state.json"


class Checkpoints:
    """Checkpoints of one training in `folder`, of which the newest is kept."""

    def __init__(self, folder: Path, minutes: float | None) -> None:
        """`minutes` between two checkpoints; 0: after every step; None: never."""
        self.folder = folder
        self._seconds = None if minutes is None else 60 * minutes
        self._last = time.monotonic()

    @property
    def wanted(self) -> bool:
        """Whether checkpoints are taken at all."""
        return self._seconds is not None

    def due(self) -> bool:
        """Whether it is time for one."""
        return self._seconds is not None and time.monotonic() - self._last >= self._seconds

    def save(self, step: int, state: Mapping[str, Any]) -> None:
        """Write `state`, nested dicts and lists of tensors and plain values; drop older ones."""
        tensors: dict[str, Tensor] = {}
        rest = _pack(state, "", tensors)
        place = self.folder / f"step-{step:08}"
        shutil.rmtree(place, ignore_errors=True)
        with whole_folder(place) as part:
            save_tensors(part / TENSORS, tensors)
            write_json(part / REST, {"step": step, "state": rest})
        for older in self._folders()[:-1]:
            shutil.rmtree(older, ignore_errors=True)
        self._last = time.monotonic()

    def load(self) -> tuple[int, dict[str, Any]] | None:
        """(number of steps done, state) of the newest; None without one.

        Raises DataError for one that is damaged."""
        folders = self._folders()
        if not folders:
            return None
        place = folders[-1]
        tensors = load_tensors(place / TENSORS)
        try:
            written = json.loads((place / REST).read_text(encoding="utf-8"))
            return int(written["step"]), _unpack(written["state"], tensors)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"damaged checkpoint: {place}: {error}") from None

    def _folders(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def trainable_state(module: nn.Module) -> dict[str, Tensor]:
    """What training changes in a module: trained parameters, and the buffers of its state."""
    trained = {name: p.data for name, p in module.named_parameters() if p.requires_grad}
    kept = module.state_dict().keys()
    return trained | {name: b for name, b in module.named_buffers() if name in kept}


def load_trainable_state(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy what `trainable_state` returned into the module. Raises DataError when it does not
    fit."""
    own = trainable_state(module)
    wrong = own.keys() ^ state.keys()
    wrong |= {name for name in own.keys() & state.keys() if own[name].shape != state[name].shape}
    if wrong:
        raise DataError(f"the checkpoint does not fit the model at {min(wrong)}")
    for name, tensor in own.items():
        tensor.copy_(state[name])


def _pack(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """`value` as JSON, its tensors moved to `tensors`. A dict becomes a list of pairs: its keys may
    be numbers."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"dict": [[k, _pack(v, f"{name}.{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_pack(v, f"{name}.{i}", tensors) for i, v in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: a {type(value).__name__} cannot stand in a checkpoint")


def _unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpack(v, tensors) for v in value]
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {k: _unpack(v, tensors) for k, v in value["dict"]}
    return value
