"""The simulated engine: honest about being one, paced, deterministic."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from visualizer_service.engine.seam import Broke, Drawn, Previewed, Stepped
from visualizer_service.engine.simulated import SimulatedEngine, Simulation
from visualizer_service.wire import MOST_HOLDS


def engine(**changes: object) -> SimulatedEngine:
    return SimulatedEngine(Simulation.model_validate({"step_ms": 0, "slots": 4} | changes))


def test_a_task_steps_previews_and_is_drawn() -> None:
    drawer = engine()
    drawer.admit(make_task("a", steps=4, previews=2))
    events = run_all(drawer)
    assert [event.step for event in events if isinstance(event, Stepped)] == [1, 2, 3, 4]
    assert [event.index for event in events if isinstance(event, Previewed)] == [0, 1]
    assert isinstance(events[-1], Drawn)
    assert events[-1].image.size == (64, 64)


def test_all_active_tasks_advance_in_one_tick() -> None:
    drawer = engine()
    for name in "abc":
        drawer.admit(make_task(name, steps=1))
    assert {event.id for event in drawer.tick() if isinstance(event, Drawn)} == {"a", "b", "c"}
    assert drawer.tick() == []


def test_where_large_pictures_gain_nothing_by_company_they_are_drawn_one_after_the_other() -> None:
    drawer = engine(together=1)
    for name in "ab":
        drawer.admit(make_task(name, steps=2))
    assert drawer.share(64, 64, ()) == 1
    stepped = [event.id for event in run_all(drawer) if isinstance(event, Stepped)]
    assert stepped == ["a", "a", "b", "b"]


def test_the_same_task_gives_the_same_picture_and_another_seed_another() -> None:
    pictures = []
    for seed in (1, 1, 2):
        drawer = engine()
        drawer.admit(make_task("a", seed=seed, references=(make_reference(3),)))
        drawn = run_all(drawer)[-1]
        assert isinstance(drawn, Drawn)
        pictures.append(drawn.image.tobytes())
    assert pictures[0] == pictures[1] != pictures[2]


def test_every_task_fails_at_failure_rate_one_and_ends_once() -> None:
    drawer = engine(failure_rate=1)
    drawer.admit(make_task("a"))
    ends = [event for event in run_all(drawer) if isinstance(event, Drawn | Broke)]
    assert ends == [Broke("a", "internal")]


def test_an_overdue_task_breaks_with_deadline() -> None:
    drawer = engine()
    drawer.admit(make_task("a", deadline=1.0))
    assert drawer.tick() == [Broke("a", "deadline")]


def test_a_dropped_task_is_not_heard_of_again_and_frees_its_slot() -> None:
    drawer = engine(slots=1)
    drawer.admit(make_task("a"))
    assert drawer.room() == 0
    drawer.drop("a")
    assert (drawer.room(), drawer.tick()) == (1, [])


def test_references_seen_last_are_held_first() -> None:
    drawer = engine()
    first, second = make_reference(1), make_reference(2)
    drawer.admit(make_task("a", references=(first, second)))
    drawer.admit(make_task("b", references=(first,)))
    assert drawer.holds() == (first.id, second.id)


def test_a_reference_is_held_until_as_many_others_were_seen_as_a_worker_may_name() -> None:
    drawer = engine(most_references=MOST_HOLDS + 1)
    references = [make_reference(number, (1, 1)) for number in range(MOST_HOLDS + 1)]
    drawer.admit(make_task("a", references=references))
    assert drawer.holds() == tuple(reference.id for reference in references[:0:-1])


@pytest.mark.parametrize("size", [(16, 16), (64, 256), (1024, 512)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    drawer = engine()
    drawer.admit(make_task("a", size=size, references=(make_reference(1),)))
    drawn = run_all(drawer)[-1]
    assert isinstance(drawn, Drawn)
    assert drawn.image.size == size
    assert isinstance(drawn.image, Image.Image)


def test_it_loads_no_torch() -> None:
    program = "import sys, visualizer_service.engine.simulated; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
