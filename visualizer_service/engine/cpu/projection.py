"""Projections without bias that come in pieces; on a CPU from packed weights, with SiLU in the product's own pass.

There each piece is made when it is asked for, so that it is still in the core's cache when it is used.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu


class Product(Protocol):
    """Multiplies (..., inputs) by weights (outputs, inputs)."""

    def __call__(self, hidden: Tensor) -> Tensor:
        """(..., outputs)."""
        ...

    def silu(self, hidden: Tensor) -> Tensor:
        """The SiLU of the product."""
        ...


class PlainProduct:
    """By the library that torch chooses."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    def __call__(self, hidden: Tensor) -> Tensor:
        """(..., outputs)."""
        return linear(hidden, self._weight)

    def silu(self, hidden: Tensor) -> Tensor:
        """The SiLU of the product."""
        return silu(self(hidden), inplace=True)


class PackedProduct:
    """By oneDNN, with weights as it lays them out for the core; torch calls the same operators from what it compiles for a CPU."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight)

    def __call__(self, hidden: Tensor) -> Tensor:
        """(..., outputs)."""
        return torch.ops.mkldnn._linear_pointwise(hidden, self._weight, None, "none", [], "")

    def silu(self, hidden: Tensor) -> Tensor:
        """The SiLU of the product."""
        return torch.ops.mkldnn._linear_pointwise(hidden, self._weight, None, "swish", [], "")


class Projection(nn.Module):
    """Does what a linear layer without bias does; `layer` is that layer until its weights are packed."""

    def __init__(
        self,
        layer: nn.Linear,
        widths: Sequence[int] = (),
        gate: int | None = None,
        of_all: Container[int] = (),
    ) -> None:
        """Cut what `layer` makes into pieces.

        Args:
            widths: those of the pieces; one piece if there are none.
            gate: the place of a piece that comes through SiLU.
            of_all: places of pieces that are made even of tokens whose outcome nobody reads.
        """
        super().__init__()
        self.layer: nn.Linear | None = layer
        self._widths = [*widths] or [layer.out_features]
        self._gate = gate
        self._of_all = of_all
        self._packed: list[PackedProduct] | None = None

    def pack(self) -> None:
        """Lay float32 weights in a CPU's memory out for that CPU, in place of the layer; others stay as they are."""
        weight = _plain_weight(self.layer)
        if weight is None or (weight.device.type, weight.dtype) != ("cpu", torch.float32):
            return
        if torch.backends.mkldnn.is_available():
            self._packed = [PackedProduct(piece) for piece in weight.split(self._widths)]
            self.layer = None

    def forward(self, hidden: Tensor) -> Tensor:
        """The only piece."""
        return next(self.pieces(hidden))

    def pieces(self, hidden: Tensor, unread: int = 0) -> Iterator[Tensor]:
        """Each piece of (batch, tokens, inputs) in turn, (batch, tokens, width).

        Args:
            unread: how many of the first tokens only get the pieces `of_all`.
        """
        products = self._products(hidden.device, unread)
        if products is None:
            assert self.layer is not None, "what is packed is made piece by piece"
            for place, piece in enumerate(self.layer(hidden).split(self._widths, dim=-1)):
                read = piece if place in self._of_all else piece[:, unread:]
                yield silu(read) if place == self._gate else read
            return
        read = hidden[:, unread:].contiguous() if unread else hidden
        for place, product in enumerate(products):
            inputs = hidden if place in self._of_all else read
            yield product.silu(inputs) if place == self._gate else product(inputs)

    def _products(self, device: torch.device, unread: int) -> Sequence[Product] | None:
        """One for each piece, or None where all are made at once."""
        if self._packed is not None:
            return self._packed
        weight = _plain_weight(self.layer)
        # A GPU likes one large product, as long as it does not make what nobody reads.
        if weight is None or (device.type != "cpu" and not unread):
            return None
        return [PlainProduct(piece) for piece in weight.split(self._widths)]


def _plain_weight(layer: nn.Linear | None) -> Tensor | None:
    """The weights if they are nothing but numbers and all that the layer does."""
    if type(layer) is not nn.Linear or layer.bias is not None or type(layer.weight.data) is not Tensor:
        return None
    return layer.weight.data
