"""Attention processors for FLUX.2 that do what diffusers' do in fewer passes over memory.

They serve the plain forward and the one with cached reference keys and values; extracting these is left to diffusers' own.
Source of the arithmetic: diffusers 0.42 `Flux2KVAttnProcessor`, `Flux2KVParallelSelfAttnProcessor`, `apply_rotary_emb`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from diffusers.models.transformers.transformer_flux2 import (
    Flux2Attention,
    Flux2KVLayerCache,
    Flux2ParallelSelfAttention,
    Flux2Transformer2DModel,
)
from torch import Tensor
from torch.nn import Linear, RMSNorm
from torch.nn.functional import linear, pad, silu

Rotary = tuple[Tensor, Tensor]


def use_lean_attention(transformer: Flux2Transformer2DModel, text_tokens: int) -> None:
    """Give every block of the transformer the processors of this module; its prompts all have `text_tokens`."""
    last = transformer.single_transformer_blocks[-1]
    # `Any`: diffusers types a processor as one of its own classes.
    attn: Any
    for attn in (block.attn for block in transformer.transformer_blocks):
        attn.fuse_projections()
        for unfused in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"):
            delattr(attn, unfused)  # their weights live on in the fused projections
        attn.set_processor(LeanAttention(attn.processor))
    for attn in (block.attn for block in transformer.single_transformer_blocks):
        attn.set_processor(LeanParallelAttention(attn.processor, text_tokens if attn is last.attn else 0))


class LeanAttention:
    """For the double blocks, where text and picture have projections of their own."""

    _attention_backend: AttentionBackendName | None = None  # set by diffusers' `set_attention_backend`

    def __init__(self, extract: Callable[..., Any]) -> None:
        self._extract = extract

    def __call__(
        self,
        attn: Flux2Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None,
        image_rotary_emb: Rotary,
        kv_cache: Flux2KVLayerCache | None = None,
        kv_cache_mode: str | None = None,
        num_ref_tokens: int = 0,
    ) -> tuple[Tensor, Tensor]:
        """Attend, text before picture. Returns picture (batch, tokens, width) and text."""
        if kv_cache_mode == "extract":
            given = hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb
            return self._extract(attn, *given, kv_cache, kv_cache_mode, num_ref_tokens)
        picture = attn.to_qkv(hidden_states).unflatten(-1, (3, -1, attn.head_dim))
        text = attn.to_added_qkv(encoder_hidden_states).unflatten(-1, (3, -1, attn.head_dim))
        query = torch.cat(
            [_normed(attn.norm_added_q, text[:, :, 0]), _normed(attn.norm_q, picture[:, :, 0])], 1
        )
        key = torch.cat(
            [_normed(attn.norm_added_k, text[:, :, 1]), _normed(attn.norm_k, picture[:, :, 1])], 1
        )
        value = torch.cat([text[:, :, 2], picture[:, :, 2]], dim=1)
        out = _attend(query, key, value, image_rotary_emb, kv_cache, self._attention_backend)
        of_text, of_picture = out.tensor_split([text.shape[1]], dim=1)
        return attn.to_out[0](of_picture), attn.to_add_out(of_text)


class LeanParallelAttention:
    """For the single blocks, where attention and feed-forward share their projections.

    The first `unread` tokens come out as zeros: after the last block nothing reads the text, so there it only gives keys and values.
    """

    _attention_backend: AttentionBackendName | None = None

    def __init__(self, extract: Callable[..., Any], unread: int = 0) -> None:
        self._extract = extract
        self._unread = unread

    def __call__(
        self,
        attn: Flux2ParallelSelfAttention,
        hidden_states: Tensor,
        attention_mask: Tensor | None,
        image_rotary_emb: Rotary,
        kv_cache: Flux2KVLayerCache | None = None,
        kv_cache_mode: str | None = None,
        num_txt_tokens: int = 0,
        num_ref_tokens: int = 0,
    ) -> Tensor:
        """Attend and feed forward over text and picture (batch, tokens, width)."""
        if kv_cache_mode == "extract":
            given = hidden_states, attention_mask, image_rotary_emb
            return self._extract(attn, *given, kv_cache, kv_cache_mode, num_txt_tokens, num_ref_tokens)
        query, key, value, gate, up = self._projected(attn, hidden_states)
        query, key = _normed(attn.norm_q, query), _normed(attn.norm_k, key)
        out = _attend(query, key, value, image_rotary_emb, kv_cache, self._attention_backend)
        out = attn.to_out(torch.cat([out, silu(gate).mul_(up)], dim=-1))
        return pad(out, (0, 0, self._unread, 0)) if self._unread else out

    def _projected(self, attn: Flux2ParallelSelfAttention, hidden: Tensor) -> tuple[Tensor, ...]:
        """Query, key and value (batch, tokens, heads, head width), and both halves of the feed-forward."""
        width, inner = attn.inner_dim, attn.mlp_hidden_dim
        projection = attn.to_qkv_mlp_proj
        is_plain = type(projection) is Linear and type(projection.weight.data) is Tensor
        if self._unread and is_plain and projection.bias is None:
            read = hidden[:, self._unread :]
            of_query, of_key_value, of_mlp = projection.weight.split([width, 2 * width, 2 * inner])
            query = linear(read, of_query)
            key, value = linear(hidden, of_key_value).chunk(2, dim=-1)
            gate, up = linear(read, of_mlp).chunk(2, dim=-1)
        else:
            query, key, value, gate, up = projection(hidden).split(
                [width, width, width, inner, inner], dim=-1
            )
            query, gate, up = (part[:, self._unread :] for part in (query, gate, up))
        heads = (part.unflatten(-1, (-1, attn.head_dim)) for part in (query, key, value))
        return *heads, gate, up


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    rotary: Rotary,
    kept: Flux2KVLayerCache | None,
    backend: AttentionBackendName | None,
) -> Tensor:
    """Attention over all tokens and the references kept; all are (batch, tokens, heads, head width), the result is flat."""
    cosines, sines = rotary
    turn = torch.complex(cosines[:, ::2], sines[:, ::2])[:, None]
    # Where there are fewer queries than keys, they are those of the last tokens.
    query, key = _turned(query, turn[-query.shape[1] :]), _turned(key, turn)
    if kept is not None:
        # Attention does not care for the order of keys.
        reference_key, reference_value = kept.get()
        key, value = torch.cat([key, reference_key], dim=1), torch.cat([value, reference_value], dim=1)
    return dispatch_attention_fn(query, key, value, backend=backend).flatten(2)


def _turned(heads: Tensor, turn: Tensor) -> Tensor:
    """Rotate neighbouring pairs of channels as complex numbers, in float32 as diffusers does."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turn).flatten(-2).to(heads.dtype)


def _normed(norm: RMSNorm, heads: Tensor) -> Tensor:
    """What `norm` gives for heads (batch, tokens, heads, head width)."""
    if heads.device.type != "cpu" or heads.dtype != torch.float32:
        return norm(heads)
    # On a CPU torch makes five passes of it and takes two and a half times as long.
    length = torch.linalg.vector_norm(heads, dim=-1, keepdim=True)
    scale = length.square_().div_(heads.shape[-1]).add_(norm.eps or torch.finfo(torch.float32).eps).rsqrt_()
    return (heads * scale).mul_(norm.weight)
