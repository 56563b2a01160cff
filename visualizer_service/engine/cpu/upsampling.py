"""Doubling a picture and the 3x3 convolution after it as one transposed convolution: the same sums, 16 products for every 36."""

from __future__ import annotations

import torch
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d

# Row k holds which of the three taps along a side reach the pixel whose place is k, because nearest doubling shows them the same value.
SHARED_TAPS = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


def join_upsampling(decoder: nn.Module) -> None:
    """Exchange every doubling in an autoencoder's decoder that a plain 3x3 convolution follows."""
    for parent in list(decoder.modules()):
        for name, child in parent.named_children():
            after = (
                child.conv
                if isinstance(child, Upsample2D) and child.interpolate and child.norm is None
                else None
            )
            if type(after) is nn.Conv2d and is_plain(after):
                setattr(parent, name, DoublingConvolution(after))


class DoublingConvolution(nn.Module):
    """(batch, channels, rows, columns) to twice as many rows and columns."""

    weight: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        weight = convolution.weight.detach()
        taps = torch.tensor(SHARED_TAPS, device=weight.device)
        joined = torch.einsum("kr,oirc,lc->iokl", taps, weight.float(), taps).to(weight.dtype)
        self.register_buffer("weight", joined.contiguous(memory_format=torch.channels_last))
        self.bias = convolution.bias

    def forward(self, hidden_states: Tensor, output_size: None = None) -> Tensor:
        """Doubled and convolved; takes what `Upsample2D` takes."""
        return conv_transpose2d(hidden_states, self.weight, self.bias, stride=2, padding=1)


def is_plain(convolution: nn.Conv2d) -> bool:
    """Whether it is 3x3 and keeps a picture's size."""
    of = convolution
    shape = of.kernel_size, of.stride, of.padding, of.dilation, of.groups
    return shape == ((3, 3), (1, 1), (1, 1), (1, 1), 1)
