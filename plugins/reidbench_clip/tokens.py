"""Captions -> token ids, by the embedded tokenizer or open_clip's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


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

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self.tokenizer, self.limit = tokenizer, limit

    def __call__(self, caption: str) -> Tensor:
        ids = self.tokenizer.encode(caption)[: self.limit - 2]
        return torch.tensor([self.tokenizer.sot_token_id, *ids, self.tokenizer.eot_token_id])

    @staticmethod
    def pad(captions: Sequence[Tensor]) -> Tensor:
        """-> int64[B, longest]. CLIP's text tower is causal and pools at the end of text, so that
        padding after it changes no embedding."""
        return torch.nn.utils.rnn.pad_sequence(list(captions), batch_first=True)
