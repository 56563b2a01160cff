import asyncio
import time

from visualizer_service.queue.consumer import Claim
from visualizer_service.wire import Job, Preview, Progress, Started
from visualizer_service.worker.held import Hand, Stage


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


async def test_of_several_steps_only_the_last_is_told_and_nothing_else_is_left_out():
    held = Hand(1).take(a_claim("1-0"), 0)
    started, preview = Started(worker="a", at=0), Preview(index=0, blob="0" * 64)
    for event in (started, Progress(step=1, of=4), preview, Progress(step=2, of=4)):
        held.add(event)
    assert held.take_news() == [started, preview, Progress(step=2, of=4)]
    assert held.take_news() == []


async def test_a_claim_alone_is_nothing_to_report():
    hand = Hand(1)
    hand.take(a_claim("1-0"), 0)
    assert not hand.to_report.is_set()


async def test_the_hand_is_filled_by_the_first_claim_and_emptied_when_the_last_is_let_go():
    hand = Hand(2)
    assert not hand.filled.is_set()
    first, second = hand.take(a_claim("1-0"), 0), hand.take(a_claim("2-0"), 0)
    hand.let_go(first)
    assert hand.filled.is_set()
    assert not hand.emptied.is_set()
    hand.let_go(second)
    hand.let_go(second)
    assert hand.emptied.is_set()
    assert not hand.filled.is_set()


async def test_stopping_ends_the_work_beside_the_engine_and_drops_only_what_is_being_drawn():
    hand = Hand(2)
    preparing, drawing = hand.take(a_claim("1-0"), 0), hand.take(a_claim("2-0"), 0)
    preparing.work = asyncio.create_task(asyncio.Event().wait())
    drawing.stage = Stage.DRAWING
    hand.stop(preparing)
    hand.stop(drawing)
    await asyncio.wait([preparing.work])
    assert preparing.work.cancelled()
    assert hand.drops == [drawing.claim.id]
    assert hand.all(Stage.ENDING) == [preparing, drawing]
