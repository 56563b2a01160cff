import threading

import pytest

from tests.gated_engine import FREELY, GatedEngine
from visualizer_service.engine.seam import Broke, Drawn, Stepped, Task
from visualizer_service.errors import DeviceLost
from visualizer_service.worker.drawing import EngineThread


def a_task(name: str, description: str = "a fox") -> Task:
    return Task(name, description, (), 64, 64, seed=0, steps=2, previews=0, deadline=1e12)


async def started(engine: GatedEngine, tick_limit_s: float = 60) -> EngineThread:
    thread = EngineThread(tick_limit_s)
    await thread.start(lambda: engine)
    return thread


async def test_a_tick_lets_tasks_leave_and_join_and_runs_one_step():
    engine = GatedEngine(slots=2)
    engine.allow(FREELY)
    thread = await started(engine)
    tick = await thread.tick([], [a_task("a"), a_task("b")])
    assert tick.events == [Stepped("a", 1), Stepped("b", 1)]
    assert tick.room == 0
    tick = await thread.tick(["b"], [])
    assert [(type(event), event.id) for event in tick.events] == [(Stepped, "a"), (Drawn, "a")]
    assert tick.room == thread.slots == 2
    await thread.close()
    assert engine.is_closed


async def test_the_engine_is_built_and_used_on_one_thread_only():
    used_on = set()

    class Watched(GatedEngine):
        def warm_up(self):
            used_on.add(threading.current_thread().name)

        def tick(self):
            used_on.add(threading.current_thread().name)
            return []

    thread = EngineThread(60)
    await thread.start(Watched)
    await thread.tick([], [])
    await thread.close()
    assert used_on == {"engine_0"}


async def test_a_task_that_cannot_be_taken_in_breaks_alone():
    engine = GatedEngine()
    engine.allow(FREELY)
    thread = await started(engine)
    tick = await thread.tick([], [a_task("a", "refuse"), a_task("b")])
    assert tick.events == [Broke("a", "internal"), Stepped("b", 1)]
    await thread.close()


async def test_an_engine_that_raises_out_of_its_step_is_lost():
    engine = GatedEngine()
    engine.allow(FREELY)
    thread = await started(engine)
    with pytest.raises(DeviceLost):
        await thread.tick([], [a_task("a", "die")])
    await thread.close()


async def test_an_engine_that_hangs_is_lost_and_closing_does_not_wait_for_it():
    engine = GatedEngine()
    thread = await started(engine, tick_limit_s=0.05)
    with pytest.raises(DeviceLost):
        await thread.tick([], [a_task("a")])
    assert thread.is_busy
    await thread.close()
    assert not engine.is_closed
    engine.allow(FREELY)
