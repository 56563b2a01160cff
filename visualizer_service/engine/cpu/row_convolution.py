"""A 3x3 convolution to the few channels of a picture as one that makes four pixels of a row at once: the same sums, fewer idle lanes.

A CPU works on as many output channels together as its registers hold, and three of sixteen leave most of them idle.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from visualizer_service.engine.cpu.upsampling import is_plain

PIXELS: Final = 4
"""Side by side in a row, made at once."""
MOST_CHANNELS: Final = 4
"""Four pixels of so many fill sixteen lanes."""


def convolve_by_row(decoder: nn.Module) -> None:
    """Exchange the last convolution of an autoencoder's decoder, if it is a plain 3x3 one to few channels."""
    last = decoder.conv_out
    if type(last) is nn.Conv2d and is_plain(last) and last.out_channels <= MOST_CHANNELS:
        decoder.conv_out = RowConvolution(last)


class RowConvolution(nn.Module):
    """(batch, channels, rows, columns) to as many rows and columns, which are a multiple of `PIXELS`."""

    weight: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        few = convolution.weight.detach()
        outputs, inputs, taps, _ = few.shape
        weight = few.new_zeros(PIXELS, outputs, inputs, taps, taps + PIXELS - 1)
        for pixel in range(PIXELS):
            weight[pixel, ..., pixel : pixel + taps] = few
        self.register_buffer("weight", weight.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        self.bias = None if convolution.bias is None else nn.Parameter(convolution.bias.repeat(PIXELS))

    def forward(self, hidden: Tensor) -> Tensor:
        """Convolved."""
        side_by_side = conv2d(hidden, self.weight, self.bias, stride=(1, PIXELS), padding=1)
        # Channels come last in memory: cutting them into pixels moves nothing.
        return (
            side_by_side.permute(0, 2, 3, 1).reshape(len(hidden), *hidden.shape[2:], -1).permute(0, 3, 1, 2)
        )
