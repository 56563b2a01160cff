"""The cache never holds more than its bound, and forgets what was used longest ago."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from visualizer_service.engine.cache import Cache, CacheFigures


@dataclass(frozen=True)
class Lump:
    nbytes: int


def test_what_was_used_longest_ago_goes_first() -> None:
    cache: Cache[str, Lump] = Cache(3)
    for key in "abc":
        cache.put(key, Lump(1))
    cache.get("a")
    cache.put("d", Lump(1))
    assert list(cache.recent()) == ["d", "a", "c"]
    assert cache.get("b") is None


def test_a_value_over_the_bound_is_not_kept_and_pushes_nothing_out() -> None:
    cache: Cache[str, Lump] = Cache(3)
    cache.put("a", Lump(2))
    cache.put("b", Lump(4))
    assert list(cache.recent()) == ["a"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12))))
def test_the_bound_holds_and_the_count_is_true(puts: list[tuple[int, int]]) -> None:
    cache: Cache[int, Lump] = Cache(10)
    for key, size in puts:
        cache.put(key, Lump(size))
        kept = [cache.get(key) for key in list(cache.recent())]
        assert cache.bytes == sum(lump.nbytes for lump in kept if lump) <= 10
    cache.clear()
    assert (cache.bytes, list(cache.recent())) == (0, [])


def test_it_says_how_it_fares_and_hands_on_what_has_no_place() -> None:
    handed_on: list[str] = []
    cache: Cache[str, Lump] = Cache(2, lambda key, _value: handed_on.append(key))
    for key, size in (("a", 1), ("b", 2), ("large", 3)):
        cache.put(key, Lump(size))
    cache.get("a")
    cache.get("b")
    assert handed_on == ["a", "large"]
    assert cache.figures() == CacheFigures(bytes=2, most_bytes=2, hits=1, misses=1, evictions=1)
