"""Prompts: their default wording, and how they become one chat per modality.

A set of prompts is a dict: `system`, and for every modality the user's turn, in which `{image}`
(image modalities) or `{caption}` (text) marks where the item goes. The default wording is ours and
stands in `defaults.json`; a teacher that somebody trained with other words is used with
`prompts=dict(...)`, or carries them in a `reidbench.json` beside its weights.

What stands before the caption is run once for all captions (`prefix`), so the default wording puts
the caption last; the chat layout wants images first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reidbench_registry import MODALITIES, ConfigError, DataError, did_you_mean


def complete(given: Mapping[str, str] | None, default: Mapping[str, str]) -> dict[str, str]:
    """`default` with the entries of `given` in their place.

    Raises ConfigError for an unknown key, or a template without exactly one mark."""
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
    """Where the item goes in a modality's template."""
    return "{caption}" if modality == "text" else "{image}"


def chat(processor: Any, prompts: Mapping[str, str], modality: str) -> str:
    """The whole chat up to the open assistant turn, by the checkpoint's own template. An image is
    one placeholder between its start and end tokens; the caption is still `{caption}`.

    Raises DataError when the checkpoint brings no usable chat template."""
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
    except Exception as error:  # a template is a small program, and fails in as many ways
        first = str(error).partition("\n")[0]
        raise DataError(f"the checkpoint's chat template cannot be used: {first}") from None
    expected = "{caption}" if modality == "text" else processor.image_token
    if text.count(expected) != 1:
        raise DataError(f"the checkpoint's chat template does not put out one {expected}")
    return text
