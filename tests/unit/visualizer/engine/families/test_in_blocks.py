"""A pipeline without a family of its own that diffusers has in blocks is drawn step by step, to the pipeline's own pixels."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.families.generic import Generic
from visualizer_service.engine.families.in_blocks import InBlocks
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, Stepped
from visualizer_service.engine.tuning import Tuning


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.flux1(tmp_path_factory.mktemp("flux1"))


@pytest.fixture(scope="module")
def drawer(folder: Path) -> Iterator[StepLoop]:
    drawer = load(str(folder), slots=4)
    assert isinstance(drawer, StepLoop)
    assert isinstance(drawer._family, InBlocks)
    yield drawer
    drawer.close()


def test_it_draws_the_pipelines_picture_without_a_thread_of_its_own(drawer: StepLoop, folder: Path) -> None:
    draw = tiny.plain(folder)
    for task in (make_task("a", steps=3), make_task("b", description="the sea", seed=3, size=(96, 64))):
        drawer.admit(task)
        events = drawer.tick()
        assert not [thread for thread in threading.enumerate() if thread.name == "paused-call"]
        events += run_all(drawer)
        assert [event.step for event in events if isinstance(event, Stepped)] == [1, 2, 3]
        assert isinstance(events[-1], Drawn)
        assert np.array_equal(np.asarray(events[-1].image), draw(task))


def test_pictures_in_turns_do_not_disturb_each_other(drawer: StepLoop, folder: Path) -> None:
    family, draw = drawer._family, tiny.plain(folder)
    tasks = [make_task("a", seed=1, steps=2), make_task("b", seed=2, steps=3)]
    rows = family.prepare(tasks)
    for row in (rows[0], rows[1], rows[0], rows[1], rows[1]):
        family.step([row])
    for row, task in zip(rows, tasks, strict=True):
        assert np.array_equal(np.asarray(family.decode(row)()), draw(task))


def test_one_is_drawn_at_a_time_and_the_next_while_it_is_decoded(drawer: StepLoop) -> None:
    assert drawer.room() == 1
    drawer.admit(make_task("a", steps=1))
    assert drawer.room() == 0
    drawer.tick()
    assert drawer.room() == 1
    run_all(drawer)


def test_a_dropped_picture_is_gone_within_a_step(drawer: StepLoop) -> None:
    drawer.admit(make_task("a", steps=50))
    drawer.tick()
    drawer.drop("a")
    assert (drawer.room(), drawer.tick()) == (1, [])


def test_references_are_rejected(drawer: StepLoop) -> None:
    assert (drawer.limits.most_references, drawer.limits.default_steps) == (0, 28)
    drawer.admit(make_task("a", references=[make_reference(1)]))
    assert run_all(drawer) == [Broke("a", "rejected")]


def test_a_step_cache_has_the_pipeline_called_whole(folder: Path) -> None:
    engine = load(str(folder), tuning=Tuning(step_cache=0.9))
    assert isinstance(engine, StepLoop)
    assert isinstance(engine._family, Generic)
    engine.close()


def test_an_undistilled_klein_is_drawn_with_and_without_references_as_its_pipeline_draws_it(
    tmp_path: Path,
) -> None:
    folder = tiny.flux2_klein(tmp_path, keeps_references=False)
    index = folder / "model_index.json"
    index.write_text(
        index.read_text(encoding="utf-8").replace('"is_distilled": true', '"is_distilled": false')
    )
    serving = folder / "serving.json"
    serving.write_text(json.dumps({**tiny.SERVING, "guidance_scale": 4.0}), encoding="utf-8")
    draw = tiny.plain(folder, guidance_scale=4.0, **tiny.KLEIN_ARGUMENTS)
    engine = load(str(folder))
    assert isinstance(engine, StepLoop)
    assert isinstance(engine._family, InBlocks)
    for count in (0, 2, 1):
        task = make_task(str(count), references=[make_reference(k) for k in range(count)])
        engine.admit(task)
        drawn = run_all(engine)[-1]
        assert isinstance(drawn, Drawn)
        assert np.array_equal(np.asarray(drawn.image), draw(task))
    engine.close()
