"""Prompts: their default wording, and how they become one chat for each modality.

Prompts are a dict: `system`, and for each modality the user's turn, in which `{image}` (image
modalities) or `{caption}` (text) marks the place of the item. The default wording is in
`defaults.json`. A teacher that was trained with another wording needs `prompts=dict(...)`, or a
`reidbench.json` in the folder of its weights.

The part before the caption is computed once for all captions (`prefix`), so the default wording
puts the caption last; the chat layout requires images first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reidbench_registry import MODALITIES, ConfigError, DataError, did_you_mean


def complete(given: Mapping[str, str] | None, default: Mapping[str, str]) -> dict[str, str]:
    """`default`, updated with `given`.

    Raises ConfigError for an unknown key, a value that is not a string, or a template without
    exactly one mark."""
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(f"prompts: expected None or a dict, got {given!r}")
    prompts = dict(default)
    for key, text in (given or {}).items():
        if key not in prompts:
            raise ConfigError(f"prompts: unknown key {key!r}{did_you_mean(str(key), prompts)}")
        if not isinstance(text, str):
            raise ConfigError(f"prompts: {key!r} must be a string, got {text!r}")
        prompts[key] = text
    for modality in MODALITIES:
        if prompts[modality].count(mark(modality)) != 1:
            raise ConfigError(f"prompts: {modality!r} must contain {mark(modality)} exactly once")
    return prompts


def mark(modality: str) -> str:
    """The mark for the item in a modality's template."""
    return "{caption}" if modality == "text" else "{image}"


def chat(processor: Any, prompts: Mapping[str, str], modality: str) -> str:
    """The chat up to the start of the assistant's turn, by the checkpoint's own template. An image
    is one placeholder between its start and end tokens; the caption is still `{caption}`.

    Raises DataError when the checkpoint has no usable chat template."""
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
        text = processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is a program and may raise anything
        first = str(error).partition("\n")[0]
        raise DataError(f"the checkpoint's chat template cannot be used: {first}") from None
    expected = "{caption}" if modality == "text" else processor.image_token
    if text.count(expected) != 1:
        raise DataError(f"the checkpoint's chat template does not contain {expected} exactly once")
    return text
