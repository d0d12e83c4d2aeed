"""Builds timm models: by name, with weights from the hub or from a file, of any image size."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import timm
from torch import nn

from reidbench.tools import arguments
from reidbench_registry import ConfigError, DataError, did_you_mean

NAME = "TimmImage"


def build(
    model: str, pretrained: bool | str | Path | None, image_size: list[int] | None
) -> tuple[nn.Module, tuple[int, int]]:
    """The model without its classifier, and the size (H, W) of its images. Position embeddings of
    pretrained weights are resized to it.

    Raises ConfigError for a name or an image size that timm does not take, DataError for weights
    that are missing, damaged or of another model."""
    _check_name(arguments.string(NAME, "model", model))
    own = timm.get_pretrained_cfg(model) or timm.models.PretrainedCfg()
    size: tuple[int, int] = tuple(own.input_size[1:])
    if image_size is not None:
        size = arguments.image_size(NAME, "image_size", image_size)
    file = None
    if pretrained is not None and not isinstance(pretrained, bool):
        file = arguments.path(NAME, "pretrained", pretrained).expanduser()
        if not file.is_file():
            raise DataError(f"{NAME}: pretrained file not found: {file}")
    hub = pretrained is True
    try:
        with _quiet():
            built = _create(model, hub, None if image_size is None else size)
    except Exception as error:
        # timm and the hub raise exceptions of many types.
        if hub:
            raise DataError(f"{NAME}: weights of {model}: {_line(error)}") from None
        raise ConfigError(f"{NAME}: {model}: {_line(error)}") from None
    if file is not None:
        _load(built, model, file)
    return built, size


def _check_name(model: str) -> None:
    base, dot, _ = model.partition(".")
    if timm.is_model(base):
        if not dot:
            return
        with contextlib.suppress(RuntimeError):  # of a tag that is none
            if timm.get_pretrained_cfg(model) is not None:
                return
    known = timm.list_models(pretrained=bool(dot and timm.is_model(base)))
    raise ConfigError(
        f"{NAME}: timm has no model {model!r}{did_you_mean(model, known)} "
        f"({len(known)} names: timm.list_models())"
    )


def _create(model: str, hub: bool, size: tuple[int, int] | None) -> nn.Module:
    if size is not None:
        try:
            return timm.create_model(model, pretrained=hub, num_classes=0, img_size=size)
        except TypeError as error:
            # Models without position embeddings take images of any size, and no word about it.
            if "img_size" not in str(error):
                raise
    return timm.create_model(model, pretrained=hub, num_classes=0)


def _load(built: nn.Module, model: str, file: Path) -> None:
    """Take the weights of a file; only a classifier may be in it that the model has not.

    Raises DataError naming the file: timm itself passes over tensors of other names."""
    module = sys.modules[timm.model_entrypoint(model.partition(".")[0]).__module__]
    try:
        with _quiet():
            found = timm.models.load_checkpoint(
                built, str(file), strict=False,
                filter_fn=getattr(module, "checkpoint_filter_fn", None),
            )  # fmt: skip
    except Exception as error:
        raise DataError(f"{NAME}: {file} does not fit {model}: {_line(error)}") from None
    named = built.pretrained_cfg.get("classifier") or ()
    heads = tuple(f"{head}." for head in ([named] if isinstance(named, str) else named))
    foreign = [name for name in found.unexpected_keys if not name.startswith(heads)]
    if wrong := [*found.missing_keys, *foreign]:
        raise DataError(
            f"{NAME}: {file} does not fit {model}: {len(wrong)} tensors are missing or unknown, "
            f"such as {wrong[0]}"
        )


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:300]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without timm's lines about what it loads."""
    logger = logging.getLogger("timm")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
