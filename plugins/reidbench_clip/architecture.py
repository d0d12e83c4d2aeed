"""CLIP models by name: the embedded one, or a dual encoder of open_clip."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, NamedTuple

import open_clip
import torch
from open_clip.model import convert_to_custom_text_state_dict, resize_pos_embed
from torch import Tensor

from reidbench.tools import arguments
from reidbench.tools.guarded import first_line
from reidbench.tools.tensors import load_tensors
from reidbench_registry import ConfigError, DataError, did_you_mean

from . import hf_text
from .local import read_config
from .tokens import EmbeddedTokenizer

TIMM = "timm_model_name"
"""Key of a visual tower's config that names a model of timm."""
POSITIONS = "text.transformer.embeddings.position_ids"
EMBEDDED = Path(__file__).parent / "embedded"
FOUNDATION = EMBEDDED / "foundation.safetensors"
STUDENT = Path("backbone", "model.safetensors")
"""Where the stage `distill` of a run keeps the weights of its student."""


class Source(NamedTuple):
    """Where a model comes from."""

    config: dict[str, Any]
    """the model config of open_clip: embed_dim, vision_cfg, text_cfg, quick_gelu, custom_text"""
    tokenizer: Any
    weights: Path | None
    """a checkpoint file; None for random weights"""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def find(
    model: str | Path,
    pretrained: str | Path | None,
    image_size: Any,
    image_tower: str | None = None,
) -> Source:
    """Look up a model, a name or a folder; `pretrained` is a tag ('embedded' for the embedded
    model), a local file, or the folder `distill` of a run; `image_tower` a timm model in the place
    of the visual tower.

    Raises ConfigError for an unknown name or tag and for an image size that does not fit, DataError
    for a missing file or a failed download."""
    model = str(model) if isinstance(model, Path) else arguments.string("OpenCLIP", "model", model)
    config, preprocessing = _config(model)
    if image_tower is not None:
        config["vision_cfg"] = _tower(image_tower, config["vision_cfg"]["image_size"])
    if pretrained is not None:
        arguments.path("OpenCLIP", "pretrained", pretrained)
        pretrained = str(pretrained)
    vision = config["vision_cfg"]
    if image_size is not None:
        patch = 1 if TIMM in vision else vision["patch_size"]
        vision["image_size"] = arguments.image_size("OpenCLIP", "image_size", image_size, patch)
    mean = preprocessing.get("mean", open_clip.OPENAI_DATASET_MEAN)
    std = preprocessing.get("std", open_clip.OPENAI_DATASET_STD)
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
    tokenizer: Any
    if own:
        tokenizer = EmbeddedTokenizer(EMBEDDED / "tokenizer.json")
    elif hf_text.NAME in config["text_cfg"]:
        tokenizer = hf_text.prepare(config, own_weights=weights is None)
    elif model in open_clip.list_models():
        tokenizer = open_clip.get_tokenizer(model)
    else:
        tokenizer = open_clip.SimpleTokenizer()
    return Source(config, tokenizer, weights, tuple(mean), tuple(std))


def build(config: dict[str, Any]) -> open_clip.CLIP | open_clip.CustomTextCLIP:
    """The model of a config, with random weights but for a text tower of Hugging Face that has its
    own. Raises ConfigError for arguments that open_clip does not take and an image size that the
    visual tower does not take."""
    config = dict(config)
    kind = open_clip.CustomTextCLIP if config.pop("custom_text", False) else open_clip.CLIP
    text = config["text_cfg"]
    if hf_text.NAME in text:
        config["text_cfg"] = {**text, hf_text.OWN_WEIGHTS: False}
    try:
        clip = kind(
            **config
        ).float()  # a tower of Hugging Face has the precision that its files say
    except TypeError as error:
        raise ConfigError(f"OpenCLIP: unusable model config: {first_line(error)}") from None
    if text.get(hf_text.OWN_WEIGHTS):
        hf_text.load_weights(clip.text, text[hf_text.NAME])
    if TIMM in config["vision_cfg"]:
        size = clip.visual.image_size
        was = clip.training
        try:
            with torch.no_grad():
                clip.eval().encode_image(torch.zeros(1, 3, *size))
        except (AssertionError, RuntimeError) as error:
            line = (str(error).splitlines() or [type(error).__name__])[0]
            name = config["vision_cfg"][TIMM]
            raise ConfigError(f"OpenCLIP: {name} takes no {size[0]} x {size[1]}: {line}") from None
        clip.train(was)
    return clip


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


def fit_weights(
    module: torch.nn.Module, state: dict[str, Tensor], path: Path, keep_visual: bool = False
) -> None:
    """Load `state` into a CLIP; position embeddings of images are resized to the model's grid.
    `keep_visual`: its visual tower is another one and keeps its weights.

    Raises DataError naming the file when a tensor is missing, unknown or of another shape."""
    if keep_visual:
        own = {n: v for n, v in module.state_dict().items() if n.startswith("visual.")}
        state = {n: v for n, v in state.items() if not n.startswith("visual.")} | own
    try:
        if isinstance(module, open_clip.CustomTextCLIP):
            state = convert_to_custom_text_state_dict(state)
            # Older transformers counted positions in a buffer of the state.
            state = {n: v for n, v in state.items() if n != POSITIONS}
        if isinstance(module, open_clip.CLIP | open_clip.CustomTextCLIP):
            resize_pos_embed(state, module)
        module.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise DataError(f"{path} does not fit the model: {first[:300]}") from None


def _config(model: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """-> (model config, preprocessing)"""
    if model == "embedded":
        return json.loads((EMBEDDED / "config.json").read_text(encoding="utf-8")), {}
    listed = open_clip.list_models()
    usable = [name for name in listed if _is_dual_encoder(open_clip.get_model_config(name))]
    if model in usable:
        return copy.deepcopy(open_clip.get_model_config(model)), {}
    foreign = ConfigError(
        f"OpenCLIP: model={model!r} is no ViT or timm model beside a text tower of open_clip or "
        f"Hugging Face; use one of {', '.join(usable)}"
    )
    if model in listed:
        raise foreign
    folder = Path(model).expanduser()
    if folder.is_dir():
        config, preprocessing = read_config(folder)
        if not _is_dual_encoder(config):
            raise foreign
        return config, preprocessing
    usable.append("embedded")
    raise ConfigError(
        f"OpenCLIP: unknown model={model!r}{did_you_mean(model, usable)} "
        f"(no folder of that name; known: {', '.join(usable)})"
    )


def _is_dual_encoder(config: dict[str, Any]) -> bool:
    """Whether the text tower is open_clip's own, behind CLIP's tokenizer, or one of Hugging Face,
    and the visual tower a ViT of open_clip or a model of timm."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    if "multimodal_cfg" in config or (hf_text.TOKENIZER in text and hf_text.NAME not in text):
        return False
    return TIMM in vision or isinstance(vision.get("layers"), int)


def _tower(name: str, image_size: Any) -> dict[str, Any]:
    """The config of a timm model as visual tower: its pooled features, projected linearly."""
    import timm

    arguments.string("OpenCLIP", "image_tower", name)
    if not timm.is_model(name.partition(".")[0]):
        known = timm.list_models()
        raise ConfigError(
            f"OpenCLIP: image_tower: timm has no model {name!r}{did_you_mean(name, known)}"
        )
    return {"image_size": image_size, TIMM: name, "timm_pool": "", "timm_proj": "linear"}


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
