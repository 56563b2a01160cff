"""Which of diffusers' attention backends is the fastest that a device can use. FLUX.2 masks nothing, so those will do that take no mask."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import torch
from diffusers.models.attention_dispatch import (
    AttentionBackendName,
    _check_attention_backend_requirements,
    dispatch_attention_fn,
)
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel

from visualizer_service.engine.device import Device

HOPPER: Final = (9, 0)
FLASH_3, CUDNN = "_flash_3", "_native_cudnn"
PROBE_TOKENS: Final = 256
MOST_DIFFERENCE: Final = 0.05
"""Between backends, of a mean of numbers about one, in bfloat16."""

log = logging.getLogger(__name__)


def candidates(capability: tuple[int, int] | None) -> tuple[str, ...]:
    """Backends that beat torch's own choice on a GPU of this compute capability, the fastest first; None is no GPU."""
    # FlashAttention 3 is for Hopper only. Before Hopper, torch's own choice, FlashAttention 2, is as fast as cuDNN.
    if capability is None or capability < HOPPER:
        return ()
    return (FLASH_3, CUDNN) if capability == HOPPER else (CUDNN,)


def use_fastest(transformer: Flux2Transformer2DModel, device: Device, names: Sequence[str]) -> None:
    """Set the first of these backends that is installed and gives what torch's own does, if any is and does."""
    head = transformer.config["attention_head_dim"]
    for name in names:
        reason = _why_not(name, device, head)
        if reason is None:
            transformer.set_attention_backend(name)
            log.info("attention by %s", name)
            return
        log.info("no attention by %s: %s", name, reason)


def _why_not(name: str, device: Device, head: int) -> str | None:
    """What keeps a backend from being used, tried with as many channels a head; None if nothing does."""
    query, key, value = (
        torch.randn(1, PROBE_TOKENS, 2, head, device=device.torch, dtype=device.dtype) for _ in range(3)
    )
    try:
        backend = AttentionBackendName(name)
        _check_attention_backend_requirements(backend)
        with torch.inference_mode():
            ours, theirs = (
                dispatch_attention_fn(query, key, value, backend=one)
                for one in (backend, AttentionBackendName.NATIVE)
            )
            far = (ours.float() - theirs.float()).abs().max().item()
    except Exception as error:
        # Whatever it is, there is another way to draw.
        return f"{type(error).__name__}: {error}"
    return None if far <= MOST_DIFFERENCE else f"it is off by {far:.2f}"
