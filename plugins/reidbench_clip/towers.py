"""A CLIP student's modalities, each as one module from one plain tensor."""

from __future__ import annotations

import open_clip
import torch
from open_clip.hf_model import HFTextEncoder
from torch import Tensor, nn
from torch.nn import functional

Clip = open_clip.CLIP | open_clip.CustomTextCLIP


class ImageTower(nn.Module):
    """The visual tower and one projection; both stay shared with the student."""

    def __init__(self, clip: Clip, projection: nn.Module) -> None:
        super().__init__()
        self.visual, self.projection = clip.visual, projection

    def forward(self, images: Tensor) -> Tensor:
        """images[B, 3, H, W] float32, normalised -> [B, embed_dim]"""
        return self.projection(self.visual(images))


class TextTower(nn.Module):
    """The text tower and its projection; both stay shared with the student."""

    def __init__(self, clip: Clip, projection: nn.Module) -> None:
        super().__init__()
        self.clip, self.projection = clip, projection

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens[B, L] int64, L up to the context length -> [B, embed_dim]"""
        return self.projection(encode_text(self.clip, tokens))


def encode_text(clip: Clip, tokens: Tensor) -> Tensor:
    """open_clip's encode_text, but over tokens[B, L] of any length up to the context: the same
    numbers, without the cost of padding every caption to 77. Towers of Hugging Face mask what is
    padded; other text towers that are modules of their own get the whole context."""
    length = tokens.shape[1]
    if isinstance(clip, open_clip.CustomTextCLIP) and isinstance(clip.text, HFTextEncoder):
        return clip.encode_text(tokens)
    if isinstance(clip, open_clip.CustomTextCLIP):
        return clip.encode_text(functional.pad(tokens, (0, clip.context_length - length)))
    x = clip.token_embedding(tokens) + clip.positional_embedding[:length]
    x = clip.transformer(x, attn_mask=clip.attn_mask[:length, :length])
    ends = x[torch.arange(len(tokens), device=x.device), tokens.argmax(1)]
    return clip.ln_final(ends) @ clip.text_projection
