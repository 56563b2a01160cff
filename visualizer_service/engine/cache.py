"""A cache bounded by bytes that forgets what was used longest ago, and says how it fares. Knows keys and sizes, not what values mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """A value that knows its size; a torch tensor is one."""

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """How a cache fares: bytes held and held at most, and since the start, keys found, keys missed and values pushed out."""

    bytes: int
    most_bytes: int
    hits: int
    misses: int
    evictions: int


class Cache(Generic[K, V]):
    """Least recently used goes first. A value larger than the bound is never kept; `give_way` is called with whatever has no place."""

    def __init__(self, most_bytes: int, give_way: Callable[[K, V], None] = lambda _key, _value: None) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._give_way = give_way
        self._values: OrderedDict[K, V] = OrderedDict()
        self._hits = self._misses = self._evictions = 0

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """The value, which now counts as just used, or None."""
        value = self._values.get(key)
        if value is None:
            self._misses += 1
        else:
            self._hits += 1
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, dropping old ones until it fits."""
        if (old := self._values.pop(key, None)) is not None:
            self.bytes -= old.nbytes
        if value.nbytes > self.most_bytes:
            self._give_way(key, value)
            return
        self._values[key] = value
        self.bytes += value.nbytes
        while self.bytes > self.most_bytes:
            oldest, pushed_out = self._values.popitem(last=False)
            self.bytes -= pushed_out.nbytes
            self._evictions += 1
            self._give_way(oldest, pushed_out)

    def recent(self) -> Iterator[K]:
        """Keys, the most recently used first."""
        return reversed(self._values)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self.bytes = 0

    def figures(self) -> CacheFigures:
        """How it fares. From any thread."""
        return CacheFigures(self.bytes, self.most_bytes, self._hits, self._misses, self._evictions)
