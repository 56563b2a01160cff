from __future__ import annotations

import asyncio
from contextlib import aclosing

from gateway.answer import events as ev
from gateway.answer.document import Text
from gateway.answer.folding import fold
from tests.fakes import (
    PLAN_DONE,
    USAGE,
    FakePool,
    ScriptedPlanner,
    ask,
    blob,
    done,
    failed,
    says,
    slot,
)
from tests.unit.gateway.answer.stitching import STORY, answer, pictures, stream
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Job, Preview, Progress, Started


@in_virtual_time
async def test_text_and_pictures_alternate_in_the_planners_order():
    document = fold(await answer(ScriptedPlanner(*STORY), FakePool()))
    assert document.state == "completed"
    assert [item.text if isinstance(item, Text) else item.id for item in document.items] == [
        "One fox.",
        "img1",
        "img2",
        "The end.",
    ]
    assert [item.item for item in document.items] == [0, 1, 2, 3]
    assert document.usage == USAGE


@in_virtual_time
async def test_nothing_is_said_before_the_planner_begins():
    begins = asyncio.Event()
    events = await stream(ScriptedPlanner(begins, *STORY), FakePool(), ask())
    first = asyncio.create_task(anext(events))
    await asyncio.sleep(3600)
    assert not first.done()
    begins.set()
    assert (await first).type == "response_started"
    await events.aclose()


@in_virtual_time
async def test_a_job_is_submitted_while_the_plan_goes_on_and_text_streams_while_it_is_drawn():
    pool = FakePool(draws=False)
    drawn = asyncio.Event()
    planner = ScriptedPlanner(says("a"), slot(0), drawn, says("b"), PLAN_DONE)
    seen: list[str] = []
    async with aclosing(await stream(planner, pool, ask())) as events:
        async for event in events:
            seen.append(event.type)
            match event:
                case ev.PictureQueued():
                    pool.say(pool.jobs[0], Started(worker="w", at=0))
                case ev.PictureStarted():
                    drawn.set()
                case ev.TextDelta(item=2):
                    pool.say(pool.jobs[0], done(pool.jobs[0]))
    assert seen.index("picture_started") < seen.index("text_delta", 6) < seen.index("picture_done")


@in_virtual_time
async def test_each_job_says_what_to_draw():
    pool = FakePool()
    request = ask(
        known=("in1",), seed=7, steps=3, previews=2, output_format="webp", job_timeout_s=30.0, tenant="t"
    )
    await answer(
        ScriptedPlanner(slot(0, "in1", size="128x64"), slot(1, "in1", size="999x999"), PLAN_DONE),
        pool,
        request,
    )
    first, second = pool.jobs
    assert first == Job(
        id=first.id,
        response="resp_1",
        slot=0,
        description="picture 0",
        references=(blob("in1"),),
        width_px=128,
        height_px=64,
        seed=7,
        steps=3,
        previews=2,
        output_format="webp",
        tenant="t",
        queued_at=1000.0,
        deadline=1030.0,
        reply_to="gw_1",
    )
    assert first.id.startswith("resp_1-0-")
    assert (second.seed, second.width_px, second.height_px) == (8, 64, 48)


@in_virtual_time
async def test_progress_and_previews_pass_on_and_a_second_attempt_is_announced():
    class Stumbling(FakePool):
        async def submit(self, job: Job) -> None:
            await super().submit(job)
            self.say(job, Started(worker="w1", at=0))
            self.say(job, Progress(step=1, of=4))
            self.say(job, Preview(index=0, blob=blob("look")))
            self.say(job, Started(worker="w2", at=0), attempt=2)
            self.say(job, Progress(step=3, of=4), attempt=1)
            self.say(job, done(job, worker="w2"), attempt=2)
            self.say(job, done(job), attempt=2)
            self.say(job, failed(), attempt=3)

    events = await answer(ScriptedPlanner(slot(0), PLAN_DONE), Stumbling(draws=False))
    assert [event.type for event in events if getattr(event, "item", None) == 0] == [
        "picture_opened",
        "picture_described",
        "picture_queued",
        "picture_started",
        "picture_progress",
        "picture_preview",
        "picture_started",
        "picture_done",
    ]
    assert pictures(events)[0].worker == "w2"
    assert pictures(events)[0].attempt == 2
