"""A pipeline without a family is drawn whole, and still tells its steps and stops within one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.families.paused import PausedCall
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, Previewed, Stepped


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("stable-diffusion"))


@pytest.fixture(scope="module")
def drawer(folder: Path) -> Iterator[StepLoop]:
    drawer = load(str(folder), slots=4)
    yield drawer
    drawer.close()


def calls() -> int:
    return sum(thread.name == "paused-call" for thread in threading.enumerate())


def test_it_draws_the_pipelines_picture_and_tells_its_steps(drawer: StepLoop, folder: Path) -> None:
    task = make_task("a", steps=3, previews=2)
    drawer.admit(task)
    events = run_all(drawer)
    assert [event.step for event in events if isinstance(event, Stepped)] == [1, 2, 3]
    assert not [event for event in events if isinstance(event, Previewed)]
    assert isinstance(events[-1], Drawn)
    assert np.array_equal(np.asarray(events[-1].image), tiny.plain(folder)(task))


def test_it_draws_one_at_a_time(drawer: StepLoop) -> None:
    assert drawer.room() == 1
    drawer.admit(make_task("a"))
    assert drawer.room() == 0
    run_all(drawer)
    assert drawer.room() == 1


def test_a_dropped_call_ends_where_it_is_and_the_next_task_is_drawn_right(
    drawer: StepLoop, folder: Path
) -> None:
    drawer.admit(make_task("a", steps=50))
    assert [type(event) for event in drawer.tick()] == [Stepped]
    drawer.drop("a")
    assert calls() == 0
    task = make_task("b", seed=3)
    drawer.admit(task)
    drawn = run_all(drawer)[-1]
    assert isinstance(drawn, Drawn)
    assert np.array_equal(np.asarray(drawn.image), tiny.plain(folder)(task))


def test_references_are_rejected_where_the_pipeline_takes_none(drawer: StepLoop) -> None:
    assert drawer.limits.most_references == 0
    drawer.admit(make_task("a", references=[make_reference(1)]))
    assert run_all(drawer) == [Broke("a", "rejected")]


def test_a_call_that_raises_fails_its_task_and_no_other(drawer: StepLoop) -> None:
    drawer.admit(make_task("a", size=(64, 63)))
    assert run_all(drawer) == [Broke("a", "internal")]
    drawer.admit(make_task("b"))
    assert isinstance(run_all(drawer)[-1], Drawn)


def test_a_paused_call_runs_only_when_told_to() -> None:
    seen: list[int] = []

    def count(pause: object) -> str:
        for number in range(2):
            seen.append(number)
            assert callable(pause)
            pause()
        return "done"

    call = PausedCall(count)
    assert seen == []
    assert [call.go_on(), list(seen), call.go_on(), list(seen), call.go_on()] == [
        False,
        [0],
        False,
        [0, 1],
        True,
    ]
    assert call.result() == "done"


def test_an_undistilled_klein_is_called_as_its_makers_call_it(tmp_path: Path) -> None:
    folder = tiny.flux2_klein(tmp_path, keeps_references=False)
    (folder / "serving.json").unlink()
    index = folder / "model_index.json"
    index.write_text(
        index.read_text(encoding="utf-8").replace('"is_distilled": true', '"is_distilled": false')
    )
    limits = load(str(folder)).limits
    assert (limits.default_steps, limits.least_steps, limits.most_steps) == (50, 1, 100)
