"""FLUX.2 as a GPU runs it, in bfloat16: what the float32 tests of the CPU never reach, checked on a CPU all the same.

bfloat16 rounds, so engine and diffusers differ; each is held to float32, and the engine to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families.test_flux2 import POOL, difference, pictures
from visualizer_service.engine.budgets import CacheWish
from visualizer_service.engine.device import Device
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Task

MOST_MEAN_DIFFERENCE = 2.0
"""Of 255, between bfloat16 and float32: as far as diffusers' own bfloat16 is."""
BATCH_DIFFERENCE = 16
"""Of 255, anywhere: products of other shapes round otherwise."""


@pytest.fixture(scope="module")
def rounding(klein_kv: Path) -> Iterator[StepLoop]:
    engine = load(str(klein_kv), dtype="bfloat16")
    assert isinstance(engine, StepLoop)
    yield engine
    engine.close()


def alone(engine: StepLoop, task: Task) -> np.ndarray:
    engine.admit(task)
    return pictures(engine)[task.id]


def test_pictures_are_those_of_float32_but_for_rounding(
    rounding: StepLoop, pipeline_draws: Callable[[Task], np.ndarray]
) -> None:
    for task in POOL:
        far = np.abs(alone(rounding, task).astype(int) - pipeline_draws(task).astype(int)).mean()
        assert far <= MOST_MEAN_DIFFERENCE, task.id


def test_company_and_caches_change_no_more_than_rounding_does(rounding: StepLoop) -> None:
    rounding._family.release()
    expected = {task.id: alone(rounding, task) for task in POOL}
    for task in POOL:
        rounding.admit(task)
    together = pictures(rounding)
    assert max(difference(together[name], expected[name]) for name in expected) <= BATCH_DIFFERENCE
    again = {task.id: alone(rounding, task) for task in POOL}
    assert max(difference(again[name], expected[name]) for name in expected) <= BATCH_DIFFERENCE


def test_a_reference_that_came_back_from_the_host_draws_the_same(rounding: StepLoop) -> None:
    family = rounding._family
    task = make_task("a", references=[make_reference(1)])
    family.release()
    first = alone(rounding, task)
    keys_values = family.cache.keys_values
    [key] = keys_values.recent()
    kept = keys_values.get(key)
    assert kept is not None
    keys_values.on_device.most_bytes = kept.nbytes
    keys_values.on_host.most_bytes = kept.nbytes
    alone(rounding, make_task("b", references=[make_reference(2)]))
    assert list(keys_values.on_host.recent()) == [key]
    assert difference(alone(rounding, task), first) == 0


@pytest.mark.parametrize("device_bytes", [0, 2**21])
def test_what_was_drawn_to_warm_up_is_held_nowhere(
    klein_kv: Path, monkeypatch: pytest.MonkeyPatch, device_bytes: int
) -> None:
    # A device whose memory is counted, as a GPU's is, has a second tier in the host's.
    monkeypatch.setattr(Device, "free_bytes", lambda _: 2**30)
    engine = load(str(klein_kv), caches=CacheWish(device_bytes))
    engine.warm_up()
    assert engine.holds() == ()
    assert [figures.bytes for figures in engine.caches().values()] == [0] * 4
    assert engine.caches()["keys_values_host"].most_bytes > 0
    engine.close()


def test_ten_jobs_that_share_a_reference_find_it_nine_times_however_many_prompts_come_between(
    klein_kv: Path,
) -> None:
    # At the proportions of klein-9B-KV: a share of the memory that holds one large reference, and prompts that never recur.
    engine = load(str(klein_kv), dtype="bfloat16", caches=CacheWish(2**21))
    shared = make_reference(1, (256, 256))
    for number in range(10):
        engine.admit(make_task(str(number), description=f"story {number}", references=[shared], steps=1))
        run_all(engine)
    assert engine.caches()["keys_values"].hits == 9
    assert engine.holds() == (shared.id,)
    engine.close()


def test_references_of_many_sizes_take_bounded_memory(rounding: StepLoop) -> None:
    positions = rounding._family.model._denoiser._positions._made
    positions.most_bytes = 60_000
    for number in range(12):
        rounding.admit(
            make_task(str(number), references=[make_reference(number, (64 + 16 * number, 64))], steps=1)
        )
        run_all(rounding)
    assert 0 < positions.bytes <= 60_000
    assert positions.figures().evictions > 0


def test_users_images_of_almost_one_size_share_a_call(klein_kv: Path) -> None:
    engine = load(str(klein_kv), dtype="bfloat16")
    rows = engine._family.prepare(
        [make_task(str(extra), references=[make_reference(1, (300 + extra, 270))]) for extra in (0, 7)]
    )
    assert rows[0].shape == rows[1].shape
    engine.close()


class ShortOfMemory(nn.Module):
    """A decoder that has memory for latents of so many places and no more."""

    def __init__(self, decoder: nn.Module, most: int) -> None:
        super().__init__()
        self.decoder, self.most, self.refused = decoder, most, 0

    def forward(self, latents: Tensor) -> Tensor:
        if latents.shape[-2] * latents.shape[-1] > self.most:
            self.refused += 1
            raise torch.OutOfMemoryError("asked for")
        return self.decoder(latents)


def test_a_picture_that_does_not_fit_whole_is_decoded_in_tiles(klein_kv: Path) -> None:
    engine = load(str(klein_kv), dtype="bfloat16")
    task = make_task("a", size=(96, 64))
    whole = alone(engine, task)
    vae = engine._family.model.vae
    vae.decoder = ShortOfMemory(vae.decoder, most=vae.tile_latent_min_size**2)
    in_tiles = alone(engine, task)
    assert vae.decoder.refused == 1
    assert not vae.use_tiling
    assert np.abs(in_tiles.astype(int) - whole.astype(int)).mean() < 16
    engine.close()


def test_float16_is_refused_at_the_start(klein_kv: Path) -> None:
    with pytest.raises(ValueError, match="overflows in float16"):
        load(str(klein_kv), dtype="float16")
