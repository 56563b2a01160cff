"""Attention of FLUX.2 as diffusers does it, in fewer passes over memory: queries and keys are normed, rotated and laid in place.

It knows heads (batch, tokens, heads, head width), no blocks.
Source of the arithmetic: diffusers 0.42 `Flux2KVAttnProcessor`, `apply_rotary_emb`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from torch import Tensor
from torch.nn import RMSNorm

EPS: Final = torch.finfo(torch.float32).eps
"""Torch's own, where a norm names none."""
KeysValues = tuple[Tensor, Tensor]
"""Of references in one layer, (batch, tokens, heads, head width) each."""


@dataclass(frozen=True, slots=True)
class SharedInputs:
    """What all blocks get alike in one call of the transformer.

    `rotary` is every token's, from `rotary_table`. Of the last block, nobody reads the first `unread` tokens. If it `extracts`, the
    tokens are those of references, which attend to themselves alone.
    """

    rotary: Tensor
    unread: int
    extracts: bool = False


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Some tokens in a row: their query, key and value (batch, tokens, width), in this order, and the norms of their heads."""

    pieces: Iterator[Tensor]
    query_norm: RMSNorm
    key_norm: RMSNorm


def rotary_table(cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary tables (tokens, head width), each value twice, as (tokens, 1, head width / 2, cosine and sine)."""
    return torch.stack([cosines[:, ::2], sines[:, ::2]], dim=-1)[:, None]


def attend(
    spans: Sequence[TokenSpan],
    shared: SharedInputs,
    reference_kv: Tensor | None,
    backend: AttentionBackendName | None,
) -> tuple[Tensor, KeysValues | None]:
    """Attention of all tokens, or of the last ones where queries are fewer, over all and `reference_kv`: (batch, tokens, width).

    And, if `shared` says so, what is extracted.

    Args:
        reference_kv: keys and values that references gave in this layer, (2, batch, tokens, heads, head width).
    """
    # Attention does not care for the order of keys.
    reference_key, reference_value = (None, None) if reference_kv is None else reference_kv
    query = _laid([(next(one.pieces), one.query_norm) for one in spans], shared.rotary)
    key = _laid([(next(one.pieces), one.key_norm) for one in spans], shared.rotary, reference_key)
    values = [next(one.pieces).unflatten(-1, key.shape[2:]) for one in spans]
    values += [] if reference_value is None else [reference_value]
    value = torch.cat(values, dim=1) if len(values) > 1 else values[0]
    out = dispatch_attention_fn(query, key, value, backend=backend).flatten(2)
    return out, (key, value) if shared.extracts else None


def _laid(parts: Sequence[tuple[Tensor, RMSNorm]], rotary: Tensor, after: Tensor | None = None) -> Tensor:
    """Heads of the last places of `rotary`, normed and rotated, then `after` as it is: (batch, tokens, heads, head width)."""
    own = sum(part.shape[1] for part, _ in parts)
    heads = [part.unflatten(-1, (-1, rotary.shape[-2] * 2)) for part, _ in parts]
    if torch.compiler.is_compiling():
        # Which lays them in place by itself, and only if nothing is written into pieces of a tensor.
        ends = list(accumulate((part.shape[1] for part in heads), initial=len(rotary) - own))
        spans = zip(heads, parts, pairwise(ends), strict=True)
        laid = [_rotated(norm(part), rotary[start:end]) for part, (_, norm), (start, end) in spans]
        return torch.cat(laid if after is None else [*laid, after], dim=1)
    batch, _, *head = heads[0].shape
    laid = heads[0].new_empty(batch, own + (0 if after is None else after.shape[1]), *head)
    start, skipped = 0, len(rotary) - own
    for part, (_, norm) in zip(heads, parts, strict=True):
        end = start + part.shape[1]
        _rotate(_normed(norm, part), rotary[skipped + start : skipped + end], laid[:, start:end])
        start = end
    if after is not None:
        laid[:, own:] = after
    return laid


def _rotate(heads: Tensor, rotary: Tensor, into: Tensor) -> None:
    """Rotate neighbouring pairs of channels as complex numbers, in float32 as diffusers does."""
    pairs = heads.float().unflatten(-1, (-1, 2))
    pairs, rotary = torch.view_as_complex(pairs), torch.view_as_complex(rotary)
    if into.dtype == torch.float32:
        torch.mul(pairs, rotary, out=torch.view_as_complex(into.unflatten(-1, (-1, 2))))
    else:
        into.copy_(torch.view_as_real(pairs * rotary).flatten(-2))


def _rotated(heads: Tensor, rotary: Tensor) -> Tensor:
    """The same without complex numbers, which a compiler does not know."""
    (real, imaginary), (cosine, sine) = heads.float().unflatten(-1, (-1, 2)).unbind(-1), rotary.unbind(-1)
    rotated = (real * cosine - imaginary * sine, real * sine + imaginary * cosine)
    return torch.stack(rotated, dim=-1).flatten(-2).to(heads.dtype)


def _normed(norm: RMSNorm, heads: Tensor) -> Tensor:
    """What `norm` gives for heads; it may be in their place."""
    if heads.device.type != "cpu" or heads.dtype != torch.float32:
        return norm(heads)
    # On a CPU torch makes five passes of it and takes two and a half times as long.
    width = heads.shape[-1]
    scale = torch.linalg.vector_norm(heads, dim=-1, keepdim=True).square_().add_(width * (norm.eps or EPS))
    return heads.mul_(scale.rsqrt_()).mul_(norm.weight * width**0.5)
