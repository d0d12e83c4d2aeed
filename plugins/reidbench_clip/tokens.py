"""Captions -> token ids, by the embedded tokenizer, open_clip's or one of Hugging Face."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from open_clip.tokenizer import HFTokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


class EmbeddedTokenizer:
    """The tokenizer of `embedded/`, with the members of open_clip's SimpleTokenizer that `Tokens`
    uses."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._bpe = Tokenizer.from_file(str(path))
        self.sot_token_id = self._bpe.token_to_id("<start_of_text>")
        self.eot_token_id = self._bpe.token_to_id("<end_of_text>")

    def encode(self, text: str) -> list[int]:
        return self._bpe.encode(text).ids

    def copy(self) -> Any:
        """A copy of its `tokenizers.Tokenizer`."""
        return type(self._bpe).from_str(self._bpe.to_str())


class Tokens:
    """One caption -> int64[L], L at most `limit`; the last token is always the end of text."""

    pad_id = 0

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self.tokenizer, self.limit = tokenizer, limit

    def __call__(self, caption: str) -> Tensor:
        ids = self.tokenizer.encode(caption)[: self.limit - 2]
        return torch.tensor([self.tokenizer.sot_token_id, *ids, self.tokenizer.eot_token_id])

    @staticmethod
    def pad(captions: Sequence[Tensor]) -> Tensor:
        """-> int64[B, longest]. CLIP's text tower is causal and pools at the end of text, so that
        padding after it changes no embedding."""
        return pad_sequence(list(captions), batch_first=True)


class HFTokens:
    """One caption -> int64[L], L at most `limit`: the ids of open_clip's HFTokenizer, not padded.
    Which special tokens a caption has is the tokenizer's own business."""

    def __init__(self, tokenizer: HFTokenizer, limit: int) -> None:
        self.tokenizer, self.limit = tokenizer, limit
        self.pad_id: int = tokenizer.tokenizer.pad_token_id

    def __call__(self, caption: str) -> Tensor:
        cleaned = self.tokenizer.clean_fn(caption)
        ids = self.tokenizer.tokenizer(cleaned, truncation=True, max_length=self.limit).input_ids
        return torch.tensor(ids)

    def pad(self, captions: Sequence[Tensor]) -> Tensor:
        """-> int64[B, longest]. The text tower masks `pad_id`, so that it changes no embedding."""
        return pad_sequence(list(captions), batch_first=True, padding_value=self.pad_id)


def make_tokens(tokenizer: Any, limit: int) -> Tokens | HFTokens:
    kind = HFTokens if isinstance(tokenizer, HFTokenizer) else Tokens
    return kind(tokenizer, limit)
