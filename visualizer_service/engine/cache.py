"""A cache bounded by bytes that forgets what was used longest ago. Knows keys and sizes, not what the values mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """A value that knows its size; a torch tensor is one."""

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


class Cache(Generic[K, V]):
    """Least recently used goes first. A value larger than the bound is never kept."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, which now counts as just used, or None."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, dropping old ones until it fits."""
        if (old := self._values.pop(key, None)) is not None:
            self.bytes -= old.nbytes
        if value.nbytes > self.most_bytes:
            return
        self._values[key] = value
        self.bytes += value.nbytes
        while self.bytes > self.most_bytes:
            self.bytes -= self._values.popitem(last=False)[1].nbytes

    def recent(self) -> Iterator[K]:
        """Keys, the most recently used first."""
        return reversed(self._values)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self.bytes = 0
