import asyncio
import time
from dataclasses import replace

from visualizer_service.queue.consumer import Claim
from visualizer_service.wire import Job, Preview, Progress, Started
from visualizer_service.worker.held import HeldJob, HeldJobs, Stage


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


def held(jobs: HeldJobs, entry: str, stage: Stage, share: float = 1.0, attempt: int = 1) -> HeldJob:
    """A job that has come so far, with two steps to go if it is drawn."""
    job = jobs.take(replace(a_claim(entry), deliveries=attempt), 0)
    job.stage, job.share, job.steps_left = stage, share, 2
    return job


async def test_one_more_is_claimed_while_those_held_can_be_drawn_side_by_side():
    jobs = HeldJobs(8)
    for number in range(3):
        assert jobs.may_claim()
        held(jobs, f"{number}-0", Stage.DRAWING, share=1 / 3)
    assert not jobs.may_claim()


async def test_a_job_in_its_last_step_counts_as_gone_and_one_that_is_decoded_does():
    jobs = HeldJobs(1)
    job = held(jobs, "1-0", Stage.DRAWING)
    jobs.room = 0
    assert not jobs.may_claim()
    job.steps_left = 1
    assert jobs.may_claim()
    job.steps_left, jobs.room = 0, 1
    assert jobs.may_claim()


async def test_nothing_more_is_claimed_before_the_share_of_the_last_one_is_known():
    jobs = HeldJobs(8)
    jobs.take(a_claim("1-0"), 0)
    assert not jobs.may_claim()


async def test_what_failed_before_waits_until_nothing_is_drawn_and_is_then_alone():
    jobs = HeldJobs(8)
    drawing = held(jobs, "1-0", Stage.DRAWING, share=1 / 8)
    suspect = held(jobs, "2-0", Stage.READY, attempt=2)
    later = held(jobs, "3-0", Stage.READY, share=1 / 8)
    assert jobs.beginners() == []
    assert not jobs.may_claim()
    jobs.let_go(drawing)
    assert jobs.beginners() == [suspect]
    suspect.stage = Stage.DRAWING
    assert jobs.beginners() == []
    jobs.let_go(suspect)
    assert jobs.beginners() == [later]


async def test_it_says_how_many_like_those_held_fit_side_by_side():
    jobs = HeldJobs(8, usual_share=1.0)
    assert jobs.slots() == 1
    held(jobs, "1-0", Stage.DRAWING, share=1 / 4)
    assert jobs.slots() == 4
