"""FLUX.2's transformer blocks in fewer passes over memory and fewer calls: same weights, same arithmetic, other grouping.

They draw, with or without keys and values of references, and extract these.
Source of the arithmetic: diffusers 0.42 `Flux2TransformerBlock`, `Flux2SingleTransformerBlock` and their KV processors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux2 import (
    Flux2SingleTransformerBlock,
    Flux2TransformerBlock,
)
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from visualizer_service.engine.cpu.projection import Projection
from visualizer_service.engine.families.flux2.attention import KeysValues, SharedInputs, TokenSpan, attend

Modulation = Sequence[Tensor]
"""Shift, one more than scale, and gate, (batch or 1, 1, width) each: of attention and, if there are six, then of the feed-forward."""


class FusedDoubleBlock(nn.Module):
    """A block where text and picture have projections of their own. It changes the tensors that it is given."""

    def __init__(self, block: Flux2TransformerBlock) -> None:
        super().__init__()
        self.parts = block
        # `Any`: the projections that fusing makes are declared nowhere.
        attn: Any = block.attn
        attn.fuse_projections()
        for unfused in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"):
            delattr(attn, unfused)  # their weights live on in the fused projections
        attn.to_added_qkv = Projection(attn.to_added_qkv, [attn.inner_dim] * 3)
        attn.to_qkv = Projection(attn.to_qkv, [attn.inner_dim] * 3)
        attn.to_add_out = Projection(attn.to_add_out)
        attn.to_out[0] = Projection(attn.to_out[0])
        layers: Any
        for layers in (block.ff_context, block.ff):
            inner = layers.linear_out.in_features
            layers.linear_in = Projection(layers.linear_in, [inner, inner], gate=0)
            layers.linear_out = Projection(layers.linear_out)

    def forward(
        self,
        text: Tensor,
        picture: Tensor,
        modulations: tuple[Modulation, Modulation],
        shared: SharedInputs,
        reference_kv: Tensor | None,
    ) -> KeysValues | None:
        """Work on text and picture (batch, tokens, width), modulated in this order, and give what is extracted."""
        of_text, of_picture = modulations
        block = self.parts
        (text_out, picture_out), extracted = self._attended(
            modulated(text, of_text[:2], block.norm1_context.eps),
            modulated(picture, of_picture[:2], block.norm1.eps),
            shared,
            reference_kv,
        )
        text.addcmul_(of_text[2], text_out)
        picture.addcmul_(of_picture[2], picture_out)
        _feed_forward(text, block.ff_context, of_text[3:], block.norm2_context.eps)
        _feed_forward(picture, block.ff, of_picture[3:], block.norm2.eps)
        return extracted

    def _attended(
        self, text: Tensor, picture: Tensor, shared: SharedInputs, reference_kv: Tensor | None
    ) -> tuple[tuple[Tensor, Tensor], KeysValues | None]:
        attn: Any = self.parts.attn
        spans = [
            TokenSpan(attn.to_added_qkv.pieces(text), attn.norm_added_q, attn.norm_added_k),
            TokenSpan(attn.to_qkv.pieces(picture), attn.norm_q, attn.norm_k),
        ]
        out, extracted = attend(spans, shared, reference_kv, attn.processor._attention_backend)
        of_text, of_picture = out.tensor_split([text.shape[1]], dim=1)
        return (attn.to_add_out(of_text), attn.to_out[0](of_picture)), extracted


class FusedSingleBlock(nn.Module):
    """A block where attention and feed-forward share their projections. It changes the tensor that it is given.

    Unread tokens come out of the last one as they went in; there they only give keys and values.
    """

    def __init__(self, block: Flux2SingleTransformerBlock, is_last: bool) -> None:
        super().__init__()
        self.parts = block
        self._is_last = is_last
        # `Any`: diffusers types a processor as one of its own classes.
        attn: Any = block.attn
        widths = [attn.inner_dim] * 3 + [attn.mlp_hidden_dim] * 2
        attn.to_qkv_mlp_proj = Projection(attn.to_qkv_mlp_proj, widths, gate=3, of_all=(1, 2))
        attn.to_out = Projection(attn.to_out)

    def forward(
        self, hidden: Tensor, modulation: Modulation, shared: SharedInputs, reference_kv: Tensor | None
    ) -> KeysValues | None:
        """Work on text and picture, one after the other, (batch, tokens, width), and give what is extracted."""
        attn: Any = self.parts.attn
        unread = shared.unread if self._is_last else 0
        made = attn.to_qkv_mlp_proj.pieces(modulated(hidden, modulation[:2], self.parts.norm.eps), unread)
        out, extracted = attend(
            [TokenSpan(made, attn.norm_q, attn.norm_k)],
            shared,
            reference_kv,
            attn.processor._attention_backend,
        )
        out = attn.to_out(torch.cat([out, next(made).mul_(next(made))], dim=-1))
        hidden[:, unread:].addcmul_(modulation[2], out)
        return extracted


def modulated(hidden: Tensor, shift_and_scale: Modulation, eps: float) -> Tensor:
    """Normed, scaled and shifted; in the norm's own pass where all rows are at one timestep."""
    shift, scale = shift_and_scale
    width = hidden.shape[-1:]
    if len(shift) == 1:
        return layer_norm(hidden, width, scale.view(width), shift.view(width), eps)
    return torch.addcmul(shift, layer_norm(hidden, width, eps=eps), scale)


def _feed_forward(hidden: Tensor, layers: Any, modulation: Modulation, eps: float) -> None:
    """Add to `hidden` what the feed-forward makes of it."""
    gate, gated = layers.linear_in.pieces(modulated(hidden, modulation[:2], eps))
    hidden.addcmul_(modulation[2], layers.linear_out(gate.mul_(gated)))
