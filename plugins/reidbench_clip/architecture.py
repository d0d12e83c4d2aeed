"""CLIP models by name: the embedded one, or a ViT of open_clip."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, NamedTuple

import open_clip
import torch
from open_clip.model import resize_pos_embed
from torch import Tensor

from reidbench.tools import arguments
from reidbench.tools.tensors import load_tensors
from reidbench_registry import ConfigError, DataError, did_you_mean

from .tokens import EmbeddedTokenizer

EMBEDDED = Path(__file__).parent / "embedded"
FOUNDATION = EMBEDDED / "foundation.safetensors"
STUDENT = Path("backbone", "model.safetensors")
"""Where the stage `distill` of a run keeps the weights of its student."""


class Source(NamedTuple):
    """Where a model comes from."""

    config: dict[str, Any]
    """the model config of open_clip: embed_dim, vision_cfg, text_cfg, quick_gelu"""
    tokenizer: Any
    weights: Path | None
    """a checkpoint file; None for random weights"""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def find(model: str, pretrained: str | Path | None, image_size: Any) -> Source:
    """Look up a model; `pretrained` is a tag ('embedded' for the embedded model), a local file, or
    the folder `distill` of a run.

    Raises ConfigError for an unknown name or tag and for an image size that does not fit, DataError
    for a missing file or a failed download."""
    config = _config(arguments.string("OpenCLIP", "model", model))
    if pretrained is not None:
        arguments.path("OpenCLIP", "pretrained", pretrained)
        pretrained = str(pretrained)
    vision = config["vision_cfg"]
    if image_size is not None:
        patch = vision["patch_size"]
        vision["image_size"] = arguments.image_size("OpenCLIP", "image_size", image_size, patch)
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    weights = None
    own = model == "embedded"
    tags = ["embedded"] if own else open_clip.list_pretrained_tags_by_model(model)
    if own and pretrained == "embedded":
        weights = _foundation()
    elif pretrained is not None and pretrained in tags:
        tag = open_clip.get_pretrained_cfg(model, pretrained)
        mean, std = tuple(tag.get("mean", mean)), tuple(tag.get("std", std))
        # OpenAI's weights need the activation that they were trained with.
        config["quick_gelu"] = tag.get("quick_gelu", False)
        weights = _download(pretrained, tag)
    elif pretrained is not None:
        weights = _local(model, pretrained, tags)
    tokenizer: Any = (
        EmbeddedTokenizer(EMBEDDED / "tokenizer.json") if own else open_clip.get_tokenizer(model)
    )
    return Source(config, tokenizer, weights, mean, std)


def read_weights(path: Path) -> dict[str, Tensor]:
    """A state dict from safetensors, or from an open_clip checkpoint without running its pickle.

    Raises DataError naming a file that is damaged or contains something else."""
    if path.suffix == ".safetensors":
        return load_tensors(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # For other files torch raises exceptions of many types.
        raise DataError(
            f"{path}: not a plain PyTorch state dict ({type(error).__name__}); scripted or pickled "
            "models must be converted to safetensors first"
        ) from None
    state = state.get("state_dict", state) if isinstance(state, dict) else None
    is_state = isinstance(state, dict) and all(isinstance(v, Tensor) for v in state.values())
    if not is_state or not state:
        raise DataError(f"{path}: contains no state dict")
    return {name.removeprefix("module."): value for name, value in state.items()}


def fit_weights(module: torch.nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Load `state` into a CLIP; position embeddings of images are resized to the model's grid.
    Raises DataError naming the file when a tensor is missing, unknown or of another shape."""
    try:
        if isinstance(module, open_clip.CLIP):
            resize_pos_embed(state, module)
        module.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise DataError(f"{path} does not fit the model: {first[:300]}") from None


def _config(model: str) -> dict[str, Any]:
    if model == "embedded":
        return json.loads((EMBEDDED / "config.json").read_text(encoding="utf-8"))
    listed = open_clip.list_models()
    usable = [name for name in listed if _is_plain_vit(open_clip.get_model_config(name))]
    if model in usable:
        return copy.deepcopy(open_clip.get_model_config(model))
    if model in listed:
        raise ConfigError(
            f"OpenCLIP: model={model!r} is no ViT with CLIP's own text tower; use one of "
            f"{', '.join(usable)}"
        )
    usable.append("embedded")
    raise ConfigError(
        f"OpenCLIP: unknown model={model!r}{did_you_mean(model, usable)} "
        f"(known: {', '.join(usable)})"
    )


def _is_plain_vit(config: dict[str, Any]) -> bool:
    """Whether both towers are open_clip's own transformers, behind CLIP's tokenizer."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    foreign = {"timm_model_name", "hf_model_name", "hf_tokenizer_name", "multimodal_cfg"}
    return (
        not config.get("custom_text")
        and not foreign & {*config, *vision, *text}
        and isinstance(vision["layers"], int)
    )


def _foundation() -> Path:
    if not FOUNDATION.is_file():
        raise DataError(f"OpenCLIP: the foundation of the embedded model is missing: {FOUNDATION}")
    return FOUNDATION


def _download(name: str, tag: dict[str, Any]) -> Path:
    try:
        return Path(open_clip.download_pretrained(tag))
    except Exception as error:
        # Network and hub libraries raise exceptions of many types.
        first = str(error).strip().partition("\n")[0]
        raise DataError(
            f"OpenCLIP: pretrained={name!r} cannot be downloaded "
            f"({first or type(error).__name__}); a local file works too"
        ) from None


def _local(model: str, pretrained: str, tags: list[str]) -> Path:
    path = Path(pretrained).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        return _student_of(path)
    if path.suffix or len(path.parts) > 1:
        raise DataError(f"OpenCLIP: pretrained file not found: {path}")
    known = f"tags of {model}: {', '.join(tags)}" if tags else f"{model} has no tags"
    raise ConfigError(
        f"OpenCLIP: pretrained={pretrained!r} is no tag{did_you_mean(pretrained, tags)} "
        f"and no local file ({known})"
    )


def _student_of(folder: Path) -> Path:
    """The weights of the student in a run's `distill`. Not in the run folder itself: its log grows,
    so its content would be another one each time."""
    if (folder / STUDENT).is_file():
        return folder / STUDENT
    if (folder / "distill" / STUDENT).is_file():
        raise DataError(f"OpenCLIP: pretrained: {folder} is a run; its student is {folder}/distill")
    raise DataError(f"OpenCLIP: pretrained: {folder} holds no student ({STUDENT.as_posix()})")
