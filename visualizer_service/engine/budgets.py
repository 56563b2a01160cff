"""What the caches of encoded prompts and references may take, each apart, so that none pushes another's values out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CPU_BYTES: Final = 2 * 2**30
"""Of all caches together where nobody says how much memory is free."""
MOST_PROMPT_BYTES: Final = 512 * 2**20
"""Prompts seldom recur: 70 of FLUX.2 klein-4B."""
MOST_LATENT_BYTES: Final = 256 * 2**20
"""A 1024² reference of FLUX.2 takes one megabyte."""
SMALL_SHARE: Final = 8
"""Prompts and latents get an eighth each of a small budget."""


@dataclass(frozen=True, slots=True)
class CacheWish:
    """What an operator allows: bytes on the device or, unset, a `share` of what the loaded model leaves free; and bytes of the host's."""

    device_bytes: int | None = None
    share: float = 0.4
    host_bytes: int = 8 * 2**30


@dataclass(frozen=True, slots=True)
class CacheBudget:
    """Bounds in bytes: on the device of embedded prompts, latents and keys and values, and in the host's memory of the last."""

    prompts: int
    latents: int
    keys_values: int
    host: int


def budget(wish: CacheWish, free_bytes: int | None) -> CacheBudget:
    """Share out what is allowed; `free_bytes` are those of the device, None on a CPU, which needs no second tier."""
    if wish.device_bytes is not None:
        whole = wish.device_bytes
    else:
        whole = CPU_BYTES if free_bytes is None else int(free_bytes * wish.share)
    prompts = min(MOST_PROMPT_BYTES, whole // SMALL_SHARE)
    latents = min(MOST_LATENT_BYTES, whole // SMALL_SHARE)
    return CacheBudget(
        prompts, latents, whole - prompts - latents, 0 if free_bytes is None else wish.host_bytes
    )
