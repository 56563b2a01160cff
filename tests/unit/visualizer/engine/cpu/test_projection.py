"""A projection in pieces gives what the layer gives, whether its weights are packed or not, and packs only what it can."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from visualizer_service.engine.cpu.projection import Projection

WIDTHS = [4, 8, 6, 6]
HIDDEN = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))


class Scaled(nn.Linear):
    """A layer that does more than multiply, as one that an adapter was put into."""

    def forward(self, input: Tensor) -> Tensor:
        """Twice the product."""
        return 2 * super().forward(input)


def as_it_comes(projection: Projection) -> None:
    """Leave the weights in the layer."""


@pytest.mark.parametrize("prepare", [as_it_comes, Projection.pack])
@pytest.mark.parametrize("kind", [nn.Linear, Scaled])
@torch.inference_mode()
def test_pieces_are_those_of_the_layer(prepare: Callable[[Projection], None], kind: type[nn.Linear]) -> None:
    layer = kind(16, sum(WIDTHS), bias=False)
    first, second, gate, gated = layer(HIDDEN).split(WIDTHS, dim=-1)
    projection = Projection(layer, WIDTHS, gate=2)
    prepare(projection)
    for made, expected in zip(projection.pieces(HIDDEN), (first, second, silu(gate), gated), strict=True):
        torch.testing.assert_close(made, expected)


@pytest.mark.parametrize("prepare", [as_it_comes, Projection.pack])
@pytest.mark.parametrize("kind", [nn.Linear, Scaled])
@torch.inference_mode()
def test_unread_tokens_only_get_the_pieces_of_all(
    prepare: Callable[[Projection], None], kind: type[nn.Linear]
) -> None:
    layer = kind(16, sum(WIDTHS), bias=False)
    first, second, gate, gated = layer(HIDDEN).split(WIDTHS, dim=-1)
    projection = Projection(layer, WIDTHS, gate=2, of_all=(1,))
    prepare(projection)
    expected = (first[:, 3:], second, silu(gate)[:, 3:], gated[:, 3:])
    for made, of_read in zip(projection.pieces(HIDDEN, unread=3), expected, strict=True):
        torch.testing.assert_close(made, of_read)


@torch.inference_mode()
def test_a_projection_of_one_piece_is_called_as_the_layer_is() -> None:
    layer = nn.Linear(16, 7, bias=False)
    projection = Projection(layer)
    torch.testing.assert_close(projection(HIDDEN), layer(HIDDEN))
    projection.pack()
    torch.testing.assert_close(projection(HIDDEN), layer(HIDDEN))


def test_packed_weights_are_held_once() -> None:
    projection = Projection(nn.Linear(16, 7, bias=False))
    projection.pack()
    assert list(projection.parameters()) == []


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(16, 7), nn.Linear(16, 7, bias=False, dtype=torch.bfloat16), Scaled(16, 7, bias=False)],
    ids=["with-a-bias", "other-type", "more-than-a-product"],
)
def test_what_packing_would_change_stays_in_its_layer(layer: nn.Linear) -> None:
    projection = Projection(layer)
    projection.pack()
    assert projection.layer is layer
