"""The tokens that all prompts of a kind begin with, computed once.

In a decoder, keys and values of a token depend on the tokens before it only. So those of the
constant beginning (the system's turn, the start of the user's turn) are the same for all items, and
only the rest of each prompt has to be computed.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLTextModel

CACHE = (
    "cache"
    if "cache" in inspect.signature(Qwen2VLTextModel.forward).parameters
    else "past_key_values"
)
"""How the language model calls its argument for keys and values (renamed in transformers 5.24)."""
Layers = list[tuple[Tensor, Tensor]]
"""Per layer keys and values[1, heads, n, d]"""


class Prefix:
    """Keys and values of one beginning, tokens[n]; computed when first needed, and again whenever a
    weight of the model was changed or moved."""

    def __init__(self, tokens: Tensor) -> None:
        self.tokens = tokens
        self._weights: tuple[Any, ...] = ()
        self._layers: Layers = []

    def begins(self, tokens: Tensor, mask: Tensor) -> bool:
        """Whether every row of tokens[N, L] with mask[N, L] begins with it and is longer."""
        n = len(self.tokens)
        if not 0 < n < tokens.shape[1] or not bool(mask[:, : n + 1].all()):
            return False
        return bool((tokens[:, :n] == self.tokens.to(tokens.device)).all())

    def cache(self, language_model: Any, embedding: torch.nn.Module, rows: int) -> DynamicCache:
        """Its keys and values for `rows` rows, as the model's argument `CACHE`."""
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
        # For text the three rotary positions are equal.
        positions = torch.arange(tokens.shape[1], device=device).expand(3, 1, -1)
        cache = DynamicCache()
        language_model(
            inputs_embeds=embedding(tokens),
            position_ids=positions,
            use_cache=True,
            **{CACHE: cache},
        )
        return [(layer.keys, layer.values) for layer in cache.layers]


def common_beginning(rows: list[Tensor]) -> Tensor:
    """The longest common beginning of all rows int64[L_i]."""
    length = min(map(len, rows))
    same = torch.stack([row[:length] == rows[0][:length] for row in rows]).all(0)
    return rows[0][: length if bool(same.all()) else int((~same).int().argmax())]
