import asyncio
import time

from visualizer_service.queue.consumer import Claim
from visualizer_service.wire import Job, Preview, Progress, Started
from visualizer_service.worker.held import HeldJobs, Stage


def a_claim(entry: str) -> Claim:
    now = time.time()
    job = Job(
        id=entry,
        response="resp",
        slot=0,
        description="a fox",
        width_px=64,
        height_px=64,
        seed=1,
        queued_at=now,
        deadline=now + 60,
        reply_to="gateway",
    )
    return Claim("viz:{test}:jobs:batch", entry, 1, 0, job)


async def test_of_several_steps_only_the_last_is_published_and_nothing_else_is_left_out():
    held = HeldJobs(1).take(a_claim("1-0"), 0)
    started, preview = Started(worker="a", at=0), Preview(index=0, blob="0" * 64)
    for event in (started, Progress(step=1, of=4), preview, Progress(step=2, of=4)):
        held.add(event)
    assert held.take_unpublished() == [started, preview, Progress(step=2, of=4)]
    assert held.take_unpublished() == []


async def test_a_claim_alone_is_nothing_to_report():
    jobs = HeldJobs(1)
    jobs.take(a_claim("1-0"), 0)
    assert not jobs.to_report.is_set()


async def test_it_is_filled_by_the_first_claim_and_emptied_when_the_last_is_let_go():
    jobs = HeldJobs(2)
    assert not jobs.filled.is_set()
    first, second = jobs.take(a_claim("1-0"), 0), jobs.take(a_claim("2-0"), 0)
    jobs.let_go(first)
    assert jobs.filled.is_set()
    assert not jobs.emptied.is_set()
    jobs.let_go(second)
    jobs.let_go(second)
    assert jobs.emptied.is_set()
    assert not jobs.filled.is_set()


async def test_stopping_ends_the_work_outside_the_engine_and_drops_only_what_is_being_drawn():
    jobs = HeldJobs(2)
    preparing, drawing = jobs.take(a_claim("1-0"), 0), jobs.take(a_claim("2-0"), 0)
    preparing.work = asyncio.create_task(asyncio.Event().wait())
    drawing.stage = Stage.DRAWING
    jobs.stop(preparing)
    jobs.stop(drawing)
    await asyncio.wait([preparing.work])
    assert preparing.work.cancelled()
    assert jobs.drops == [drawing.claim.id]
    assert jobs.all(Stage.ENDING) == [preparing, drawing]
