"""What the device has no room for waits in the host's memory and comes back; budgets keep prompts from pushing references out."""

from __future__ import annotations

import torch

from visualizer_service.engine.budgets import CPU_BYTES, CacheBudget, CacheWish, budget
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.tiers import TieredCache

CPU = Device("cpu", torch.bfloat16)
GIB = 2**30


def value(number: int) -> torch.Tensor:
    return torch.full((8,), float(number), dtype=torch.bfloat16)


def test_what_was_pushed_out_comes_back_from_the_host() -> None:
    cache: TieredCache[str] = TieredCache(CPU, most_bytes=32, most_host_bytes=32)
    for number, key in enumerate("abc"):
        cache.put(key, value(number))
    assert list(cache.on_device.recent()) == ["c", "b"]
    back = cache.get("a")
    assert back is not None
    assert torch.equal(back, value(0))
    assert list(cache.recent()) == ["a", "c", "b"]


def test_what_the_device_can_never_keep_is_kept_by_the_host() -> None:
    cache: TieredCache[str] = TieredCache(CPU, most_bytes=8, most_host_bytes=16)
    cache.put("large", value(1))
    assert cache.on_device.bytes == 0
    back = cache.get("large")
    assert back is not None
    assert torch.equal(back, value(1))
    assert list(cache.recent()) == ["large"]


def test_it_holds_only_what_either_tier_has() -> None:
    cache: TieredCache[str] = TieredCache(CPU, most_bytes=16, most_host_bytes=0)
    for key in "ab":
        cache.put(key, value(0))
    assert list(cache.recent()) == ["b"]
    assert cache.get("a") is None


def test_clearing_frees_the_device_and_leaves_what_the_host_has() -> None:
    cache: TieredCache[str] = TieredCache(CPU, most_bytes=16, most_host_bytes=16)
    for key in "ab":
        cache.put(key, value(0))
    cache.clear()
    assert (cache.on_device.bytes, list(cache.recent())) == (0, ["a"])


def test_forgetting_empties_both_tiers() -> None:
    cache: TieredCache[str] = TieredCache(CPU, most_bytes=16, most_host_bytes=16)
    for key in "ab":
        cache.put(key, value(0))
    cache.forget()
    assert (cache.on_device.bytes, cache.on_host.bytes, list(cache.recent())) == (0, 0, [])


def test_prompts_that_never_recur_push_no_reference_out() -> None:
    cache = EncoderCache(CPU, CacheBudget(prompts=32, latents=16, keys_values=16, host=0))
    cache.latents("reference", lambda: value(1))
    cache.keys_values.put(("", "reference"), value(2))
    for number in range(9):
        cache.prompts([f"story {number}"], lambda texts: [value(3) for _ in texts])
    assert list(cache.references()) == ["reference"]
    assert cache.keys_values.get(("", "reference")) is not None
    assert cache.figures()["prompts"].evictions == 7


def test_a_budget_is_a_share_of_what_the_model_leaves_free_and_a_number_goes_before_it() -> None:
    large = budget(CacheWish(share=0.5, host_bytes=3), free_bytes=40 * GIB)
    assert large.prompts + large.latents + large.keys_values == 20 * GIB
    assert large.keys_values > 19 * GIB
    assert large.host == 3
    small = budget(CacheWish(share=0.5), free_bytes=GIB)
    assert (small.prompts, small.latents) == (GIB // 16, GIB // 16)
    told = budget(CacheWish(device_bytes=800, share=0.5), free_bytes=GIB)
    assert (told.prompts, told.latents, told.keys_values) == (100, 100, 600)


def test_a_cpu_needs_no_second_tier() -> None:
    whole = budget(CacheWish(), None)
    assert (whole.prompts + whole.latents + whole.keys_values, whole.host) == (CPU_BYTES, 0)
