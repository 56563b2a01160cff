from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import events as ev
from gateway.errors import PlannerUnavailable
from gateway.events import LAST, GatewayEvent
from gateway.fold import Document, Picture, Text, fold
from gateway.planning import plan_request
from gateway.request import Request
from gateway.stitch import GRACE_S, stitch
from planner_service.wire import PlanDone, PlanFailed, SlotOpen
from tests.fakes import (
    LIMITS,
    PLAN_DONE,
    USAGE,
    FakeBlobs,
    FakePool,
    ScriptedPlanner,
    ask,
    blob,
    cancelled,
    done,
    failed,
    says,
    slot,
)
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Job, Preview, Progress, Started

STORY = (says("One "), says("fox."), slot(0), says("\n"), slot(1, "img1"), says("\n\nThe end.\n"), PLAN_DONE)
OUTCOMES = (ev.PictureDone, ev.PictureFailed, ev.PictureCancelled)


def now() -> float:
    return 1000.0 + asyncio.get_running_loop().time()


async def stream(planner: ScriptedPlanner, pool: FakePool, request: Request):
    plan = await plan_request(request, await planner.model(), FakeBlobs())
    return stitch(request, plan, planner, pool, LIMITS, now)


async def answer(
    planner: ScriptedPlanner, pool: FakePool, request: Request | None = None
) -> list[GatewayEvent]:
    """All events of an answer, which must keep the promises of every answer."""
    request = request or ask()
    events = [event async for event in await stream(planner, pool, request)]
    assert isinstance(events[-1], LAST)
    outcomes = Counter(event.item for event in events if isinstance(event, OUTCOMES))
    opened = [event.item for event in events if isinstance(event, ev.PictureOpened)]
    assert outcomes == Counter(opened)
    assert planner.closed == 1
    assert request.id not in pool.inboxes
    return events


def pictures(events: list[GatewayEvent]) -> tuple[Picture, ...]:
    return fold(events).pictures


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
        id="resp_1-0",
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
    assert (second.seed, second.width_px, second.height_px) == (8, 64, 48)


@in_virtual_time
async def test_pictures_are_numbered_through_the_conversation():
    events = await answer(
        ScriptedPlanner(slot(0, "img2"), PLAN_DONE), FakePool(), ask(known=("img1", "img2"))
    )
    assert pictures(events)[0].id == "img3"
    assert [used.id for used in pictures(events)[0].references] == ["img2"]


@in_virtual_time
async def test_a_slot_is_held_until_the_picture_it_references_is_drawn():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), slot(1, "img1"), slot(2), PLAN_DONE)
    queued: list[int] = []
    async with aclosing(await stream(planner, pool, ask())) as events:
        async for event in events:
            if isinstance(event, ev.PlanEnded):
                # Before its reference is drawn only the first and, as the planner chooses, the third are in the queue.
                assert [job.slot for job in pool.jobs] == [0, 2]
                pool.say(pool.jobs[0], done(pool.jobs[0]))
            if isinstance(event, ev.PictureQueued):
                queued.append(event.item)
                if event.item == 1:
                    assert event.references[0].blob == blob("resp_1-0")
                    assert event.references[0].chosen_by == "planner"
                    for job in pool.jobs[1:]:
                        pool.say(job, done(job))
    assert queued == [0, 2, 1]
    assert pool.jobs[2].references == (blob("resp_1-0"),)


@in_virtual_time
async def test_a_failed_reference_is_left_out_and_reported():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), slot(1, "img1", "in1"), slot(2, "img2", "img1"), PLAN_DONE)
    told: set[str] = set()
    collected: list[GatewayEvent] = []
    async with aclosing(await stream(planner, pool, ask(known=("in1",)))) as events:
        async for event in events:
            collected.append(event)
            for job in pool.jobs:
                if job.id not in told:
                    told.add(job.id)
                    pool.say(job, failed() if job.slot == 0 else done(job))
    first, second, third = pictures(collected)
    assert (first.state, first.code) == ("failed", "internal")
    assert ([used.id for used in second.references], second.missing) == (["in1"], ("img1",))
    assert ([used.id for used in third.references], third.missing) == (["img2"], ("img1",))
    assert fold(collected).state == "completed"


@in_virtual_time
async def test_a_chain_of_references_survives_every_one_of_them_failing():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), *(slot(n, f"img{n}") for n in range(1, 6)), PLAN_DONE)
    events = await answer(planner, pool, ask(job_timeout_s=5.0))
    assert [(picture.state, picture.code) for picture in pictures(events)] == [("failed", "deadline")] * 6
    assert fold(events).state == "completed"


@in_virtual_time
async def test_without_any_worker_a_picture_fails_at_its_deadline_and_the_text_stands():
    began = now()
    events = await answer(ScriptedPlanner(*STORY), FakePool(draws=False), ask(job_timeout_s=20.0))
    late = "The picture was not ready 22.0 s after it was queued; it may take 20 s."
    assert [(picture.code, picture.message) for picture in pictures(events)] == [("deadline", late)] * 2
    assert fold(events).state == "completed"
    # The second picture's time began when the first had failed.
    assert now() - began == pytest.approx(2 * (20.0 + GRACE_S))


@in_virtual_time
async def test_a_job_that_cannot_be_queued_fails_its_picture_and_frees_those_that_wait_for_it():
    events = await answer(ScriptedPlanner(*STORY), FakePool(refuses=[0]))
    first, second = pictures(events)
    assert (first.state, first.code) == ("failed", "queue_unavailable")
    assert (second.state, second.missing) == ("done", ("img1",))


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


@in_virtual_time
async def test_a_picture_cancelled_by_the_pool_ends_as_cancelled():
    pool = FakePool(draws=False)
    async with aclosing(await stream(ScriptedPlanner(slot(0), PLAN_DONE), pool, ask())) as events:
        collected: list[GatewayEvent] = []
        async for event in events:
            collected.append(event)
            if isinstance(event, ev.PlanEnded):
                pool.say(pool.jobs[0], cancelled())
    assert pictures(collected)[0].state == "cancelled"


@in_virtual_time
async def test_a_slot_cut_off_by_the_length_limit_fails_and_the_answer_is_incomplete():
    cut = PlanDone(finish_reason="length", usage=USAGE)
    events = await answer(ScriptedPlanner(says("Look:"), slot(0), SlotOpen(index=1), cut), FakePool())
    assert [(picture.state, picture.code) for picture in pictures(events)] == [
        ("done", None),
        ("failed", "incomplete_description"),
    ]
    assert isinstance(events[-1], ev.ResponseIncomplete)


@in_virtual_time
async def test_a_slot_that_describes_nothing_is_never_drawn():
    pool = FakePool()
    events = await answer(ScriptedPlanner(slot(0, description=" \n"), PLAN_DONE), pool)
    assert pictures(events)[0].code == "incomplete_description"
    assert pool.jobs == []


@pytest.mark.parametrize(
    "error", [ConnectionError("down"), PlanFailed(code="engine_failed")], ids=["raises", "fails"]
)
def test_a_planner_that_never_begins_is_an_error_not_an_answer(error):
    @in_virtual_time
    async def run() -> None:
        planner, pool = ScriptedPlanner(error), FakePool()
        expected = PlannerUnavailable if isinstance(error, PlanFailed) else ConnectionError
        with pytest.raises(expected):
            await anext(await stream(planner, pool, ask()))
        assert planner.closed == 1
        assert pool.inboxes == {}

    run()


@pytest.mark.parametrize(
    ("death", "code"),
    [
        ([PlanFailed(code="engine_failed")], "planner_engine_failed"),
        ([ConnectionError("gone")], "planner_upstream_failed"),
        ([], "planner_upstream_failed"),
    ],
    ids=["says so", "raises", "falls silent"],
)
def test_a_planner_that_dies_mid_answer_leaves_what_it_had_closed(death, code):
    @in_virtual_time
    async def run() -> None:
        events = await answer(
            ScriptedPlanner(says("Once "), slot(0), slot(1, "img1"), says("upon"), SlotOpen(index=2), *death),
            FakePool(),
        )
        document = fold(events)
        assert [picture.state for picture in document.pictures] == ["done", "done", "failed"]
        assert [item.done for item in document.items if isinstance(item, Text)] == [True, True]
        assert (document.state, document.error_code) == ("failed", code)

    run()


@in_virtual_time
async def test_closing_an_answer_aborts_the_plan_and_cancels_its_jobs_once():
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)
    events = await stream(planner, pool, ask())
    async for event in events:
        if isinstance(event, ev.PictureQueued):
            break
    await events.aclose()
    assert planner.closed == 1
    assert pool.cancelled == ["resp_1"]
    assert pool.inboxes == {}


@in_virtual_time
async def test_cancelling_whoever_waits_for_an_answer_cleans_up_too():
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)

    async def read() -> None:
        async for _ in await stream(planner, pool, ask()):
            pass

    reader = asyncio.create_task(read())
    await asyncio.sleep(1)
    reader.cancel()
    await asyncio.wait([reader])
    assert (planner.closed, pool.cancelled) == (1, ["resp_1"])


@in_virtual_time
async def test_a_finished_answer_cancels_nothing():
    pool = FakePool()
    await answer(ScriptedPlanner(*STORY), pool)
    assert pool.cancelled == []


@in_virtual_time
async def test_a_pool_that_does_not_answer_cannot_hold_up_the_end():
    class Deaf(FakePool):
        async def cancel(self, response_id: str) -> None:
            await asyncio.Event().wait()

    planner = ScriptedPlanner(slot(0), asyncio.Event())
    events = await stream(planner, Deaf(draws=False), ask())
    async for event in events:
        if isinstance(event, ev.PictureQueued):
            break
    await events.aclose()
    assert planner.closed == 1


REFERENCES = ((), ("img1",), ("img1", "img2"), ("img3",), ("img9",))


def replayed(rolls: list[int], lost: set[int]) -> Document:
    """One fixed plan, with its replies and plan events interleaved as `rolls` has it; the pictures in `lost` fail."""
    outcome: list[Document] = []

    @in_virtual_time
    async def run() -> None:
        gates = [asyncio.Event() for _ in REFERENCES]
        script = [[gate, says("text "), *slot(n, *REFERENCES[n])] for n, gate in enumerate(gates)]
        pool = FakePool(draws=False)
        pending: list[tuple[Job, list]] = []
        taken = 0
        events = await stream(ScriptedPlanner(*script, PLAN_DONE), pool, ask())

        async def direct() -> None:
            """Let one thing happen at a time: the plan goes on, or some job says its next word."""
            nonlocal taken
            turn = 0
            while True:
                await asyncio.sleep(1)
                for job in pool.jobs[taken:]:
                    last = failed() if job.slot in lost else done(job)
                    pending.append((job, [Started(worker="w1", at=0), Progress(step=1, of=2), last]))
                taken = len(pool.jobs)
                shut = [gate for gate in gates if not gate.is_set()]
                choices = len(pending) + bool(shut)
                if not choices:
                    continue
                roll = (rolls[turn % len(rolls)] if rolls else 0) % choices
                turn += 1
                if roll == len(pending):
                    shut[0].set()
                    continue
                job, replies = pending[roll]
                pool.say(job, replies.pop(0))
                if not replies:
                    del pending[roll]

        director = asyncio.create_task(direct())
        document = fold([event async for event in events])
        director.cancel()
        outcome.append(timeless(document))

    run()
    return outcome[0]


def timeless(document: Document) -> Document:
    """The document without what depends on when things happened."""
    times = {"started_at": 0.0, "plan_started_at": 0.0, "plan_ended_at": 0.0, "ended_at": 0.0}
    when = {
        "opened_at": 0.0,
        "closed_at": 0.0,
        "queued_at": 0.0,
        "started_at": 0.0,
        "delivered_at": 0.0,
        "timings": None,
    }
    items = tuple(replace(item, **when) if isinstance(item, Picture) else item for item in document.items)
    return replace(document, items=items, **times)


@given(st.lists(st.integers(0, 20), max_size=40), st.sets(st.integers(0, 4)))
def test_whatever_order_replies_come_in_the_answer_is_the_same(rolls: list[int], lost: set[int]):
    assert replayed(rolls, lost) == replayed([], lost)
