"""LoRA and DoRA adapters, with PEFT: which modules get one, and with which settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

from reidbench.tools import arguments
from reidbench.tools.files import write_json
from reidbench.tools.guarded import MissingFileError, read_json
from reidbench.tools.tensors import load_tensors, save_tensors
from reidbench_registry import ConfigError, DataError, did_you_mean

from .checkpoint import quiet, seeded

SETTINGS = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_INITS: dict[str, bool | str] = {"gaussian": "gaussian", "kaiming": True}
_BLOCK = re.compile(r".*\.(visual\.blocks|language_model\.layers)\.(\d+)\..+")
_ALWAYS = re.compile(r".*\.(attn\.(qkv|proj)|self_attn\.[qkvo]_proj|merger\.mlp\.[02])")
_ADAPTED = re.compile(r"base_model\.model\.(.+)\.lora_A\.weight")
# Settings of PEFT that change what the tensors mean; only these values are supported.
_SUPPORTED: dict[str, Any] = {
    "peft_type": "LORA",
    "bias": "none",
    "use_rslora": False,
    "rank_pattern": {},
    "alpha_pattern": {},
    "fan_in_fan_out": False,
}
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


# Scheme -> (whether attention is adapted in all blocks, in which blocks every linear is).
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
        arguments.one_of("lora", "scheme", lora.scheme, SCHEMES)
        arguments.one_of("lora", "init", lora.init, _INITS)
        arguments.integer("lora", "r", lora.r, 1)
        arguments.positive_number("lora", "alpha", lora.alpha)
        arguments.fraction("lora", "dropout", lora.dropout, one=False)
        arguments.boolean("lora", "dora", lora.dora)
        return lora

    def describe(self) -> str:
        """The settings in one line."""
        return (
            f"{'DoRA' if self.dora else 'LoRA'}, scheme {self.scheme}, rank {self.r}, "
            f"alpha {self.alpha:g}, dropout {self.dropout:g}, {self.init} initialisation"
        )

    def attach(
        self, model: nn.Module, seed: int | None = None, modules: Sequence[str] | None = None
    ) -> PeftModel:
        """Freeze `model` and add the adapter to the modules of the scheme, or to `modules`. `seed`
        decides its initial weights."""
        config = LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_dora=self.dora,
            init_lora_weights=_INITS[self.init],
            target_modules=list(modules or target_modules(model, self.scheme)),
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


def attach_adapter(model: nn.Module, folder: Path) -> tuple[PeftModel, Lora]:
    """Put a trained adapter into `model`: its settings and its modules come from the folder.

    Raises DataError for a folder without a supported PEFT adapter, or with one of another base
    model."""
    path = folder / SETTINGS
    settings = _settings(path)
    for key, plain in _SUPPORTED.items():
        if settings.get(key, plain) not in (plain, None):
            raise DataError(f"{path}: {key}={settings[key]!r} is not supported")
    tensors = load_tensors(folder / WEIGHTS)
    names = [_current(name) for name in tensors]
    adapted = (_ADAPTED.fullmatch(name) for name in names)
    modules = list(dict.fromkeys(match[1] for match in adapted if match))
    own = {name for name, _ in model.named_modules()}
    if unknown := [name for name in modules if name not in own]:
        raise DataError(
            f"{folder}: the model has no module {unknown[0]}; {_base_of(settings)} is the adapter's"
        )
    if not modules:
        raise DataError(f"{folder / WEIGHTS}: no tensor of a LoRA adapter")
    widest = max(max(t.shape, default=1) for t in tensors.values())
    rank = settings.get("r")
    if isinstance(rank, int) and rank > widest:  # before that much memory is taken
        raise DataError(f"{path}: r is {rank}, and no tensor is wider than {widest}")
    by_scheme = {frozenset(target_modules(model, scheme)): scheme for scheme in SCHEMES}
    try:
        lora = Lora.parse(
            {
                "r": settings.get("r"),
                "alpha": settings.get("lora_alpha"),
                "dropout": settings.get("lora_dropout", 0.0),
                "dora": settings.get("use_dora", False),
            }
        )
    except ConfigError as error:
        raise DataError(f"damaged adapter settings: {path}: {error}") from None
    lora = replace(lora, scheme=by_scheme.get(frozenset(modules), "its own"))
    adapted_model = lora.attach(model, 0, modules)
    load_adapter(adapted_model, lora, folder)
    return adapted_model, lora


def load_adapter(model: PeftModel, lora: Lora, folder: Path) -> None:
    """Load the weights of a PEFT folder; modules may have the names of older transformers versions,
    as in the authors' adapters.

    Raises DataError when a file is missing or damaged, or made with other settings than `lora`."""
    path = folder / SETTINGS
    settings = _settings(path)
    ours = asdict(lora)
    # With another alpha the same tensors are another model.
    for theirs, mine in (("r", "r"), ("lora_alpha", "alpha"), ("use_dora", "dora")):
        if settings.get(theirs) != ours[mine]:
            raise DataError(
                f"{path}: {theirs} is {settings.get(theirs)!r}, the config says {ours[mine]!r}"
            )
    state = {_current(name): t for name, t in load_tensors(folder / WEIGHTS).items()}
    expected = get_peft_model_state_dict(model, save_embedding_layers=False)
    for name in sorted(expected.keys() ^ state.keys()):
        what = "lacks" if name in expected else "has more than the model:"
        raise DataError(f"{folder / WEIGHTS} does not fit the model: it {what} {name}")
    for name, value in expected.items():
        if value.shape != state[name].shape:
            shapes = f"{list(state[name].shape)} instead of {list(value.shape)}"
            raise DataError(
                f"{folder / WEIGHTS} does not fit the model: {name} is {shapes}; "
                f"{_base_of(settings)} is the adapter's"
            )
    set_peft_model_state_dict(model, state)


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings = read_json(path, missing="adapter settings not found")
    except MissingFileError:
        raise
    except DataError as error:
        raise DataError(f"damaged adapter settings: {error}") from None
    if not isinstance(settings, dict):
        raise DataError(f"damaged adapter settings: {path}: expected an object")
    return settings


def _base_of(settings: Mapping[str, Any]) -> str:
    return f"the base {settings.get('base_model_name_or_path') or 'of unknown name'!r}"


def _current(name: str) -> str:
    for old, new in _OLD_NAMES:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
