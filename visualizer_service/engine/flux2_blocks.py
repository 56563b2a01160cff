"""FLUX.2's transformer blocks in fewer passes over memory and fewer calls: same weights, same arithmetic, other grouping.

They draw, with or without cached reference keys and values, and extract these.
Source of the arithmetic: diffusers 0.42 `Flux2TransformerBlock`, `Flux2SingleTransformerBlock` and their KV processors.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from diffusers.models.transformers.transformer_flux2 import (
    Flux2FeedForward,
    Flux2SingleTransformerBlock,
    Flux2Transformer2DModel,
    Flux2TransformerBlock,
)
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

from visualizer_service.engine.flux2_attention import Given, Stretch, attend, pieces


def use_lean_blocks(transformer: Flux2Transformer2DModel) -> None:
    """Exchange a transformer's blocks for those of this module; each call then needs `Given` as `joint_attention_kwargs`."""
    doubles, singles = transformer.transformer_blocks, transformer.single_transformer_blocks
    for index, block in enumerate(doubles):
        doubles[index] = LeanDouble(cast("Flux2TransformerBlock", block))
    for index, block in enumerate(singles):
        is_last = index == len(singles) - 1
        singles[index] = LeanSingle(cast("Flux2SingleTransformerBlock", block), is_last)
    transformer._repeated_blocks = [LeanDouble.__name__, LeanSingle.__name__]  # for torch.compile


class LeanDouble(nn.Module):
    """A block where text and picture have projections of their own. It changes the tensors that it is given."""

    def __init__(self, block: Flux2TransformerBlock) -> None:
        super().__init__()
        self.parts = block
        # `Any`: the projections that fusing makes are declared nowhere.
        attn: Any = block.attn
        attn.fuse_projections()
        for unfused in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"):
            delattr(attn, unfused)  # their weights live on in the fused projections

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        temb_mod_img: Tensor,
        temb_mod_txt: Tensor,
        image_rotary_emb: object,
        joint_attention_kwargs: Given,
    ) -> tuple[Tensor, Tensor]:
        """Text and picture (batch, tokens, width) after the block."""
        block, picture, text = self.parts, hidden_states, encoder_hidden_states
        shift, scale, gate, *of_feed_forward = _six(temb_mod_img)
        text_shift, text_scale, text_gate, *of_text_feed_forward = _six(temb_mod_txt)
        of_text, of_picture = self._attended(
            _modulated(text, text_shift, text_scale, block.norm1_context.eps),
            _modulated(picture, shift, scale, block.norm1.eps),
            joint_attention_kwargs,
        )
        text.addcmul_(text_gate, of_text)
        picture.addcmul_(gate, of_picture)
        _feed_forward(text, block.ff_context, of_text_feed_forward, block.norm2_context.eps)
        _feed_forward(picture, block.ff, of_feed_forward, block.norm2.eps)
        return text, picture

    def _attended(self, text: Tensor, picture: Tensor, given: Given) -> tuple[Tensor, Tensor]:
        attn: Any = self.parts.attn
        wanted = [(attn.inner_dim, 0)] * 3
        stretches = [
            Stretch(pieces(attn.to_added_qkv, text, wanted), attn.norm_added_q, attn.norm_added_k),
            Stretch(pieces(attn.to_qkv, picture, wanted), attn.norm_q, attn.norm_k),
        ]
        out = attend(stretches, given, attn.processor._attention_backend)
        of_text, of_picture = out.tensor_split([text.shape[1]], dim=1)
        return attn.to_add_out(of_text), attn.to_out[0](of_picture)


class LeanSingle(nn.Module):
    """A block where attention and feed-forward share their projections. It changes the tensor that it is given.

    Unread tokens come out of the last one as they went in; there they only give keys and values.
    """

    def __init__(self, block: Flux2SingleTransformerBlock, is_last: bool) -> None:
        super().__init__()
        self.parts = block
        self._is_last = is_last

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: None,
        temb_mod: Tensor,
        image_rotary_emb: object,
        joint_attention_kwargs: Given,
    ) -> Tensor:
        """Text and picture (batch, tokens, width), one after the other, after the block."""
        # `Any`: diffusers types a processor as one of its own classes.
        attn: Any = self.parts.attn
        shift, scale, gate = temb_mod.unsqueeze(-2).chunk(3, dim=-1)
        unread = joint_attention_kwargs["unread"] if self._is_last else 0
        normed = _modulated(hidden_states, shift, scale, self.parts.norm.eps)
        width, inner = attn.inner_dim, attn.mlp_hidden_dim
        wanted = [(width, unread), (width, 0), (width, 0), (inner, unread), (inner, unread)]
        made = pieces(attn.to_qkv_mlp_proj, normed, wanted)
        stretch = Stretch(made, attn.norm_q, attn.norm_k)
        out = attend([stretch], joint_attention_kwargs, attn.processor._attention_backend)
        out = attn.to_out(torch.cat([out, silu(next(made)).mul_(next(made))], dim=-1))
        hidden_states[:, unread:].addcmul_(gate, out)
        return hidden_states


def _six(modulation: Tensor) -> tuple[Tensor, ...]:
    """Shift, scale and gate of attention, then of the feed-forward, (batch or 1, 1, width) each."""
    return modulation.unsqueeze(-2).chunk(6, dim=-1)


def _modulated(hidden: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """Normed, scaled and shifted; in the norm's own pass where all rows are at one timestep."""
    width = hidden.shape[-1:]
    if len(shift) == 1:
        return layer_norm(hidden, width, 1 + scale.view(width), shift.view(width), eps)
    return torch.addcmul(shift, layer_norm(hidden, width, eps=eps), 1 + scale)


def _feed_forward(hidden: Tensor, layers: Flux2FeedForward, modulation: list[Tensor], eps: float) -> None:
    """Add to `hidden` what the feed-forward makes of it."""
    shift, scale, gate = modulation
    up, gated = layers.linear_in(_modulated(hidden, shift, scale, eps)).chunk(2, dim=-1)
    hidden.addcmul_(gate, layers.linear_out(silu(up).mul_(gated)))
