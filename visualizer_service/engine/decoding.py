"""Pictures that wait to be decoded, in one call where that pays: on a CPU, small ones cost a sixth less four at a time.

Knows tensors, no model. Requests come from the step loop's thread and are carried out in the decode thread.
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
class DecodeRequest:
    """Latents (1, channels, rows, columns) and, once it is there, their picture; requests are numbered as they come."""

    number: int
    latents: Tensor
    picture: Image | None = None


class BatchDecoder:
    """Decodes with a function of latents (batch, channels, rows, columns), one by one unless `together`."""

    def __init__(self, decode: Callable[[Tensor], list[Image]], *, together: bool) -> None:
        self._decode = decode
        self._most_rows = MOST_ROWS if together else 1
        # A request that was given up is gone with its call.
        self._waiting: WeakValueDictionary[int, DecodeRequest] = WeakValueDictionary()
        self._numbers = count()
        self._lock = Lock()

    def submit(self, latents: Tensor, pixels: int) -> Callable[[], Image]:
        """A call that gives the picture, of so many `pixels`, and decodes others of its shape that wait with it."""
        request, most = (
            DecodeRequest(next(self._numbers), latents),
            max(1, min(self._most_rows, MOST_PX // pixels)),
        )
        with self._lock:
            self._waiting[request.number] = request
        return lambda: request.picture or self._make(self._taken(request, most))

    def _taken(self, request: DecodeRequest, most: int) -> list[DecodeRequest]:
        """A request and those of its shape that have waited longest; none of them waits any more."""
        with self._lock:
            self._waiting.pop(request.number, None)
            alike = [one for one in self._waiting.values() if one.latents.shape == request.latents.shape]
            taken = sorted(alike, key=lambda one: one.number)[: most - 1]
            for one in taken:
                del self._waiting[one.number]
        return [request, *taken]

    def _make(self, requests: list[DecodeRequest]) -> Image:
        """The picture of the first."""
        try:
            made = self._decode(torch.cat([request.latents for request in requests]))
        except DeviceBroken:
            raise
        except Exception:
            if len(requests) == 1:
                raise
            # What is wrong with another is raised when that one is asked for.
            return self._make(requests[:1])
        for request, picture in zip(requests, made, strict=True):
            request.picture = picture
        return made[0]
