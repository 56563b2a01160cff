"""The engine on a thread of its own, so that its steps never hold up the event loop and it is only ever used from one thread.

It knows nothing of jobs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from visualizer_service.engine.seam import Broke, Drawn, Engine, EngineEvent, Task
from visualizer_service.errors import DeviceLost

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick of the engine brought in `took_s` seconds, and how the engine stands after it."""

    events: list[EngineEvent]
    room: int
    holds: tuple[str, ...]
    took_s: float


class EngineThread:
    """Runs an engine. A tick that takes longer than `tick_limit_s` means that the device hangs.

    Once started, `slots` is how many tasks the engine takes when it is empty, and `usual_share` the part of it that a picture of the
    default size takes.
    """

    engine: Engine
    slots: int
    usual_share: float

    def __init__(self, tick_limit_s: float) -> None:
        self._tick_limit_s = tick_limit_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self.is_busy = False

    async def start(self, build: Callable[[], Engine]) -> None:
        """Load the engine and draw once; takes as long as it takes."""
        self.engine, self.slots = await self._call(lambda: _warm(build()))
        self.usual_share = self.engine.share(*self.engine.limits.default_size, ())

    async def ticks(
        self, drops: Sequence[str], admits: Sequence[Task], is_wanted: Callable[[], bool]
    ) -> AsyncGenerator[Tick]:
        """Forget some tasks, take others in, and step on without waiting for whoever hears of it: a device that waited would stand idle.

        It ends after a tick in which a picture ended or nothing happened, and where `is_wanted`, asked on the engine's thread, says that
        somebody has something to tell the engine. Closed early, it ends with the step that is under way.

        Raises:
            DeviceLost: the engine raised out of its step, or hangs in it. It must not be used again.
        """
        loop, heard = asyncio.get_running_loop(), asyncio.Queue[Tick | None]()
        is_closed = False

        def tell(tick: Tick) -> bool:
            loop.call_soon_threadsafe(heard.put_nowait, tick)
            return not (is_closed or is_wanted())

        stepping = self._call(lambda: _step(self.engine, drops, admits, tell))
        stepping.add_done_callback(lambda _: heard.put_nowait(None))
        try:
            while True:
                async with asyncio.timeout(self._tick_limit_s):
                    tick = await heard.get()
                if tick is None:
                    break
                yield tick
            stepping.result()
        except Exception as error:
            raise DeviceLost from error
        finally:
            is_closed = True

    async def close(self) -> None:
        """Free the device, unless the engine hangs."""
        if not self.is_busy:
            await self._call(self.engine.close)
        self._thread.shutdown(wait=False)

    def _call(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Run on the engine's thread. `is_busy` stays true where the caller gave up before the end."""

        def run() -> T:
            self.is_busy = True
            try:
                return function()
            finally:
                self.is_busy = False

        return asyncio.get_running_loop().run_in_executor(self._thread, run)


def _warm(engine: Engine) -> tuple[Engine, int]:
    engine.warm_up()
    return engine, engine.room()


def _step(engine: Engine, drops: Sequence[str], admits: Sequence[Task], tell: Callable[[Tick], bool]) -> None:
    """Tick for as long as the engine draws the same, and whoever is told wants it."""
    tick = _tick(engine, drops, admits)
    while tell(tick) and tick.events and not any(isinstance(event, Drawn | Broke) for event in tick.events):
        tick = _tick(engine, (), ())


def _tick(engine: Engine, drops: Sequence[str], admits: Sequence[Task]) -> Tick:
    began = time.monotonic()
    for task_id in drops:
        engine.drop(task_id)
    refused = [event for task in admits if (event := _admit(engine, task))]
    events = refused + engine.tick()
    return Tick(events, engine.room(), engine.holds(), time.monotonic() - began)


def _admit(engine: Engine, task: Task) -> EngineEvent | None:
    """Let an error cost this task only."""
    try:
        engine.admit(task)
    except Exception:
        log.exception("the engine can't take a task in", extra={"task": task.id})
        return Broke(task.id, "internal")
    return None
