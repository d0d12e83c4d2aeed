"""Dual encoders of a local folder, by its `open_clip_config.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reidbench.tools.guarded import read_json
from reidbench_registry import DataError

from . import hf_text

CONFIG = "open_clip_config.json"


def read_config(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """-> (the model config of open_clip, its preprocessing: `mean` and `std` where they are given).

    A text tower of Hugging Face that is named by a folder inside `folder` is found there.
    Raises DataError for a file that is missing, damaged, or describes no model."""
    path = folder / CONFIG
    whole = read_json(path, missing="OpenCLIP: there is no such file")
    config = _section(whole, "model_cfg") or whole
    vision, text = _section(config, "vision_cfg"), _section(config, "text_cfg")
    if not vision or not text or type(config.get("embed_dim")) is not int:
        raise DataError(f"{path}: it needs embed_dim, vision_cfg and text_cfg")
    config["vision_cfg"] = {"image_size": 224, "patch_size": 16, **vision}
    for key in (hf_text.NAME, hf_text.TOKENIZER):
        if isinstance(text.get(key), str) and (folder / text[key]).is_dir():
            text[key] = str(folder / text[key])
    preprocessing = _section(whole, "preprocess_cfg")
    known = {k: v for k, v in preprocessing.items() if k in ("mean", "std") and _is_colour(v)}
    return config, known


def _section(of: Any, name: str) -> dict[str, Any]:
    section = of.get(name) if isinstance(of, dict) else None
    return section if isinstance(section, dict) else {}


def _is_colour(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and {*map(type, value)} <= {int, float}
