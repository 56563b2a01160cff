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
class Order:
    """Latents (1, channels, rows, columns) and, once it is there, their picture; orders are numbered as they come."""

    number: int
    latents: Tensor
    picture: Image | None = None


class Decoding:
    """Decodes with a function of latents (batch, channels, rows, columns), one by one unless `together`."""

    def __init__(self, decode: Callable[[Tensor], list[Image]], *, together: bool) -> None:
        self._decode = decode
        self._most_rows = MOST_ROWS if together else 1
        # An order that was given up is gone with its call.
        self._waiting: WeakValueDictionary[int, Order] = WeakValueDictionary()
        self._numbers = count()
        self._lock = Lock()

    def order(self, latents: Tensor, pixels: int) -> Callable[[], Image]:
        """A call that gives the picture, of so many `pixels`, and decodes others of its shape that wait with it."""
        order, most = Order(next(self._numbers), latents), max(1, min(self._most_rows, MOST_PX // pixels))
        with self._lock:
            self._waiting[order.number] = order
        return lambda: order.picture or self._make(self._taken(order, most))

    def _taken(self, order: Order, most: int) -> list[Order]:
        """An order and those of its shape that have waited longest; none of them waits any more."""
        with self._lock:
            self._waiting.pop(order.number, None)
            alike = [one for one in self._waiting.values() if one.latents.shape == order.latents.shape]
            taken = sorted(alike, key=lambda one: one.number)[: most - 1]
            for one in taken:
                del self._waiting[one.number]
        return [order, *taken]

    def _make(self, orders: list[Order]) -> Image:
        """The picture of the first."""
        try:
            made = self._decode(torch.cat([order.latents for order in orders]))
        except DeviceBroken:
            raise
        except Exception:
            if len(orders) == 1:
                raise
            # Whatever is wrong with another is told when that one is asked for.
            return self._make(orders[:1])
        for order, picture in zip(orders, made, strict=True):
            order.picture = picture
        return made[0]
