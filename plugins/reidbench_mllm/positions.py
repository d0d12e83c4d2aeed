"""Multimodal rotary positions (Qwen2-VL, arXiv 2409.12191, section 2.1) without a Python loop."""

from __future__ import annotations

import torch
from torch import Tensor


def rotary_positions(
    input_ids: Tensor, attention_mask: Tensor, image_token: int, token_grid: tuple[int, int]
) -> Tensor:
    """input_ids[B, L], attention_mask[B, L] -> positions[3, B, L] (time, row, column).

    At most one image of `token_grid` = (rows, columns) visual tokens per row of the batch. Text
    counts up on all three axes; an image stays at one time, spreads over rows and columns, and
    the text behind it goes on after its longer side. Padding on either side counts nothing."""
    rows, columns = token_grid
    plain = (attention_mask.cumsum(1) - 1).clamp(min=0)
    image = input_ids == image_token
    index = image.cumsum(1) - 1  # of the visual token, from 0
    start = plain - index
    behind = (index == rows * columns - 1) & ~image
    text = plain - behind * (rows * columns - max(rows, columns))
    row, column = index.div(columns, rounding_mode="floor"), index.remainder(columns)
    visual = torch.stack([start, start + row, start + column])
    return torch.where(image, visual, text)
