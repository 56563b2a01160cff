"""Keys and values of references, a layer at a time, and how they are kept in half of the memory. It knows rows of a call, no blocks.

Shrunk, each head's numbers of a token are float8, as multiples of one bfloat16 that stands behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

SCALE_BYTES: Final = torch.bfloat16.itemsize
LARGEST: Final = torch.finfo(torch.float8_e4m3fn).max
LEAST_SCALE: Final = torch.finfo(torch.bfloat16).tiny
"""Of a head whose numbers are all zero."""


def of_layer(keys_values: Sequence[Tensor], layer: int, dtype: torch.dtype) -> Tensor:
    """A layer of keys and values (2, layers, tokens, heads, head width) of all rows, (2, rows, tokens, heads, head width); rows that share them share the memory.

    Layer by layer, because all layers of all rows together may be as large as the rest of the device.
    """
    first, *others = keys_values
    if all(one is first for one in others):
        return _grown(first[:, layer], dtype).unsqueeze(1).expand(-1, len(keys_values), -1, -1, -1)
    return torch.stack([_grown(one[:, layer], dtype) for one in keys_values], dim=1)


def shrunk(keys_values: Tensor) -> Tensor:
    """Keys and values as bytes (2, layers, tokens, heads, head width + 2)."""
    *places, width = keys_values.shape
    small = torch.empty(*places, width + SCALE_BYTES, dtype=torch.uint8, device=keys_values.device)
    for layer in range(keys_values.shape[1]):
        whole, into = keys_values[:, layer].float(), small[:, layer]
        scales = (whole.abs().amax(-1, keepdim=True) / LARGEST).clamp(min=LEAST_SCALE).bfloat16()
        numbers = (whole / scales).clamp(-LARGEST, LARGEST)
        into[..., :width].view(torch.float8_e4m3fn).copy_(numbers)
        into[..., width:].view(torch.bfloat16).copy_(scales)
    return small


def _grown(kept: Tensor, dtype: torch.dtype) -> Tensor:
    """What `shrunk` was given, but for rounding; whatever was not shrunk as it is."""
    if kept.dtype != torch.uint8:
        return kept
    numbers, scales = kept[..., :-SCALE_BYTES].view(torch.float8_e4m3fn), kept[..., -SCALE_BYTES:]
    return numbers.to(dtype) * scales.view(torch.bfloat16).to(dtype)
