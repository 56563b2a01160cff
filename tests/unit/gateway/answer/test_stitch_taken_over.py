"""An answer that another process was at before."""

from __future__ import annotations

import asyncio

from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, ask, done, says, slot
from tests.unit.gateway.answer.stitching import answer, pictures, stream
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Started


@in_virtual_time
async def test_a_picture_drawn_for_a_process_that_was_lost_before_it_wrote_that_it_asked_is_heard_by_the_next():
    lost, pool = FakePool(), FakePool(draws=False)
    await answer(ScriptedPlanner(*slot(0), PLAN_DONE), lost)
    [job] = lost.jobs
    writes_on = asyncio.Event()
    events = await stream(ScriptedPlanner(says("One "), writes_on, *slot(0), PLAN_DONE), pool, ask())
    seen = [await anext(events)]
    for said in (Started(worker="w1", at=0), done(job)):
        pool.say(job, said)
    asyncio.get_running_loop().call_later(1, writes_on.set)
    seen += [event async for event in events]

    assert [picture.state for picture in pictures(seen)] == ["done"]
