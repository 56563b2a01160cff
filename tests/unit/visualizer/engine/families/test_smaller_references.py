"""References that cost less: keys and values kept as float8, and images brought to a smaller side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.visualizer.engine.drive import make_reference, make_task
from tests.unit.visualizer.engine.families import tiny
from tests.unit.visualizer.engine.families.test_flux2 import POOL, pictures
from visualizer_service.engine.families.flux2.layers import of_layer, shrunk
from visualizer_service.engine.load import load
from visualizer_service.engine.tuning import Tuning

STORYBOOK = Path(__file__).parents[5] / "models" / "storybook" / "visualizer"
MOST_MEAN_DIFFERENCE = 1.0
"""Of 255."""


def drawn(folder: Path, tuning: Tuning, tasks: list) -> tuple[dict[str, np.ndarray], int, dict[str, int]]:
    """Pictures, bytes of keys and values on the device, and what a large reference is said to take."""
    engine = load(str(folder), dtype="bfloat16", tuning=tuning)
    for task in tasks:
        engine.admit(task)
    made = pictures(engine), engine.caches()["keys_values"].bytes, engine._family.model.reference_bytes()
    engine.close()
    return made


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e4])
def test_float8_keeps_numbers_of_any_size_to_a_sixteenth(size: float) -> None:
    whole = torch.randn(2, 3, 5, 2, 16) * size
    whole[0, 0, 0] = 0
    together = of_layer([shrunk(whole), shrunk(2 * whole)], 1, torch.float32)
    expected = torch.stack([whole[:, 1], 2 * whole[:, 1]], dim=1)
    largest = expected.abs().amax(-1, keepdim=True)
    assert ((together - expected).abs() <= expected.abs() / 16 + largest / 2**15).all()
    shared = shrunk(whole)
    assert of_layer([shared, shared], 0, torch.float32)[0, :, 0].eq(0).all()


@pytest.mark.parametrize("model", ["tiny", "storybook"])
def test_pictures_after_references_kept_as_float8_are_the_same_to_a_grey_level(
    klein_kv: Path, model: str
) -> None:
    tasks = POOL
    if model == "storybook":
        tasks = [
            make_task(
                str(count),
                description="a red fox beside a blue house",
                references=[make_reference(k, (128, 128)) for k in range(count)],
                size=(128, 128),
                steps=4,
                seed=count,
            )
            for count in (1, 2)
        ]
    folder = STORYBOOK if model == "storybook" else klein_kv
    expected, as_computed_bytes, told_before = drawn(folder, Tuning(), tasks)
    shrunken, bytes_, told = drawn(folder, Tuning(keys_values="float8"), tasks)
    for task in tasks:
        far = np.abs(shrunken[task.id].astype(int) - expected[task.id].astype(int)).mean()
        assert far <= MOST_MEAN_DIFFERENCE, (task.id, far)
    assert bytes_ < 0.6 * as_computed_bytes
    assert told["keys_values"] < 0.6 * told_before["keys_values"]


def test_a_reference_can_be_brought_to_half_its_side(klein_kv: Path) -> None:
    large = make_task("a", references=[make_reference(1, (512, 512))])
    small = make_task("a", references=[make_reference(1, (256, 256))])
    engine = load(str(klein_kv), tuning=Tuning(reference_side_px=256))
    large_tokens, small_tokens = (engine._family.tokens(64, 64, one.references) for one in (large, small))
    assert large_tokens == small_tokens
    assert engine._family.prepare([large])[0].shape == engine._family.prepare([small])[0].shape
    engine.admit(large)
    assert pictures(engine)["a"].shape == (64, 64, 3)
    assert engine._family.model.reference_bytes()["latents"] == 16 * 16 * 4 * 32
    engine.close()


def test_what_a_model_cannot_do_for_its_references_is_said_at_the_start(
    klein_kv: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="1024 pixels at most"):
        load(str(klein_kv), tuning=Tuning(reference_side_px=2048))
    plain = str(tiny.flux2_klein(tmp_path / "klein", keeps_references=False))
    with pytest.raises(ValueError, match="keeps no keys and values"):
        load(plain, tuning=Tuning(keys_values="float8"))
    other = str(tiny.stable_diffusion(tmp_path / "other"))
    with pytest.raises(ValueError, match="come in one size"):
        load(other, tuning=Tuning(reference_side_px=512))
