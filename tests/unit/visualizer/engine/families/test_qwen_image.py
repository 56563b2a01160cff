"""Qwen-Image in the engine draws what its diffusers pipeline draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from tests.unit.visualizer.engine.drive import make_task, run_all
from tests.unit.visualizer.engine.families import flow_checks, tiny, tiny_flow
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Drawn, Task
from visualizer_service.engine.serving import Serving

GUIDED = Serving(num_inference_steps=3, max_references=0, guidance_scale=4.0, negative_prompt=" ")
TASKS = [
    make_task("a", description="a fox", seed=1),
    make_task("b", description="a fox and seven shells, at the sea, in the evening", seed=1, steps=2),
    make_task("c", description="a fox", seed=2, steps=4),
    make_task("d", description="a whale", seed=1, size=(96, 64)),
]


@pytest.fixture(scope="module")
def pipeline() -> QwenImagePipeline:
    return QwenImagePipeline(**tiny_flow.qwen_image_parts())


@pytest.fixture(scope="module")
def engine(pipeline: QwenImagePipeline) -> Iterator[StepLoop]:
    engine = tiny_flow.engine(pipeline, GUIDED)
    yield engine
    engine.close()


def drawn_by(pipeline: QwenImagePipeline, task: Task, **arguments: object) -> np.ndarray:
    return np.asarray(pipeline(**tiny.arguments_of(task), **arguments).images[0])


def test_guided_pictures_are_the_pipelines(engine: StepLoop, pipeline: QwenImagePipeline) -> None:
    flow_checks.draws_as_the_pipeline(
        engine, lambda task: drawn_by(pipeline, task, negative_prompt=" ", true_cfg_scale=4.0), TASKS
    )


def test_without_a_negative_prompt_pictures_are_the_pipelines_unguided(pipeline: QwenImagePipeline) -> None:
    engine = tiny_flow.engine(pipeline, Serving(num_inference_steps=3, max_references=0))
    flow_checks.draws_as_the_pipeline(
        engine, lambda task: drawn_by(pipeline, task, true_cfg_scale=1.0), TASKS[:2]
    )
    engine.close()


def test_one_step_is_enough_for_a_picture(engine: StepLoop) -> None:
    engine.admit(make_task("hasty", steps=1))
    (picture,) = [event.image for event in run_all(engine) if isinstance(event, Drawn)]
    assert np.asarray(picture).std() > 1


def test_previews_come_and_a_dropped_row_goes(engine: StepLoop) -> None:
    flow_checks.shows_previews_and_forgets_what_is_dropped(engine, TASKS[3])


def test_a_crooked_size_is_rejected_alone(engine: StepLoop) -> None:
    flow_checks.rejects_alone(engine, TASKS[2], make_task("crooked", size=(72, 64)))


def test_the_makers_limits_hold_where_the_folder_says_nothing(pipeline: QwenImagePipeline) -> None:
    limits = tiny_flow.engine(pipeline, None).limits
    assert (limits.default_steps, limits.most_references, limits.multiple_px) == (50, 0, 16)
