"""Qwen-Image-Edit-Plus in the engine draws what its diffusers pipeline draws, with references and, as Qwen-Image, without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as edit_plus
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import flow_checks, tiny, tiny_flow
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Task
from visualizer_service.engine.serving import Serving

GUIDED = Serving(num_inference_steps=3, max_references=3, guidance_scale=4.0, negative_prompt=" ")
WIDE, SQUARE, TALL = make_reference(1, (96, 64)), make_reference(2), make_reference(3, (40, 80))
TASKS = [
    make_task("a", references=[SQUARE], seed=1),
    make_task("b", references=[SQUARE, WIDE], seed=1, steps=2),
    make_task("c", description="a fox in a red hat, at noon", references=[TALL], seed=1, steps=2),
    make_task("d", description="a whale", seed=1, steps=2),
    make_task("e", description="a whale, far away", references=[SQUARE], seed=1, steps=4),
]


@pytest.fixture(scope="module", autouse=True)
def small_references() -> Iterator[None]:
    """References of a megapixel, as the pipeline makes them, would take a core minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edit_plus, "VAE_IMAGE_SIZE", 64 * 64)
        patch.setattr(edit_plus, "CONDITION_IMAGE_SIZE", 64 * 64)
        yield


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return tiny_flow.qwen_image_parts()


@pytest.fixture(scope="module")
def pipeline(parts: dict[str, Any]) -> edit_plus.QwenImageEditPlusPipeline:
    processor = tiny_flow.still_processor(parts["tokenizer"])
    return edit_plus.QwenImageEditPlusPipeline(processor=processor, **parts)


@pytest.fixture(scope="module")
def engine(pipeline: edit_plus.QwenImageEditPlusPipeline) -> Iterator[StepLoop]:
    engine = tiny_flow.engine(pipeline, GUIDED)
    yield engine
    engine.close()


def test_pictures_are_the_pipelines(
    engine: StepLoop, pipeline: edit_plus.QwenImageEditPlusPipeline, parts: dict[str, Any]
) -> None:
    plain = QwenImagePipeline(**parts)
    plain.set_progress_bar_config(disable=True)

    def draw(task: Task) -> np.ndarray:
        draws = pipeline if task.references else plain
        return np.asarray(draws(**tiny.arguments_of(task), negative_prompt=" ", true_cfg_scale=4.0).images[0])

    flow_checks.draws_as_the_pipeline(engine, draw, TASKS)


def test_references_are_encoded_once_and_held(engine: StepLoop) -> None:
    engine._family.release()
    for name in ("first", "second"):
        engine.admit(make_task(name, references=[SQUARE], steps=1))
        run_all(engine)
        before = engine._family.cache.device_bytes
        assert engine.holds() == (SQUARE.id,)
    engine.admit(make_task("third", references=[SQUARE, WIDE], steps=1))
    run_all(engine)
    assert engine._family.cache.device_bytes > before
    assert set(engine.holds()) == {SQUARE.id, WIDE.id}


def test_previews_come_and_a_dropped_row_goes(engine: StepLoop) -> None:
    flow_checks.shows_previews_and_forgets_what_is_dropped(engine, TASKS[0])


@pytest.mark.parametrize(
    "refused",
    [
        make_task("crowded", references=[make_reference(k) for k in range(4)]),
        make_task("stretched", references=[make_reference(9, (201, 1))]),
    ],
    ids=lambda task: task.id,
)
def test_what_the_model_cannot_look_at_is_rejected_alone(engine: StepLoop, refused: Task) -> None:
    flow_checks.rejects_alone(engine, TASKS[3], refused)


def test_the_makers_limits_hold_where_the_folder_says_nothing(
    pipeline: edit_plus.QwenImageEditPlusPipeline,
) -> None:
    limits = tiny_flow.engine(pipeline, None).limits
    assert (limits.default_steps, limits.most_references, limits.multiple_px) == (40, 3, 16)
