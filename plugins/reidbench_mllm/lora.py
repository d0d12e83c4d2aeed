"""LoRA and DoRA adapters, through PEFT: which modules they go to, and with which settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

from reidbench.tools.files import write_json
from reidbench.tools.tensors import load_tensors, save_tensors
from reidbench_registry import ConfigError, DataError, did_you_mean

from .checkpoint import quiet, seeded

SETTINGS = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_INITS: dict[str, bool | str] = {"gaussian": "gaussian", "kaiming": True}
_BLOCK = re.compile(r".*\.(visual\.blocks|language_model\.layers)\.(\d+)\..+")
_ALWAYS = re.compile(r".*\.(attn\.(qkv|proj)|self_attn\.[qkvo]_proj|merger\.mlp\.[02])")
# Key prefixes of adapters made with transformers before 4.52.
_OLD_NAMES = (
    ("base_model.model.model.layers.", "base_model.model.model.language_model.layers."),
    ("base_model.model.visual.", "base_model.model.model.visual."),
)


def _every_4th(index: int, depth: int) -> bool:
    return index % 4 == 0 or index == depth - 1


def _last_2(index: int, depth: int) -> bool:
    return index >= depth - 2


def _last_4_alternate(index: int, depth: int) -> bool:
    return index >= depth - 4 or index % 2 == 0


# Scheme -> (attention of all blocks and not only the chosen, which blocks are adapted whole).
_SCHEMES: dict[str, tuple[bool, Callable[[int, int], bool]]] = {
    "attention": (True, lambda index, depth: False),
    "hier_every4": (False, _every_4th),
    "hier_last2": (True, _last_2),
    "hier_last4_alternate": (True, _last_4_alternate),
    "all-linear": (True, lambda index, depth: True),
}
SCHEMES = tuple(_SCHEMES)


def target_modules(model: nn.Module, scheme: str) -> list[str]:
    """Qualified names of the linear layers of a Qwen2-VL that `scheme` adapts, in model order.

    - `attention`: attention projections of both towers and the merger's MLP;
    - `hier_every4`: every linear of blocks 0, 4, 8, ... and the last of each tower, the merger;
    - `hier_last2`: as `attention`, and the MLPs of the last 2 blocks of each tower;
    - `hier_last4_alternate`: as `attention`, and the MLPs of the last 4 and all even blocks;
    - `all-linear`: every linear of both towers and the merger.

    The first four are those of the code released with arXiv 2602.12936, which runs the first."""
    attention, chosen = _SCHEMES[scheme]
    # Linears only: by suffix, `proj` would also match the patch embedding's convolution.
    names = [name for name, module in model.named_modules() if type(module) is nn.Linear]
    depth: dict[str, int] = {}
    for name in names:
        if block := _BLOCK.fullmatch(name):
            depth[block[1]] = max(depth.get(block[1], 0), int(block[2]) + 1)

    def adapted(name: str) -> bool:
        block = _BLOCK.fullmatch(name)
        if block and chosen(int(block[2]), depth[block[1]]):
            return True
        return bool(_ALWAYS.fullmatch(name)) and (attention or not block)

    return [name for name in names if adapted(name)]


@dataclass(frozen=True)
class Lora:
    """Settings of an adapter; the defaults are the authors' (released code of arXiv 2602.12936)."""

    scheme: str = "attention"
    r: int = 16
    alpha: float = 64
    dropout: float = 0.1
    dora: bool = True
    init: str = "gaussian"

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Lora:
        """From a config's dict. Raises ConfigError for unknown keys and wrong values."""
        if not isinstance(given, Mapping):
            raise ConfigError(f"lora: expected None or dict(scheme=..., r=..., ...), got {given!r}")
        known = [field.name for field in fields(cls)]
        for key in given:
            if key not in known:
                raise ConfigError(f"lora: unknown key {key!r}{did_you_mean(str(key), known)}")
        lora = cls(**given)
        for key, choices in (("scheme", SCHEMES), ("init", tuple(_INITS))):
            value = getattr(lora, key)
            if value not in choices:
                near = did_you_mean(str(value), choices)
                raise ConfigError(f"lora: {key}={value!r} is none of {', '.join(choices)}{near}")
        if type(lora.r) is not int or lora.r < 1:
            raise ConfigError(f"lora: r={lora.r!r} must be a whole number of at least 1")
        if type(lora.alpha) not in (int, float) or lora.alpha <= 0:
            raise ConfigError(f"lora: alpha={lora.alpha!r} must be a positive number")
        if type(lora.dropout) not in (int, float) or not 0 <= lora.dropout < 1:
            raise ConfigError(f"lora: dropout={lora.dropout!r} must be a number in [0, 1)")
        if type(lora.dora) is not bool:
            raise ConfigError(f"lora: dora={lora.dora!r} must be true or false")
        return lora

    def describe(self) -> str:
        """The settings in one line."""
        return (
            f"{'DoRA' if self.dora else 'LoRA'}, scheme {self.scheme}, rank {self.r}, "
            f"alpha {self.alpha:g}, dropout {self.dropout:g}, {self.init} initialisation"
        )

    def attach(self, model: nn.Module, seed: int | None = None) -> PeftModel:
        """Freeze `model` and put the adapter into it, initialised from `seed`."""
        config = LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_dora=self.dora,
            init_lora_weights=_INITS[self.init],
            target_modules=target_modules(model, self.scheme),
        )
        with quiet(), seeded(seed):
            return get_peft_model(model, config)


def save_adapter(model: PeftModel, weights: str, folder: Path) -> None:
    """Write a folder that PeftModel.from_pretrained opens, over the base model `weights`."""
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    save_tensors(folder / WEIGHTS, state, {"format": "pt"})
    settings = model.peft_config["default"].to_dict() | {
        "base_model_name_or_path": weights,
        "inference_mode": True,
    }
    plain = {k: sorted(v) if isinstance(v, set) else v for k, v in settings.items()}
    write_json(folder / SETTINGS, plain)


def load_adapter(model: PeftModel, lora: Lora, folder: Path) -> None:
    """Take the weights of a PEFT folder, the authors' included, whose modules go by older names.

    Raises DataError when a file is missing or damaged, or made with other settings than `lora`."""
    path = folder / SETTINGS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        kept = {k: found.get(k) for k in ("r", "lora_alpha", "use_dora")}
    except FileNotFoundError:
        raise DataError(f"adapter settings not found: {path}") from None
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"damaged adapter settings: {path}: {error}") from None
    ours = asdict(lora)
    # The same tensors under another alpha would be another model.
    for theirs, mine in (("r", "r"), ("lora_alpha", "alpha"), ("use_dora", "dora")):
        if kept[theirs] != ours[mine]:
            raise DataError(f"{path}: {theirs} is {kept[theirs]!r}, the config says {ours[mine]!r}")
    state = {_current(name): t for name, t in load_tensors(folder / WEIGHTS).items()}
    expected = get_peft_model_state_dict(model, save_embedding_layers=False)
    for name in sorted(expected.keys() ^ state.keys()):
        what = "lacks" if name in expected else "has more than the model:"
        raise DataError(f"{folder / WEIGHTS} does not fit the model: it {what} {name}")
    for name, value in expected.items():
        if value.shape != state[name].shape:
            shapes = f"{list(state[name].shape)} instead of {list(value.shape)}"
            raise DataError(f"{folder / WEIGHTS} does not fit the model: {name} is {shapes}")
    set_peft_model_state_dict(model, state)


def _current(name: str) -> str:
    for old, new in _OLD_NAMES:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
