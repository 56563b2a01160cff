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
from torch.nn.functional import silu

Rotary = tuple[Tensor, Tensor]


def use_lean_attention(transformer: Flux2Transformer2DModel) -> None:
    """Give every block of a klein-KV or plain transformer the processors of this module."""
    for attn in list(transformer.modules()):
        match attn:
            case Flux2Attention():
                attn.fuse_projections()
                for unfused in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"):
                    delattr(attn, unfused)  # their weights live on in the fused projections
                _replace_processor(attn, LeanAttention)
            case Flux2ParallelSelfAttention():
                _replace_processor(attn, LeanParallelAttention)


def _replace_processor(attn: Any, lean: type[LeanAttention | LeanParallelAttention]) -> None:
    # `Any`: diffusers types a processor as one of its own classes.
    attn.set_processor(lean(attn.processor))


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
        query = torch.cat([attn.norm_added_q(text[:, :, 0]), attn.norm_q(picture[:, :, 0])], dim=1)
        key = torch.cat([attn.norm_added_k(text[:, :, 1]), attn.norm_k(picture[:, :, 1])], dim=1)
        value = torch.cat([text[:, :, 2], picture[:, :, 2]], dim=1)
        out = _attend(query, key, value, image_rotary_emb, kv_cache, self._attention_backend)
        of_text, of_picture = out.tensor_split([text.shape[1]], dim=1)
        return attn.to_out[0](of_picture), attn.to_add_out(of_text)


class LeanParallelAttention:
    """For the single blocks, where attention and feed-forward share their projections."""

    _attention_backend: AttentionBackendName | None = None

    def __init__(self, extract: Callable[..., Any]) -> None:
        self._extract = extract

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
        projected = attn.to_qkv_mlp_proj(hidden_states)
        qkv, gate, up = projected.split(
            [3 * attn.inner_dim, attn.mlp_hidden_dim, attn.mlp_hidden_dim], dim=-1
        )
        query, key, value = qkv.unflatten(-1, (3, -1, attn.head_dim)).unbind(2)
        query, key = attn.norm_q(query), attn.norm_k(key)
        out = _attend(query, key, value, image_rotary_emb, kv_cache, self._attention_backend)
        return attn.to_out(torch.cat([out, silu(gate).mul_(up)], dim=-1))


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
    query, key = _turned(query, turn), _turned(key, turn)
    if kept is not None:
        # Attention does not care for the order of keys.
        reference_key, reference_value = kept.get()
        key, value = torch.cat([key, reference_key], dim=1), torch.cat([value, reference_value], dim=1)
    return dispatch_attention_fn(query, key, value, backend=backend).flatten(2)


def _turned(heads: Tensor, turn: Tensor) -> Tensor:
    """Rotate neighbouring pairs of channels as complex numbers, in float32 as diffusers does."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turn).flatten(-2).to(heads.dtype)
