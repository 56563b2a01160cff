"""One tiny FLUX.2 klein-KV folder for all tests, and the diffusers pipeline loaded from it as the measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Task

Draw = Callable[[Task], np.ndarray]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def klein_kv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.flux2_klein(tmp_path_factory.mktemp("klein-kv"))


@pytest.fixture(scope="module")
def engine(klein_kv: Path) -> Iterator[StepLoop]:
    engine = load(str(klein_kv))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def pipeline_draws(klein_kv: Path) -> Draw:
    """What diffusers' own pipeline draws for a task, alone."""
    return tiny.plain(klein_kv, **tiny.KLEIN_ARGUMENTS)
