"""LoRA and DoRA adapters, through PEFT: which modules they go to, and with which settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from torch import nn

from reidbench_registry import ConfigError, did_you_mean

_ATTENTION = re.compile(r".*\.(attn\.(qkv|proj)|self_attn\.[qkvo]_proj|merger\.mlp\.[02])")
_LAYER = re.compile(r"(.*\.(?:blocks|layers))\.(\d+)\.")
_INITS: dict[str, bool | str] = {"gaussian": "gaussian", "kaiming": True}


def attention(model: nn.Module) -> list[str]:
    """Attention projections of both towers and the merger's MLP, in all layers (the authors' own
    choice)."""
    return [name for name in all_linear(model) if _ATTENTION.fullmatch(name)]


def every_4th(model: nn.Module) -> list[str]:
    """All linear layers of every 4th block of both towers and of the last, and the merger's MLP."""
    return [
        name
        for name in all_linear(model)
        if (at := _place(model, name)) is None or at.index % 4 == 0 or at.from_end == 1
    ]


def attention_mlp_last_2(model: nn.Module) -> list[str]:
    """As `attention`, and the MLPs of the last 2 layers of both towers."""
    return _attention_and_mlps(model, lambda at: at.from_end <= 2)


def attention_mlp_half(model: nn.Module) -> list[str]:
    """As `attention`, and the MLPs of the last 4 and of every second layer of both towers."""
    return _attention_and_mlps(model, lambda at: at.from_end <= 4 or at.index % 2 == 0)


def all_linear(model: nn.Module) -> list[str]:
    """Every linear layer of both towers and of the merger."""
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and not name.endswith("lm_head")
    ]


SCHEMES: dict[str, Callable[[nn.Module], list[str]]] = {
    "attention": attention,
    "every-4th": every_4th,
    "attention+mlp-last-2": attention_mlp_last_2,
    "attention+mlp-half": attention_mlp_half,
    "all-linear": all_linear,
}
"""Scheme -> the function that lists a model's target modules by full name: the released code's one
and its three hierarchical ones (arXiv 2602.12936). Names, not PEFT's suffixes: the suffix `proj`
would also match the patch embedding's convolution."""


class _Place(NamedTuple):
    """Where a module stands in its tower."""

    index: int
    from_end: int
    """1 in the last layer"""


def _place(model: nn.Module, name: str) -> _Place | None:
    """None for a module outside the layers."""
    found = _LAYER.match(name)
    if found is None:
        return None
    tower, index = found[1], int(found[2])
    return _Place(index, len(model.get_submodule(tower)) - index)  # type: ignore[arg-type]


def _attention_and_mlps(model: nn.Module, taken: Callable[[_Place], bool]) -> list[str]:
    return [
        name
        for name in all_linear(model)
        if _ATTENTION.fullmatch(name) or ((at := _place(model, name)) is not None and taken(at))
    ]


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
        for key, choices in (("scheme", SCHEMES), ("init", _INITS)):
            value = getattr(lora, key)
            if value not in choices:
                raise ConfigError(f"lora: {key}={value!r} is none of {', '.join(choices)}")
        if type(lora.r) is not int or lora.r < 1:
            raise ConfigError(f"lora: r={lora.r!r} must be a whole number of at least 1")
        if type(lora.alpha) not in (int, float) or lora.alpha <= 0:
            raise ConfigError(f"lora: alpha={lora.alpha!r} must be a positive number")
        if type(lora.dropout) not in (int, float) or not 0 <= lora.dropout < 1:
            raise ConfigError(f"lora: dropout={lora.dropout!r} must be a number in [0, 1)")
        if type(lora.dora) is not bool:
            raise ConfigError(f"lora: dora={lora.dora!r} must be true or false")
        return lora

    def attach(self, model: nn.Module) -> Any:
        """Freeze `model` and put the adapter into it -> PeftModel."""
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_dora=self.dora,
            init_lora_weights=_INITS[self.init],
            target_modules=SCHEMES[self.scheme](model),
        )
        return get_peft_model(model, config)
