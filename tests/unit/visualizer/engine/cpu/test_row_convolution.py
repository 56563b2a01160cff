"""Four pixels at once are the four pixels one by one, borders included."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from visualizer_service.engine.cpu.row_convolution import RowConvolution, convolve_by_row


class Decoder(nn.Module):
    """As much of an autoencoder's decoder as is exchanged."""

    def __init__(self, conv_out: nn.Module) -> None:
        super().__init__()
        self.conv_out = conv_out


@pytest.mark.parametrize("size", [(1, 4), (3, 8), (8, 20)])
@pytest.mark.parametrize("bias", [True, False])
def test_by_row_and_by_pixel_give_the_same(size: tuple[int, int], bias: bool) -> None:
    decoder = Decoder(nn.Conv2d(6, 3, 3, padding=1, bias=bias))
    hidden = torch.randn(2, 6, *size)
    with torch.inference_mode():
        expected = decoder.conv_out(hidden)
        convolve_by_row(decoder)
        assert isinstance(decoder.conv_out, RowConvolution)
        torch.testing.assert_close(decoder.conv_out(hidden), expected)


@pytest.mark.parametrize(
    "other", [nn.Conv2d(6, 8, 3, padding=1), nn.Conv2d(6, 3, 1), nn.Conv2d(6, 3, 3, padding=1, stride=2)]
)
def test_another_convolution_stays_as_it_is(other: nn.Conv2d) -> None:
    decoder = Decoder(other)
    convolve_by_row(decoder)
    assert decoder.conv_out is other
