"""Wan in the engine draws the one frame that its diffusers pipeline draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from diffusers.pipelines.wan.pipeline_wan import WanPipeline

from tests.unit.visualizer.engine.drive import make_task
from tests.unit.visualizer.engine.families import flow_checks, tiny, tiny_flow
from visualizer_service.engine.families.flow.wan import serving_of
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Task
from visualizer_service.engine.serving import Serving

GUIDED = Serving(num_inference_steps=3, max_references=0, guidance_scale=4.0, negative_prompt="blurred")
TWO_SCALES = GUIDED.model_copy(update={"late_guidance_scale": 3.0})
TASKS = [
    make_task("a", description="a fox", seed=1, steps=4),
    make_task("b", description="a fox and seven shells, at the sea, in the evening", seed=1, steps=2),
    make_task("c", description="a fox", seed=2, steps=3),
    make_task("d", description="a whale", seed=1, size=(96, 64)),
]


@pytest.fixture(scope="module")
def pipeline() -> WanPipeline:
    return WanPipeline(**tiny_flow.wan_parts())


@pytest.fixture(scope="module")
def engine(pipeline: WanPipeline) -> Iterator[StepLoop]:
    engine = tiny_flow.engine(pipeline, GUIDED)
    yield engine
    engine.close()


def drawn_by(pipeline: WanPipeline, task: Task, **arguments: object) -> np.ndarray:
    frames = pipeline(
        **tiny.arguments_of(task),
        negative_prompt="blurred",
        num_frames=1,
        guidance_scale=4.0,
        output_type="pil",
        **arguments,
    ).frames[0]
    return np.asarray(frames[0])


def test_pictures_are_the_pipelines(engine: StepLoop, pipeline: WanPipeline) -> None:
    flow_checks.draws_as_the_pipeline(engine, lambda task: drawn_by(pipeline, task), TASKS)


def test_rows_on_either_side_of_the_boundary_share_a_tick() -> None:
    parts = tiny_flow.wan_parts()
    pipeline = WanPipeline(**parts, transformer_2=tiny_flow.wan_transformer(), boundary_ratio=0.8)
    engine = tiny_flow.engine(pipeline, TWO_SCALES)
    flow_checks.draws_as_the_pipeline(
        engine, lambda task: drawn_by(pipeline, task, guidance_scale_2=3.0), TASKS[:2]
    )
    engine.close()


def test_a_model_that_counts_time_by_token_draws_as_its_pipeline_too() -> None:
    pipeline = WanPipeline(**tiny_flow.wan_parts(), expand_timesteps=True)
    engine = tiny_flow.engine(pipeline, GUIDED)
    flow_checks.draws_as_the_pipeline(engine, lambda task: drawn_by(pipeline, task), TASKS[:2])
    engine.close()


def test_previews_come_and_a_dropped_row_goes(engine: StepLoop) -> None:
    flow_checks.shows_previews_and_forgets_what_is_dropped(engine, TASKS[3])


def test_a_crooked_size_is_rejected_alone(engine: StepLoop) -> None:
    flow_checks.rejects_alone(engine, TASKS[2], make_task("crooked", size=(72, 64)))


def test_sizes_are_the_makers() -> None:
    assert serving_of("Wan2.2-TI2V-5B-Diffusers").limits(32).default_size == (1280, 704)
    assert serving_of("Wan2.1-T2V-14B-Diffusers").limits(16).default_size == (1024, 1024)
