"""Pictures that wait to be decoded, in one call where that pays: on a CPU, small ones cost a sixth less four at a time.

Knows tensors, no model. Orders come from the step loop's thread and are carried out in the one beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

import torch
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.family import DeviceBroken

MOST_ROWS: Final = 4
MOST_PX: Final = 4 * 256 * 256
"""Of all pictures of a call together: beyond that, one picture fills the core's caches alone, and memory counts."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Waiting:
    """Latents (1, channels, rows, columns) and, once it is there, their picture."""

    latents: Tensor
    picture: Image | None = None


class Decoding:
    """Decodes with a function of latents (batch, channels, rows, columns), one by one unless `together`."""

    def __init__(self, decode: Callable[[Tensor], list[Image]], *, together: bool) -> None:
        self._decode = decode
        self._most_rows = MOST_ROWS if together else 1
        # An order that was given up is gone with its call.
        self._waiting: WeakValueDictionary[int, Waiting] = WeakValueDictionary()
        self._numbers = count()
        self._lock = Lock()

    def order(self, latents: Tensor, pixels: int) -> Callable[[], Image]:
        """A call that gives the picture, of so many `pixels`, and decodes others of its shape that wait with it."""
        ordered, most = Waiting(latents), max(1, min(self._most_rows, MOST_PX // pixels))
        with self._lock:
            self._waiting[next(self._numbers)] = ordered
        return lambda: ordered.picture or self._make(ordered, most)

    def _make(self, ordered: Waiting, most: int) -> Image:
        with self._lock:
            waiting = [one for _, one in sorted(self._waiting.items())]
        others = [one for one in waiting if one is not ordered and one.picture is None]
        alike = [one for one in others if one.latents.shape == ordered.latents.shape]
        together = [ordered, *alike[: most - 1]]
        try:
            made = self._decode(torch.cat([one.latents for one in together]))
        except DeviceBroken:
            raise
        except Exception:
            if len(together) == 1:
                raise
            # Whatever was wrong with the others is theirs.
            return self._make(ordered, most=1)
        for one, picture in zip(together, made, strict=True):
            one.picture = picture
        return made[0]
