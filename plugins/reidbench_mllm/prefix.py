"""The tokens that all prompts of a kind begin with, run once.

A decoder's keys and values of a token depend on the tokens before it and on nothing behind it. So
those of the constant beginning (the system's turn, the opening of the user's) are the same for all
items, and only the rest of each prompt has to be run.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

Layers = list[tuple[Tensor, Tensor]]
"""Per layer keys and values[1, heads, n, d]"""


class Prefix:
    """Keys and values of one beginning, tokens[n]; made when first needed, and made anew when any
    weight of the model was changed or moved since."""

    def __init__(self, tokens: Tensor) -> None:
        self.tokens = tokens
        self._weights: tuple[Any, ...] = ()
        self._layers: Layers = []

    def begins(self, tokens: Tensor, mask: Tensor) -> bool:
        """Whether every row of tokens[N, L] with mask[N, L] begins with it, and goes on."""
        n = len(self.tokens)
        if not 0 < n < tokens.shape[1] or not bool(mask[:, : n + 1].all()):
            return False
        return bool((tokens[:, :n] == self.tokens.to(tokens.device)).all())

    def cache(self, language_model: Any, embedding: torch.nn.Module, rows: int) -> DynamicCache:
        """Filled for `rows` rows: what the model takes as `past_key_values`."""
        weights = tuple(
            (p.data_ptr(), p._version)
            for module in (language_model, embedding)
            for p in module.parameters()
        )
        if weights != self._weights:
            self._layers = self._run(language_model, embedding)
            self._weights = weights
        return DynamicCache(
            (keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1))
            for keys, values in self._layers
        )

    def _run(self, language_model: Any, embedding: torch.nn.Module) -> Layers:
        device = next(embedding.parameters()).device
        tokens = self.tokens.to(device)[None]
        # Text alone: its three rotary positions count up together.
        positions = torch.arange(tokens.shape[1], device=device).expand(3, 1, -1)
        found = language_model(
            inputs_embeds=embedding(tokens), position_ids=positions, use_cache=True
        ).past_key_values
        return [(layer.keys, layer.values) for layer in found.layers]


def common_beginning(rows: list[Tensor]) -> Tensor:
    """The longest beginning that all of int64[L_i] share."""
    length = min(map(len, rows))
    same = torch.stack([row[:length] == rows[0][:length] for row in rows]).all(0)
    return rows[0][: length if bool(same.all()) else int((~same).int().argmax())]
