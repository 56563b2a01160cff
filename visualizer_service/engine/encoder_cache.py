"""What encoders made, cached by content: embeddings of prompts, latents of references, and keys and values of these.

Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch import Tensor

from visualizer_service import metrics
from visualizer_service.engine.budgets import CacheBudget
from visualizer_service.engine.cache import Cache, CacheFigures
from visualizer_service.engine.device import Device
from visualizer_service.engine.tiers import TieredCache

Key = tuple[str, ...]


class EncoderCache:
    """Tensors within a budget. `keys_values` is for models that compute them of references alone; if it `shrinks`, they keep them as float8."""

    def __init__(self, device: Device, budget: CacheBudget, *, shrinks: bool = False) -> None:
        self.shrinks = shrinks
        self._prompts: Cache[Key, Tensor] = Cache(budget.prompts)
        self._latents: Cache[str, Tensor] = Cache(budget.latents)
        self.keys_values: TieredCache[Key] = TieredCache(device, budget.keys_values, budget.host)

    def prompts(self, texts: Sequence[str], encode: Callable[[list[str]], list[Tensor]]) -> list[Tensor]:
        """Embeddings of texts; those that are not cached are made in one call."""
        found = {text: self._prompts.get((text,)) for text in texts}
        missing = [text for text, embedding in found.items() if embedding is None]
        for embedding in found.values():
            metrics.looked_up("prompt", embedding is not None)
        made: dict[str, Tensor] = {}
        if missing:
            with metrics.timed("encode"):
                made = dict(zip(missing, encode(missing), strict=True))
        for text, embedding in made.items():
            self._prompts.put((text,), embedding)
        return [made[text] if (cached := found[text]) is None else cached for text in texts]

    def prompt_about(self, text: str, references: Sequence[str], encode: Callable[[], Tensor]) -> Tensor:
        """The embedding of a text that was read with references at hand."""
        key = (text, *references)
        embedding = self._prompts.get(key)
        metrics.looked_up("prompt", embedding is not None)
        if embedding is None:
            with metrics.timed("encode"):
                embedding = encode()
            self._prompts.put(key, embedding)
        return embedding

    def latents(self, reference: str, encode: Callable[[], Tensor]) -> Tensor:
        """The latents of a reference."""
        latents = self._latents.get(reference)
        metrics.looked_up("reference", latents is not None)
        if latents is None:
            with metrics.timed("reference"):
                latents = encode()
            self._latents.put(reference, latents)
        return latents

    def references(self) -> Iterator[str]:
        """Ids of references whose latents are cached, most recent first."""
        return self._latents.recent()

    @property
    def device_bytes(self) -> int:
        """Memory of the device that it takes."""
        return self._prompts.bytes + self._latents.bytes + self.keys_values.on_device.bytes

    def figures(self) -> dict[str, CacheFigures]:
        """How each part fares, by its name. From any thread."""
        return {
            "prompts": self._prompts.figures(),
            "latents": self._latents.figures(),
            "keys_values": self.keys_values.on_device.figures(),
            "keys_values_host": self.keys_values.on_host.figures(),
        }

    def clear(self) -> None:
        """Free the device's memory."""
        self._prompts.clear()
        self._latents.clear()
        self.keys_values.clear()

    def forget(self) -> None:
        """Empty every part, the host's too."""
        self.clear()
        self.keys_values.forget()
