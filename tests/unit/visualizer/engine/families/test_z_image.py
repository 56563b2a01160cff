"""Z-Image in the engine draws what its diffusers pipeline draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline

from tests.unit.visualizer.engine.drive import make_task, run_all
from tests.unit.visualizer.engine.families import flow_checks, tiny, tiny_flow
from tests.unit.visualizer.engine.families.flow_checks import differing
from visualizer_service.engine.families.flow.z_image import Z_IMAGE_TURBO, serving_of
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Task
from visualizer_service.engine.serving import Serving

TASKS = [
    make_task("a", description="a fox", seed=1),
    make_task("b", description="a fox and seven shells, at the sea, in the evening", seed=1, steps=2),
    make_task("c", description="a fox", seed=2, steps=1),
    make_task("d", description="a whale", seed=1, size=(96, 64)),
]


@pytest.fixture(scope="module")
def pipeline() -> ZImagePipeline:
    return ZImagePipeline(**tiny_flow.z_image_parts())


@pytest.fixture(scope="module")
def engine(pipeline: ZImagePipeline) -> Iterator[StepLoop]:
    engine = tiny_flow.engine(pipeline, Z_IMAGE_TURBO)
    yield engine
    engine.close()


def drawn_by(pipeline: ZImagePipeline, task: Task, guidance_scale: float) -> np.ndarray:
    return np.asarray(pipeline(**tiny.arguments_of(task), guidance_scale=guidance_scale).images[0])


def test_turbo_pictures_are_the_pipelines(engine: StepLoop, pipeline: ZImagePipeline) -> None:
    flow_checks.draws_as_the_pipeline(engine, lambda task: drawn_by(pipeline, task, 0.0), TASKS)


def test_guided_pictures_are_the_pipelines(pipeline: ZImagePipeline) -> None:
    engine = tiny_flow.engine(pipeline, Serving(num_inference_steps=3, max_references=0, guidance_scale=4.0))
    flow_checks.draws_as_the_pipeline(engine, lambda task: drawn_by(pipeline, task, 4.0), TASKS[:2])
    engine.close()


def test_previews_come_and_a_dropped_row_goes(engine: StepLoop) -> None:
    flow_checks.shows_previews_and_forgets_what_is_dropped(engine, TASKS[3])


def test_a_crooked_size_is_rejected_alone(engine: StepLoop) -> None:
    flow_checks.rejects_alone(engine, TASKS[2], make_task("crooked", size=(72, 64)))


def test_a_folder_named_base_is_loaded_and_called_as_its_makers_do(
    pipeline: ZImagePipeline, tmp_path: Path
) -> None:
    pipeline.save_pretrained(tmp_path / "Z-Image")
    engine = load(str(tmp_path / "Z-Image"))
    assert (Path(engine.name).name, engine.limits.default_steps) == ("Z-Image", 50)
    engine.admit(TASKS[1])
    assert differing(run_all(engine), {"b": drawn_by(pipeline, TASKS[1], 4.0)}) == {"b": False}
    engine.close()


def test_turbo_and_base_are_told_apart_by_name() -> None:
    assert (serving_of("Z-Image-Turbo").guidance_scale, serving_of("Z-Image").guidance_scale) == (0.0, 4.0)
