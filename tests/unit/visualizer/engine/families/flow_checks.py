"""What holds for every family that follows a flow: its pipeline's pixels in any company, and rows that go when they are dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tests.unit.visualizer.engine.drive import run_all
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Task

MOST_DIFFERENCE = 2
"""Of 255, anywhere in a picture."""
Draw = Callable[[Task], np.ndarray]


def draws_as_the_pipeline(engine: StepLoop, draw: Draw, tasks: Sequence[Task]) -> None:
    """Each alone, then all at once, each a tick after the one before; pictures must not merely be equal because all are."""
    expected = {task.id: draw(task) for task in tasks}
    one, *others = expected.values()
    assert all(difference(one, other) > 4 * MOST_DIFFERENCE for other in others if other.shape == one.shape)
    for task in tasks:
        engine._family.release()
        engine.admit(task)
        assert differing(run_all(engine), expected) == {task.id: False}
    events: list[EngineEvent] = []
    for task in reversed(tasks):
        engine.admit(task)
        events += engine.tick()
    events += run_all(engine)
    assert differing(events, expected) == {task.id: False for task in tasks}


def shows_previews_and_forgets_what_is_dropped(engine: StepLoop, task: Task) -> None:
    stays, goes = replace(task, id="stays", steps=3, previews=2), replace(task, id="goes", steps=3)
    engine.admit(stays)
    engine.admit(goes)
    events = engine.tick()
    engine.drop("goes")
    later = run_all(engine)
    assert [event.step for event in later if getattr(event, "step", None) and event.id == "stays"] == [2, 3]
    assert not [event for event in later if event.id == "goes"]
    previews = [event.image.size for event in [*events, *later] if isinstance(event, Previewed)]
    assert previews == [(task.width_px, task.height_px)] * 2
    assert [event.id for event in later if isinstance(event, Drawn)] == ["stays"]


def rejects_alone(engine: StepLoop, fine: Task, refused: Task) -> None:
    for task in (fine, refused):
        engine.admit(task)
    events = run_all(engine)
    broken = [(event.id, event.code) for event in events if isinstance(event, Broke)]
    assert broken == [(refused.id, "rejected")]
    assert [event.id for event in events if isinstance(event, Drawn)] == [fine.id]


def differing(events: Sequence[EngineEvent], expected: dict[str, np.ndarray]) -> dict[str, bool]:
    """Whether each picture drawn is another than expected."""
    drawn = {event.id: np.asarray(event.image) for event in events if isinstance(event, Drawn)}
    return {name: difference(picture, expected[name]) > MOST_DIFFERENCE for name, picture in drawn.items()}


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())
