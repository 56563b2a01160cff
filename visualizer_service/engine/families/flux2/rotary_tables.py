"""Remembers rotary tables. They depend on token positions alone, and diffusers computes them in float64 at every call."""

from __future__ import annotations

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary


class RememberedPositions(nn.Module):
    """Stands in for a position embedding; the same ids *object* gives the same tables without work."""

    def __init__(self, embed: nn.Module) -> None:
        super().__init__()
        self._embed = embed
        self._tables = WeakTensorKeyDictionary()

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines, (tokens, head width) each, for ids (tokens, axes)."""
        tables = self._tables.get(ids)
        if tables is None:
            tables = self._tables[ids] = self._embed(ids)
        return tables
