"""A doubling convolution gives what doubling and convolving give, borders included."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.upsampling import Upsample2D

from visualizer_service.engine.cpu.upsampling import DoublingConvolution, join_upsampling


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 5)])
def test_joined_and_apart_give_the_same(size: tuple[int, int]) -> None:
    apart = torch.nn.Sequential(Upsample2D(4, use_conv=True, out_channels=6))
    hidden = torch.randn(2, 4, *size)
    with torch.inference_mode():
        expected = apart(hidden)
        join_upsampling(apart)
        assert isinstance(apart[0], DoublingConvolution)
        torch.testing.assert_close(apart(hidden), expected)


def test_an_upsampling_that_does_more_stays_as_it_is() -> None:
    others = torch.nn.Sequential(
        Upsample2D(4),
        Upsample2D(4, use_conv_transpose=True),
        Upsample2D(4, use_conv=True, norm_type="ln_norm"),
    )
    join_upsampling(others)
    assert not any(isinstance(layer, DoublingConvolution) for layer in others)
