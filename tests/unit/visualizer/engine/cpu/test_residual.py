"""An in-place residual block gives what diffusers' gives, and leaves what it is given."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.resnet import ResnetBlock2D

from visualizer_service.engine.cpu.residual import InPlaceResidual, use_in_place_residuals


@pytest.mark.parametrize("channels", [8, 4], ids=["as-many-channels", "fewer-channels"])
def test_lean_and_whole_give_the_same(channels: int) -> None:
    blocks = torch.nn.Sequential(
        ResnetBlock2D(in_channels=8, out_channels=channels, temb_channels=None, groups=2)
    )
    hidden = torch.randn(2, 8, 6, 4)
    given = hidden.clone()
    with torch.inference_mode():
        expected = blocks[0](hidden, None)
        use_in_place_residuals(blocks)
        assert isinstance(blocks[0], InPlaceResidual)
        torch.testing.assert_close(blocks[0](hidden, None), expected)
    assert torch.equal(hidden, given)


def test_a_block_that_does_more_stays_as_it_is() -> None:
    others = torch.nn.Sequential(
        ResnetBlock2D(in_channels=8, temb_channels=16, groups=2),
        ResnetBlock2D(in_channels=8, temb_channels=None, groups=2, output_scale_factor=2.0),
        ResnetBlock2D(in_channels=8, temb_channels=None, groups=2, up=True),
    )
    use_in_place_residuals(others)
    assert not any(isinstance(block, InPlaceResidual) for block in others)
