"""Images of one size through Qwen2-VL's vision tower: its input, and two shortcuts.

The shortcuts change results by rounding only. The convolution of the patch embedding, whose stride
equals its kernel size, runs as a matrix product (several times faster on a CPU), and the attention
of all images as one batched call instead of one call for each image and layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AttentionInterface
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen2_vl.modeling_qwen2_vl import PatchEmbed

EQUAL_IMAGES = "reidbench_equal_images"


class VisionInput:
    """Turns images of one size into the tower's input and its output into visual tokens."""

    def __init__(
        self,
        image_size: tuple[int, int],
        config: Any,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        """`image_size` = (H, W), multiples of the merged patch; `config`: the vision config."""
        self.patch, self.merge = config.patch_size, config.spatial_merge_size
        self.frames = config.temporal_patch_size
        self.mean, self.std = tuple(mean), tuple(std)
        self.rows, self.columns = (edge // self.patch for edge in image_size)
        self.token_grid = (self.rows // self.merge, self.columns // self.merge)
        self.tokens = self.token_grid[0] * self.token_grid[1]
        grid = torch.cartesian_prod(torch.arange(self.rows), torch.arange(self.columns))
        # Patches are ordered in blocks of merge x merge, and so are their coordinates.
        grid = grid.view(self.token_grid[0], self.merge, self.token_grid[1], self.merge, 2)
        self._coordinates = grid.transpose(1, 2).reshape(-1, 2)

    def patches(self, pixels: Tensor) -> Tensor:
        """pixels[B, H, W, 3] uint8 -> patches[B * rows * columns, 3 * frames * patch * patch].

        Normalised, in the order of the Qwen2-VL image processor; the image is repeated for each
        frame that the tower expects."""
        shape = {"device": pixels.device, "dtype": torch.float32}
        mean, std = torch.tensor(self.mean, **shape), torch.tensor(self.std, **shape)
        values = (pixels / 255 - mean) / std
        (high, wide), m, p = self.token_grid, self.merge, self.patch
        values = values.view(len(pixels), high, m, p, wide, m, p, 3)
        values = values.permute(0, 1, 4, 2, 5, 7, 3, 6)  # [B, high, wide, m, m, 3, p, p]
        values = values.unsqueeze(6).expand(*(-1,) * 6, self.frames, -1, -1)
        return values.reshape(len(pixels) * self.rows * self.columns, -1)

    def __call__(self, visual: torch.nn.Module, pixels: Tensor) -> Tensor:
        """pixels[B, H, W, 3] uint8 -> visual tokens[B * tokens, D], image after image."""
        count = len(pixels)
        patches = self.patches(pixels).to(next(visual.parameters()).dtype)
        grid = torch.tensor([[1, self.rows, self.columns]]).expand(count, 3).to(pixels.device)
        shortcuts: dict[str, Any] = {}
        if visual.config._attn_implementation == EQUAL_IMAGES:
            shortcuts = {
                "position_ids": self._coordinates.to(pixels.device).repeat(count, 1),
                # One segment with all images, which `_equal_images` splits again.
                "cu_seqlens": torch.tensor([0, len(patches)]),
                "patches_per_image": self.rows * self.columns,
            }
        return visual(patches, grid_thw=grid, **shortcuts).pooler_output


class LinearPatchEmbed(PatchEmbed):
    """PatchEmbed with a matrix product instead of the equal convolution."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        """patches[N, 3 * frames * patch * patch] -> [N, D]"""
        return F.linear(hidden_states.to(self.proj.weight.dtype), self.proj.weight.flatten(1))


def add_shortcuts(visual: torch.nn.Module) -> None:
    """Use both shortcuts in a vision tower with `sdpa` attention."""
    visual.patch_embed.__class__ = LinearPatchEmbed
    AttentionInterface.register(EQUAL_IMAGES, _equal_images)
    visual.set_attn_implementation(EQUAL_IMAGES)


def _equal_images(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    patches_per_image: int,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """query, key, value [1, heads, B * patches, d] -> [1, B * patches, heads, d]."""
    _, heads, total, width = query.shape
    query, key, value = (
        t.view(heads, -1, patches_per_image, width).transpose(0, 1) for t in (query, key, value)
    )
    sdpa = ALL_ATTENTION_FUNCTIONS["sdpa"]
    output, _ = sdpa(module, query, key, value, attention_mask, **kwargs)
    return output.reshape(1, total, heads, width), None
