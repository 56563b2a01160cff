import threading
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.gated_engine import FREELY, GatedEngine
from visualizer_service.engine.seam import Broke, Drawn, Stepped, Task
from visualizer_service.errors import DeviceLost
from visualizer_service.worker.drawing import EngineThread, Tick


def a_task(name: str, description: str = "a fox") -> Task:
    return Task(name, description, (), 64, 64, seed=0, steps=2, previews=0, deadline=1e12)


async def started(engine: GatedEngine, tick_limit_s: float = 60) -> EngineThread:
    thread = EngineThread(tick_limit_s)
    await thread.start(lambda: engine)
    return thread


async def ticks(
    thread: EngineThread,
    drops: Sequence[str] = (),
    admits: Sequence[Task] = (),
    is_wanted: Callable[[], bool] = lambda: True,
) -> list[Tick]:
    async with aclosing(thread.ticks(drops, admits, is_wanted)) as ticks:
        return [tick async for tick in ticks]


def told(tick: Tick) -> list[tuple[str, str]]:
    return [(type(event).__name__, event.id) for event in tick.events]


async def test_tasks_leave_and_join_before_the_first_step():
    engine = GatedEngine(slots=2)
    engine.allow(FREELY)
    thread = await started(engine)
    (tick,) = await ticks(thread, [], [a_task("a"), a_task("b")])
    assert tick.events == [Stepped("a", 1), Stepped("b", 1)]
    assert tick.room == 0
    (tick,) = await ticks(thread, ["b"], [])
    assert told(tick) == [("Stepped", "a"), ("Drawn", "a")]
    assert tick.room == thread.slots == 2
    await thread.close()
    assert engine.is_closed


async def test_the_engine_steps_on_until_a_picture_ends_and_waits_for_nobody_who_hears_of_it():
    drawn = threading.Event()

    class Watched(GatedEngine):
        def tick(self):
            events = super().tick()
            if any(isinstance(event, Drawn) for event in events):
                drawn.set()
            return events

    engine = Watched()
    engine.allow(FREELY)
    thread = await started(engine)
    async with aclosing(thread.ticks([], [a_task("a")], lambda: False)) as heard:
        first = await anext(heard)
        # Nothing is heard here meanwhile.
        assert drawn.wait(timeout=60)
        rest = [tick async for tick in heard]
    assert [told(tick) for tick in (first, *rest)] == [[("Stepped", "a")], [("Stepped", "a"), ("Drawn", "a")]]
    assert [told(tick) for tick in await ticks(thread, is_wanted=lambda: False)] == [[]]
    await thread.close()


async def test_the_engine_ends_with_its_step_where_nobody_hears_of_it_any_more():
    engine = GatedEngine()
    engine.allow(1)
    thread = await started(engine)
    async with aclosing(thread.ticks([], [replace(a_task("a"), steps=FREELY)], lambda: False)) as heard:
        await anext(heard)
    engine.allow(FREELY)
    (tick,) = await ticks(thread)
    assert told(tick) == [("Stepped", "a")]
    await thread.close()


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
    await ticks(thread)
    await thread.close()
    assert used_on == {"engine_0"}


async def test_a_task_that_cannot_be_taken_in_breaks_alone():
    engine = GatedEngine()
    engine.allow(FREELY)
    thread = await started(engine)
    (tick,) = await ticks(thread, admits=[a_task("a", "refuse"), a_task("b")])
    assert tick.events == [Broke("a", "internal"), Stepped("b", 1)]
    await thread.close()


async def test_an_engine_that_raises_out_of_its_step_is_lost():
    engine = GatedEngine()
    engine.allow(FREELY)
    thread = await started(engine)
    with pytest.raises(DeviceLost):
        await ticks(thread, admits=[a_task("a", "die")])
    await thread.close()


async def test_an_engine_that_hangs_is_lost_and_closing_does_not_wait_for_it():
    engine = GatedEngine()
    thread = await started(engine, tick_limit_s=0.05)
    with pytest.raises(DeviceLost):
        await ticks(thread, admits=[a_task("a")])
    assert thread.is_busy
    await thread.close()
    assert not engine.is_closed
    engine.allow(FREELY)
