"""Items -> token ids: the prompt of a modality, with the caption or the image in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from reidbench_registry import MODALITIES, ConfigError

from .prefix import common_beginning
from .prompts import chat


class Tokens:
    """Tokenises whole prompts with a checkpoint's tokenizer and chat template."""

    def __init__(
        self, processor: Any, prompts: Mapping[str, str], visual_tokens: int, limit: int
    ) -> None:
        """Raises ConfigError for a `limit` that leaves no room for a caption in the text prompt,
        DataError for an unusable chat template."""
        self._tokenizer = processor.tokenizer
        # A caption that contains the text of a control token must not be tokenised as one.
        special = sorted(self._tokenizer.all_special_tokens, key=len, reverse=True)
        self._special = re.compile("|".join(re.escape(token) for token in special))
        self._text = chat(processor, prompts, "text")
        images = {m: chat(processor, prompts, m) for m in MODALITIES if m != "text"}
        # An image's prompt is the same for all images: tokenised once.
        self._images = {
            m: torch.tensor(
                self._ids(
                    text.replace(processor.image_token, processor.image_token * visual_tokens)
                )
            )
            for m, text in images.items()
        }
        least = len(self._ids(self._text.replace("{caption}", ""))) + 1
        if type(limit) is not int or limit < least:
            raise ConfigError(
                f"QwenVL: max_text_tokens={limit!r} is not an integer from {least}, "
                "the prompt and one token"
            )
        self._limit = limit

    def beginnings(self, image_token: int) -> dict[str, Tensor]:
        """The common beginning of all prompts, int64[n]: for `image` up to the first placeholder,
        for `text` up to the caption."""
        # From two captions without a common letter, as a token may contain the end of the prompt
        # and the start of the caption.
        texts = [self.text(caption)[0] for caption in ("a", "Q")]
        image = common_beginning(list(self._images.values()))
        visual = (image == image_token).nonzero()
        return {
            "image": image[: int(visual[0])] if len(visual) else image,
            "text": common_beginning(texts),
        }

    def image(self, modality: str) -> Tensor:
        """-> int64[L], with a placeholder for every visual token"""
        return self._images[modality]

    def text(self, caption: str) -> tuple[Tensor, bool]:
        """A cleaned caption -> int64[L] with L <= limit, and whether its end was cut off.

        It is tokenised together with the prompt, as a token may contain parts of both."""
        caption = self._special.sub(" ", caption)
        truncated = False
        ids = self._ids(self._text.replace("{caption}", caption))
        while len(ids) > self._limit:
            truncated = True
            encoded = self._tokenizer(
                caption, return_offsets_mapping=True, add_special_tokens=False
            )
            starts = [start for start, _ in encoded["offset_mapping"]]
            # Cut at the start of the first token that is too many: always shorter than before.
            caption = caption[: starts[max(len(starts) - (len(ids) - self._limit), 0)]]
            ids = self._ids(self._text.replace("{caption}", caption))
        return torch.tensor(ids), truncated

    def pad(self, rows: Sequence[Tensor]) -> dict[str, Tensor]:
        """int64[L_i] -> `tokens`[N, L] padded on the right, `mask`[N, L] (1 = real)"""
        longest = max(len(row) for row in rows)
        ids = torch.full((len(rows), longest), self._tokenizer.pad_token_id)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return {"tokens": ids, "mask": mask}

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]
