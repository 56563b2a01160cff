"""What a picture under way follows: embeddings of its prompt, and latents of its references. Knows no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from torch import Tensor

from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.seam import Task


@dataclass(frozen=True)
class Guide:
    """What a picture follows: embeddings (tokens, width) of what is wanted and, under guidance, of what is not.

    `references` are latents of each image, (1, channels, rows, columns).
    """

    wanted: Tensor
    unwanted: Tensor | None = None
    references: tuple[Tensor, ...] = ()

    @property
    def layout(self) -> object:
        """Equal for guides whose pictures can share a call."""
        return tuple(one.shape for one in self.references)

    def tensors(self) -> Iterator[Tensor]:
        """All that a step may read of it."""
        for field in fields(self):
            value = getattr(self, field.name)
            yield from (one for one in (value if isinstance(value, tuple) else (value,)) if one is not None)


def text_guides(
    tasks: Sequence[Task],
    unwanted: str | None,
    cache: EncoderCache,
    encode: Callable[[list[str]], list[Tensor]],
) -> list[Guide]:
    """A guide for each task's description, away from `unwanted` if there is any; what is not cached is encoded in one call."""
    texts = [task.description for task in tasks]
    if unwanted is None:
        return [Guide(wanted) for wanted in cache.prompts(texts, encode)]
    *wanted, away = cache.prompts([*texts, unwanted], encode)
    return [Guide(one, away) for one in wanted]
