"""What encoders made, cached by content: embeddings of prompts and latents of references. Knows no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from torch import Tensor

from visualizer_service.engine.cache import Cache

LATENTS: Final = "latents"
PROMPT: Final = "prompt"


class EncoderCache:
    """Tensors within a bound of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._cache: Cache[tuple[str, ...], Tensor] = Cache(most_bytes)

    def prompts(self, texts: Sequence[str], encode: Callable[[list[str]], list[Tensor]]) -> list[Tensor]:
        """Embeddings of texts; those that are not cached are made in one call."""
        found = {text: self._cache.get((PROMPT, text)) for text in texts}
        missing = [text for text, embedding in found.items() if embedding is None]
        made = dict(zip(missing, encode(missing), strict=True)) if missing else {}
        for text, embedding in made.items():
            self._cache.put((PROMPT, text), embedding)
        return [made[text] if (cached := found[text]) is None else cached for text in texts]

    def prompt_about(self, text: str, references: Sequence[str], encode: Callable[[], Tensor]) -> Tensor:
        """The embedding of a text that was read with references at hand."""
        return self._one((PROMPT, text, *references), encode)

    def latents(self, reference: str, encode: Callable[[], Tensor]) -> Tensor:
        """The latents of a reference."""
        return self._one((LATENTS, reference), encode)

    def references(self) -> tuple[str, ...]:
        """Ids of references whose latents are cached, most recent first."""
        return tuple(key[1] for key in self._cache.recent() if key[0] == LATENTS)

    def clear(self) -> None:
        """Forget everything."""
        self._cache.clear()

    def _one(self, key: tuple[str, ...], encode: Callable[[], Tensor]) -> Tensor:
        value = self._cache.get(key)
        if value is None:
            value = encode()
            self._cache.put(key, value)
        return value
