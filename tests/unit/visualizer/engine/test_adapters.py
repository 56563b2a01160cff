"""LoRA adapters by name: rows of different adapters are drawn side by side, each as diffusers draws it with its adapter alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, Flux2KleinKVPipeline
from peft import LoraConfig, get_peft_model_state_dict

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families.test_flux2 import MOST_DIFFERENCE, difference, pictures
from tests.unit.visualizer.engine.families.tiny import KLEIN_ARGUMENTS
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Task

NAMES = ("ink", "clay")
TASKS = [
    Task(f"{adapter}-{len(references)}", "a fox", references, 64, 64, 7, 3, 0, 4e9, adapter)
    for adapter in (None, *NAMES)
    for references in ((), (make_reference(1),))
]


@pytest.fixture(scope="module")
def adapters(klein_kv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two random adapters for the tiny model, as diffusers saves them."""
    folders = {}
    for seed, name in enumerate(NAMES):
        torch.manual_seed(seed)
        transformer = Flux2KleinKVPipeline.from_pretrained(klein_kv).transformer
        targets = ["to_q", "to_k", "to_v", "to_qkv_mlp_proj", "add_k_proj"]
        transformer.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=targets))
        folders[name] = str(tmp_path_factory.mktemp(name))
        layers = get_peft_model_state_dict(transformer)
        Flux2KleinKVPipeline.save_lora_weights(folders[name], transformer_lora_layers=layers)
    return folders


@pytest.fixture(scope="module")
def engine(klein_kv: Path, adapters: dict[str, str]) -> Iterator[StepLoop]:
    engine = load(str(klein_kv), adapters=adapters)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(klein_kv: Path, adapters: dict[str, str]) -> dict[str, np.ndarray]:
    """Each task by a pipeline that knows its adapter only."""
    drawn = {}
    for task in TASKS:
        pipeline = DiffusionPipeline.from_pretrained(klein_kv)
        pipeline.set_progress_bar_config(disable=True)
        if task.adapter:
            pipeline.load_lora_weights(adapters[task.adapter])
        picture = pipeline(
            prompt=task.description,
            image=[reference.image for reference in task.references] or None,
            height=task.height_px,
            width=task.width_px,
            num_inference_steps=task.steps,
            generator=torch.Generator().manual_seed(task.seed),
            **KLEIN_ARGUMENTS,
        ).images[0]
        drawn[task.id] = np.asarray(picture)
    return drawn


@pytest.mark.parametrize("order", [TASKS, TASKS[::-1]], ids=["forwards", "backwards"])
def test_tasks_of_all_adapters_drawn_together_look_as_each_does_alone(engine, expected, order):
    for task in order:
        engine.admit(task)
    drawn = pictures(engine)
    assert {
        name: difference(drawn[name], expected[name]) <= MOST_DIFFERENCE for name in expected
    } == dict.fromkeys(expected, True)


def test_an_adapter_changes_the_picture(expected):
    assert difference(expected["ink-1"], expected["clay-1"]) > MOST_DIFFERENCE
    assert difference(expected["ink-1"], expected["None-1"]) > MOST_DIFFERENCE


def test_the_names_are_among_the_limits_and_an_unknown_one_is_rejected(engine):
    assert engine.limits.adapters == NAMES
    engine.admit(Task("lost", "a fox", (), 64, 64, 7, 3, 0, 4e9, "chalk"))
    assert [event for event in run_all(engine) if event.id == "lost"] == [Broke("lost", "rejected")]


def test_without_adapters_there_are_none(klein_kv):
    plain = load(str(klein_kv))
    plain.admit(make_task("plain"))
    assert plain.limits.adapters == ()
    assert len(pictures(plain)) == 1
    plain.close()
