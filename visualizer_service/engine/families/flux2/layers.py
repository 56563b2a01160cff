"""Keys and values of references, a layer at a time. It knows rows of a call, no blocks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def of_layer(keys_values: Sequence[Tensor], layer: int) -> Tensor:
    """A layer of keys and values (2, layers, tokens, heads, head width) of all rows, (2, rows, tokens, heads, head width); rows that share them share the memory.

    Layer by layer, because all layers of all rows together may be as large as the rest of the device.
    """
    first, *others = keys_values
    if all(one is first for one in others):
        return first[:, layer].unsqueeze(1).expand(-1, len(keys_values), -1, -1, -1)
    return torch.stack([one[:, layer] for one in keys_values], dim=1)
