"""FLUX.2 klein-KV in the engine draws what diffusers' own pipeline draws, whatever happens around a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.budgets import CacheWish
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, Previewed, Task

MOST_DIFFERENCE = 2
"""Of 255, anywhere in a picture."""
POOL = [
    make_task(
        str(number),
        description=f"a fox and {number} shells",
        references=[make_reference(k, (64, 64) if k else (96, 64)) for k in references],
        seed=number,
        size=(96, 64) if number == 3 else (64, 64),
        steps=steps,
    )
    for number, (references, steps) in enumerate(
        [((), 3), ((1,), 3), ((1, 2), 2), ((), 2), ((2,), 4), ((1,), 1), ((0, 1), 2), ((2, 1), 2)]
    )
]


@pytest.fixture(scope="module")
def expected(pipeline_draws: Callable[[Task], np.ndarray]) -> dict[str, np.ndarray]:
    return {task.id: pipeline_draws(task) for task in POOL}


def pictures(engine: StepLoop) -> dict[str, np.ndarray]:
    return {event.id: np.asarray(event.image) for event in run_all(engine) if isinstance(event, Drawn)}


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_different_seeds_prompts_and_references_make_different_pictures(
    expected: dict[str, np.ndarray],
) -> None:
    square = [picture for name, picture in expected.items() if name != "3"]
    assert (
        min(difference(one, other) for k, one in enumerate(square) for other in square[:k]) > MOST_DIFFERENCE
    )


@pytest.mark.parametrize(
    "task", POOL, ids=lambda task: f"{len(task.references)}-references-{task.steps}-steps"
)
def test_a_task_alone_gets_the_pipelines_picture(
    engine: StepLoop, expected: dict[str, np.ndarray], task: Task
) -> None:
    engine.admit(task)
    assert difference(pictures(engine)[task.id], expected[task.id]) <= MOST_DIFFERENCE


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(POOL)),
        min_size=2,
        max_size=6,
        unique_by=lambda a: a[1].id,
    ),
    warm=st.booleans(),
)
def test_neither_company_nor_arrival_nor_cache_changes_a_picture(
    engine: StepLoop, expected: dict[str, np.ndarray], order: list[tuple[int, Task]], warm: bool
) -> None:
    if not warm:
        engine._family.release()
    drawn: dict[str, np.ndarray] = {}
    for ticks_before, task in order:
        for _ in range(ticks_before):
            drawn |= {
                event.id: np.asarray(event.image) for event in engine.tick() if isinstance(event, Drawn)
            }
        engine.admit(task)
    drawn |= pictures(engine)
    assert {name: difference(drawn[name], expected[name]) > MOST_DIFFERENCE for name in drawn} == {
        task.id: False for _, task in order
    }


def test_keys_and_values_of_a_reference_do_not_depend_on_prompt_noise_or_timestep(klein_kv: Path) -> None:
    transformer = tiny.DiffusionPipeline.from_pretrained(klein_kv).transformer
    reference = torch.randn(1, 6, 32)
    kept = []
    for text_tokens, time in ((5, 0.9), (9, 0.1)):
        _, cache = transformer(
            hidden_states=torch.cat([reference, torch.randn(1, 4, 32)], dim=1),
            encoder_hidden_states=torch.randn(1, text_tokens, 64),
            timestep=torch.tensor([time]),
            img_ids=torch.zeros(10, 4),
            txt_ids=torch.zeros(text_tokens, 4),
            kv_cache_mode="extract",
            num_ref_tokens=6,
            return_dict=False,
        )
        kept.append([layer.get() for layer in cache.double_block_caches + cache.single_block_caches])
    for (key, value), (other_key, other_value) in zip(*kept, strict=True):
        assert torch.equal(key, other_key)
        assert torch.equal(value, other_value)


def test_a_reference_is_encoded_once_for_all_jobs_and_held(engine: StepLoop) -> None:
    engine._family.release()
    shared, other = make_reference(11), make_reference(12)
    engine.admit(make_task("first", references=(shared,)))
    run_all(engine)
    before = engine._family.cache.device_bytes
    engine.admit(make_task("second", references=(shared,), seed=99))
    run_all(engine)
    assert engine._family.cache.device_bytes == before
    engine.admit(make_task("third", references=(other,)))
    run_all(engine)
    assert engine.holds() == (other.id, shared.id)


def test_the_cache_keeps_to_its_bound_and_pictures_stay_right(
    klein_kv: Path, expected: dict[str, np.ndarray]
) -> None:
    engine = load(str(klein_kv), caches=CacheWish(20_000))
    for task in POOL:
        engine.admit(task)
    drawn = pictures(engine)
    assert all(difference(drawn[task.id], expected[task.id]) <= MOST_DIFFERENCE for task in POOL)
    assert engine._family.cache.device_bytes <= 20_000
    engine.close()


@pytest.mark.parametrize(
    "task",
    [
        make_task("crooked", size=(72, 64)),
        make_task("crowded", references=[make_reference(k) for k in range(5)]),
        make_task("speck", references=[make_reference(1, (8, 64))]),
    ],
    ids=lambda task: task.id,
)
def test_what_the_model_cannot_draw_is_rejected_alone(engine: StepLoop, task: Task) -> None:
    engine.admit(make_task("fine"))
    engine.admit(task)
    events = run_all(engine)
    assert [(event.id, event.code) for event in events if isinstance(event, Broke)] == [(task.id, "rejected")]
    assert [event.id for event in events if isinstance(event, Drawn)] == ["fine"]


def test_a_preview_has_the_pictures_size(engine: StepLoop) -> None:
    engine.admit(make_task("a", size=(96, 64), steps=3, previews=2))
    previews = [event.image for event in run_all(engine) if isinstance(event, Previewed)]
    assert [image.size for image in previews] == [(96, 64)] * 2


def test_limits_are_those_of_the_folder(engine: StepLoop) -> None:
    limits = engine.limits
    assert (limits.sizes, limits.default_size) == (((64, 64), (96, 64)), (64, 64))
    assert (limits.most_references, limits.default_steps, limits.multiple_px) == (4, 3, 16)


def test_a_klein_without_kept_references_draws_as_its_pipeline_too(tmp_path: Path) -> None:
    folder = tiny.flux2_klein(tmp_path, keeps_references=False)
    draw = tiny.plain(folder, guidance_scale=1.0, **tiny.KLEIN_ARGUMENTS)
    engine = load(str(folder))
    for task in POOL:
        engine.admit(task)
    drawn = pictures(engine)
    for task in POOL[:5]:
        assert difference(drawn[task.id], draw(task)) <= MOST_DIFFERENCE
    engine.close()
