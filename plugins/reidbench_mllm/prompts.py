"""Prompts: their default wording, and how they become one chat per modality.

A set of prompts is a dict: `system`, and for every modality the user's turn, in which `{image}`
(image modalities) or `{caption}` (text) marks where the item goes. The wording is ours; a teacher
that somebody trained with other words is used with `prompts=dict(...)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reidbench_registry import MODALITIES, ConfigError, DataError, did_you_mean

_PICTURES = {
    "rgb": "a colour photo",
    "ir": "a near-infrared photo",
    "thermal": "a thermal image",
    "sketch": "a black-and-white sketch",
    "color_pencil": "a colour pencil drawing",
}
_FOCUS = (
    "Represent who it is, so that the same person is found again in any other kind of picture or "
    "text. Focus on age, gender, clothing and biometric features such as build, hair and face; "
    "leave out background, pose and light."
)

FULL: dict[str, str] = {
    "system": (
        "You are an embedding model for person re-identification. You condense what is shown or "
        "said about a pedestrian into one vector that stays the same across modalities."
    ),
    **{m: f"{{image}}\nThis is {p} of one person. {_FOCUS}" for m, p in _PICTURES.items()},
    "text": f"{{caption}}\nThis is a written description of one person. {_FOCUS}",
}
"""For real checkpoints."""

SHORT: dict[str, str] = {
    "system": "embed the person",
    **{
        m: f"{{image}}{name} age gender clothing biometrics"
        for m, name in zip(
            _PICTURES, ("photo", "infrared", "thermal", "sketch", "pencil"), strict=True
        )
    },
    "text": "{caption} text age gender clothing biometrics",
}
"""For the embedded model, where every token of a prompt costs as much as one of the image."""


def complete(given: Mapping[str, str] | None, default: Mapping[str, str]) -> dict[str, str]:
    """`default` with the entries of `given` in their place.

    Raises ConfigError for an unknown key, or a template without exactly one mark."""
    prompts = dict(default)
    for key, text in (given or {}).items():
        if key not in prompts:
            raise ConfigError(f"prompts: unknown key {key!r}{did_you_mean(key, prompts)}")
        if not isinstance(text, str):
            raise ConfigError(f"prompts: {key!r} must be a string, got {text!r}")
        prompts[key] = text
    for modality in MODALITIES:
        if prompts[modality].count(mark(modality)) != 1:
            raise ConfigError(f"prompts: {modality!r} must contain {mark(modality)} exactly once")
    return prompts


def mark(modality: str) -> str:
    """Where the item goes in a modality's template."""
    return "{caption}" if modality == "text" else "{image}"


def chat(processor: Any, prompts: Mapping[str, str], modality: str) -> str:
    """The whole chat up to the open assistant turn, by the checkpoint's own template. An image is
    one placeholder between its start and end tokens; the caption is still `{caption}`.

    Raises DataError when the checkpoint brings no chat template."""
    if modality == "text":
        content = [{"type": "text", "text": prompts["text"]}]
    else:
        before, _, after = prompts[modality].partition("{image}")
        content = [
            {"type": "text", "text": before},
            {"type": "image"},
            {"type": "text", "text": after},
        ]
        content = [part for part in content if part.get("text") != ""]
    messages = [
        {"role": "system", "content": [{"type": "text", "text": prompts["system"]}]},
        {"role": "user", "content": content},
    ]
    try:
        return processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except ValueError as error:
        raise DataError(f"the checkpoint's chat template cannot be used: {error}") from None
