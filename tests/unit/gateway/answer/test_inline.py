"""A planner that sees what it has described before it writes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from gateway.answer.document import Text
from gateway.answer.errors import InvalidRequest
from gateway.answer.folding import fold
from gateway.answer.plan import plan_request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.state import Start
from gateway.answer.timeline import timeline
from planner_service.wire import PicturePart, PlanDone, PlanEvent, PlannerModel, PlanRequest, PlanUsage, Slot
from tests.fakes import LIMITS, PLAN_DONE, USAGE, FakePool, ScriptedPlanner, ask, done, failed, says, slot
from tests.unit.gateway.answer.stitching import now
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Job

SCRIPT = (says("Once."), slot(0), says("Then."), slot(1, "img1"), says("The end."), PLAN_DONE)
INLINE = ask(feedback="inline", job_timeout_s=1e6)


class Pausing(ScriptedPlanner):
    """Pauses after each slot, if it is asked to."""

    def __init__(self) -> None:
        super().__init__(*SCRIPT, sees_images=True)

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        async for event in super().plan(request):
            yield event
            if request.pauses and isinstance(event, Slot):
                yield PlanDone(finish_reason="picture", usage=USAGE)
                return


class Views:
    """Shows each picture as the name of its blob."""

    async def base64(self, blob_id: str) -> bytes | None:
        return blob_id.encode()


class Slow(FakePool):
    """Takes ten seconds for each picture; `fails` are slots that cannot be drawn."""

    def __init__(self, *fails: int) -> None:
        super().__init__()
        self.fails = fails
        self.tasks: set[asyncio.Task[None]] = set()

    async def paint(self, job: Job) -> None:
        task = asyncio.create_task(self._later(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _later(self, job: Job) -> None:
        await asyncio.sleep(10)
        self.say(job, failed() if job.slot in self.fails else done(job))


async def answered(planner: ScriptedPlanner, pool: FakePool, start: Start | None = None):
    plan = await plan_request(INLINE, await planner.model(), Views())
    events = stitch(INLINE, plan, planner, pool, LIMITS, now, start, views=Views())
    return [event async for event in events]


def shown(request: PlanRequest) -> list[str | None]:
    return [part.data for part in request.written if isinstance(part, PicturePart)]


@in_virtual_time
async def test_the_planner_is_shown_each_picture_at_its_place_before_it_writes_on():
    planner = Pausing()
    document = fold(await answered(planner, Slow()))
    assert [getattr(item, "text", None) or getattr(item, "id", None) for item in document.items] == [
        "Once.",
        "img1",
        "Then.",
        "img2",
        "The end.",
    ]
    first, second = document.pictures
    assert [shown(request) for request in planner.asked] == [[], [first.blob], [first.blob, second.blob]]
    assert [part.type for part in planner.asked[2].written] == ["text", "picture", "text", "picture"]


@in_virtual_time
async def test_what_waiting_cost_is_in_the_timeline_and_what_all_stretches_cost_in_the_usage():
    document = fold(await answered(Pausing(), Slow()))
    assert timeline(document).plan_waited_s == 20
    assert document.usage == PlanUsage(input_tokens=21, output_tokens=33)


@in_virtual_time
async def test_a_picture_that_fails_is_written_on_after_unseen():
    planner = Pausing()
    document = fold(await answered(planner, Slow(0)))
    assert document.state == "completed"
    assert shown(planner.asked[1]) == [None]


@in_virtual_time
async def test_whoever_goes_on_shows_the_pictures_that_are_there_and_waits_for_the_others():
    whole = await answered(Pausing(), Slow())
    for cut in range(3, len(whole)):
        planner = Pausing()
        begun = fold(whole[:cut])
        rest = await answered(planner, Slow(), Start(begun))
        document = fold(rest, begun)
        assert [item.text for item in document.items if isinstance(item, Text)] == [
            "Once.",
            "Then.",
            "The end.",
        ]
        assert [picture.state for picture in document.pictures] == ["done", "done"]
        assert all(None not in shown(request) for request in planner.asked)


async def test_a_planner_that_cannot_see_is_not_asked_to_look():
    reads = PlannerModel(name="reads", sees_images=False, max_prompt_tokens=9)
    with pytest.raises(InvalidRequest, match="feedback"):
        await plan_request(INLINE, reads, Views())
