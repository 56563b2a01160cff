"""FLUX.2 [dev] in the engine draws what `Flux2Pipeline` draws: prompts by Mistral3, guidance embedded, references beside the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from diffusers import Flux2Pipeline
from peft import LoraConfig, get_peft_model_state_dict

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import tiny, tiny_dev
from tests.unit.visualizer.engine.families.test_flux2 import MOST_DIFFERENCE, difference, pictures
from visualizer_service.engine.families.flow.family import FlowFamily
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Task
from visualizer_service.engine.serving import serving

SQUARE, WIDE = make_reference(1), make_reference(2, (96, 64))
TASKS = [
    make_task("none", seed=1),
    make_task("one", references=[SQUARE], seed=1),
    make_task("two", references=[SQUARE, WIDE], seed=1),
    make_task("two, turned", references=[WIDE, SQUARE], seed=1),
    make_task("other", description="a whale", seed=1, steps=2),
    make_task("other one", description="two shells", references=[SQUARE], seed=3, steps=4),
]
ARGUMENTS = {
    "max_sequence_length": tiny_dev.SERVING["max_sequence_length"],
    "text_encoder_out_layers": tuple(tiny_dev.SERVING["text_encoder_out_layers"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_dev.flux2_dev(tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[StepLoop]:
    engine = load(str(folder))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def draw(folder: Path) -> Callable[[Task], np.ndarray]:
    """The pipeline with guidance as its signature has it."""
    return tiny.plain(folder, **ARGUMENTS)


@pytest.fixture(scope="module")
def expected(draw: Callable[[Task], np.ndarray]) -> dict[str, np.ndarray]:
    return {task.id: draw(task) for task in TASKS}


def test_prompt_references_their_order_and_guidance_show_in_the_picture(
    folder: Path, expected: dict[str, np.ndarray]
) -> None:
    shown = [expected[task.id] for task in TASKS]
    shown.append(tiny.plain(folder, guidance_scale=1.0, **ARGUMENTS)(TASKS[0]))
    assert min(difference(one, other) for k, one in enumerate(shown) for other in shown[:k]) > MOST_DIFFERENCE


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_task_alone_gets_the_pipelines_picture(
    engine: StepLoop, expected: dict[str, np.ndarray], task: Task
) -> None:
    engine._family.release()
    engine.admit(task)
    assert difference(pictures(engine)[task.id], expected[task.id]) <= MOST_DIFFERENCE


def test_tasks_drawn_together_look_as_each_does_alone(
    engine: StepLoop, expected: dict[str, np.ndarray]
) -> None:
    for task in TASKS:
        engine.admit(task)
    drawn = pictures(engine)
    assert {
        name: difference(drawn[name], expected[name]) <= MOST_DIFFERENCE for name in expected
    } == dict.fromkeys(expected, True)


def test_tasks_of_one_shape_share_each_step(engine: StepLoop) -> None:
    family = engine._family
    assert isinstance(family, FlowFamily)
    late, early = family.prepare([TASKS[1], TASKS[5]])
    assert late.shape == early.shape
    family.step([early])
    family.step([early, late])
    assert (early.step, late.step) == (2, 1)


def test_prompts_and_references_are_encoded_once(engine: StepLoop) -> None:
    engine._family.release()
    kept = []
    for name, description in (("first", "a fox"), ("second", "a fox"), ("third", "a crab")):
        engine.admit(make_task(name, description=description, references=[SQUARE], steps=1))
        run_all(engine)
        kept.append(engine._family.cache.device_bytes)
    prompt_bytes = tiny_dev.SERVING["max_sequence_length"] * 64 * 4
    assert kept == [kept[0], kept[0], kept[0] + prompt_bytes]
    assert engine.holds() == (SQUARE.id,)


def test_layers_that_nobody_reads_are_freed(engine: StepLoop) -> None:
    assert len(engine._family.model._pipeline.text_encoder.model.language_model.layers) == 2


def test_with_an_adapter_loaded_a_task_without_one_is_guided_as_well(
    folder: Path, tmp_path: Path, expected: dict[str, np.ndarray]
) -> None:
    transformer = Flux2Pipeline.from_pretrained(folder).transformer
    transformer.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_k"]))
    layers = get_peft_model_state_dict(transformer)
    Flux2Pipeline.save_lora_weights(tmp_path, transformer_lora_layers=layers)
    engine = load(str(folder), adapters={"ink": str(tmp_path)})
    for task in TASKS[:3]:
        engine.admit(task)
    drawn = pictures(engine)
    assert all(difference(drawn[task.id], expected[task.id]) <= MOST_DIFFERENCE for task in TASKS[:3])
    engine.close()


def test_more_references_than_the_folder_allows_are_rejected_alone(engine: StepLoop) -> None:
    engine.admit(make_task("fine"))
    engine.admit(make_task("crowded", references=[make_reference(k) for k in range(3)]))
    events = run_all(engine)
    assert [(event.id, event.code) for event in events if isinstance(event, Broke)] == [
        ("crowded", "rejected")
    ]


def test_the_makers_defaults_hold_where_the_folder_says_nothing(tmp_path: Path) -> None:
    known = serving(tmp_path, "Flux2Pipeline")
    assert known is not None
    assert (known.guidance_scale, known.max_sequence_length) == (4.0, 512)
    assert known.text_encoder_out_layers == (10, 20, 30)
    limits = known.limits(16)
    assert (limits.default_steps, limits.least_steps, limits.most_references) == (50, 1, 6)
