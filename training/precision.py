"""The number format in which a training multiplies: bfloat16 where the device does so natively, else float32.

Weights, sums and what optimisers keep are float32 either way. Without native products bfloat16 is several times slower than float32.
"""

from __future__ import annotations

import torch


def product_type(device: torch.device) -> torch.dtype:
    """The format of factors on this device."""
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        native = able.get("avx512_bf16") or able.get("amx_bf16")
    else:
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float32


def quick_products(device: torch.device) -> torch.autocast:
    """A context in which a forward pass multiplies in `product_type`."""
    chosen = product_type(device)
    return torch.autocast(device.type, chosen, enabled=chosen != torch.float32)
