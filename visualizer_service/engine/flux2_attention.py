"""Attention of FLUX.2 as diffusers does it, in fewer passes over memory: queries and keys are normed, turned and laid in place.

It knows heads (batch, tokens, heads, head width), no blocks.
Source of the arithmetic: diffusers 0.42 `Flux2KVAttnProcessor`, `apply_rotary_emb`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from diffusers.models.transformers.transformer_flux2 import Flux2KVLayerCache
from torch import Tensor
from torch.nn import RMSNorm

BLANK_TOKENS: Final = 1
"""Text tokens that stand before references whose keys and values are extracted; the model's text blocks need one."""
Stretch = tuple[Tensor, RMSNorm]
"""Heads of some tokens in a row, and the norm that is due to them."""


class Given(TypedDict):
    """What a call of the transformer says to every block.

    `turn` is of every token's place, from `turn_of`. Of the last block, nobody reads the first `unread` tokens. To `extracted`, if it is
    there, each block adds the keys and values of references, which then attend to themselves alone. `kv_cache` is diffusers' way
    to give references kept.
    """

    turn: Tensor
    unread: int
    extracted: NotRequired[list[tuple[Tensor, Tensor]]]
    kv_cache: NotRequired[Flux2KVLayerCache | None]


@dataclass(frozen=True, slots=True)
class Heads:
    """Of tokens in order; where there are fewer queries than keys, they are those of the last tokens."""

    queries: Sequence[Stretch]
    keys: Sequence[Stretch]
    values: Sequence[Tensor]


def turn_of(cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary tables (tokens, head width), each value twice, as complex numbers (tokens, 1, head width / 2)."""
    return torch.complex(cosines[:, ::2], sines[:, ::2])[:, None]


def attend(heads: Heads, given: Given, backend: AttentionBackendName | None) -> Tensor:
    """Attention over all tokens and the references kept, (batch, query tokens, width)."""
    # Attention does not care for the order of keys.
    kept = given.get("kv_cache")
    kept_key, kept_value = kept.get() if kept else (None, None)
    query, key = _laid(heads.queries, given["turn"]), _laid(heads.keys, given["turn"], kept_key)
    stretches = [*heads.values] if kept_value is None else [*heads.values, kept_value]
    value = torch.cat(stretches, dim=1) if len(stretches) > 1 else stretches[0]
    if "extracted" in given:
        key, value = key[:, BLANK_TOKENS:], value[:, BLANK_TOKENS:]
        given["extracted"].append((key, value))
    return dispatch_attention_fn(query, key, value, backend=backend).flatten(2)


def _laid(stretches: Sequence[Stretch], turn: Tensor, after: Tensor | None = None) -> Tensor:
    """Normed and turned heads of all stretches, which are those of the last places, then `after` as it is."""
    first, own = stretches[0][0], sum(heads.shape[1] for heads, _ in stretches)
    laid = first.new_empty(first.shape[0], own + (0 if after is None else after.shape[1]), *first.shape[2:])
    start, skipped = 0, len(turn) - own
    for heads, norm in stretches:
        end = start + heads.shape[1]
        _turn(_normed(norm, heads), turn[skipped + start : skipped + end], laid[:, start:end])
        start = end
    if after is not None:
        laid[:, own:] = after
    return laid


def _turn(heads: Tensor, turn: Tensor, into: Tensor) -> None:
    """Rotate neighbouring pairs of channels as complex numbers, in float32 as diffusers does."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    if into.dtype == torch.float32:
        torch.mul(pairs, turn, out=torch.view_as_complex(into.unflatten(-1, (-1, 2))))
    else:
        into.copy_(torch.view_as_real(pairs * turn).flatten(-2))


def _normed(norm: RMSNorm, heads: Tensor) -> Tensor:
    """What `norm` gives for heads."""
    if heads.device.type != "cpu" or heads.dtype != torch.float32:
        return norm(heads)
    # On a CPU torch makes five passes of it and takes two and a half times as long.
    length = torch.linalg.vector_norm(heads, dim=-1, keepdim=True)
    scale = length.square_().div_(heads.shape[-1]).add_(norm.eps or torch.finfo(torch.float32).eps).rsqrt_()
    return (heads * scale).mul_(norm.weight)
