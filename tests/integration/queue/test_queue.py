import asyncio

import pytest
from redis.asyncio import Redis

from tests.integration.queue.jobs import POOL, a_job, backlog, next_reply
from tests.integration.queue.test_leases import writable_for
from visualizer_service.client import Pool, QueueFull
from visualizer_service.queue.consumer import Consumer
from visualizer_service.wire import Cancelled, Failed, Job, Progress, Started

pytestmark = pytest.mark.integration

LEASE_S = 15.0


@pytest.fixture
def pool(redis: Redis) -> Pool:
    return Pool(redis, POOL, "gateway")


async def a_consumer(redis: Redis, name: str, lease_s: float = LEASE_S) -> Consumer:
    consumer = Consumer(redis, POOL, name, lease_s)
    await consumer.open()
    return consumer


async def take_over(redis: Redis, name: str):
    """Claim what others hold, their leases being over."""
    thief = await a_consumer(redis, name, lease_s=0)
    return thief, await thief.recover(8, [])


async def test_a_job_submitted_before_any_worker_existed_is_drawn(redis, pool):
    job = a_job()
    await pool.submit(job)
    worker = await a_consumer(redis, "a")
    [claim] = await worker.claim(4, wait=False)
    assert claim.job == job
    assert claim.attempt == 1


async def test_a_waiting_worker_gets_a_job_as_it_comes(redis, pool):
    worker = await a_consumer(redis, "a")
    waiting = asyncio.create_task(worker.claim(1, wait=True))
    await pool.submit(a_job())
    assert len(await waiting) == 1


async def test_a_job_submitted_twice_is_drawn_once(redis, pool):
    job = a_job()
    worker = await a_consumer(redis, "a")
    await pool.submit(job)
    await pool.submit(job)
    [claim] = await worker.claim(4, wait=False)
    await worker.settle(claim, [Cancelled()])
    await pool.submit(job)
    assert await worker.claim(4, wait=False) == []


async def test_a_full_queue_refuses_and_counts_only_waiting_jobs(redis):
    pool = Pool(redis, POOL, "gateway", most_waiting=2)
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    await worker.claim(1, wait=False)
    await pool.submit(a_job())
    await pool.submit(a_job(job_class="batch"))
    with pytest.raises(QueueFull):
        await pool.submit(a_job())
    assert await backlog(pool) == 2
    assert await pool.waiting() == {"returned": 0, "interactive": 1, "batch": 1, "near": 0}


async def test_interactive_jobs_come_first_and_batch_jobs_are_not_starved(redis, pool):
    worker = await a_consumer(redis, "a")
    for _ in range(20):
        await pool.submit(a_job())
    for _ in range(3):
        await pool.submit(a_job(job_class="batch"))
    order = [(await worker.claim(1, wait=False))[0].job.job_class for _ in range(23)]
    assert order[:8] == ["interactive"] * 8
    assert order[:18].count("batch") == 2
    assert order.count("batch") == 3


async def test_a_claim_never_takes_more_than_asked_for(redis, pool):
    worker = await a_consumer(redis, "a")
    for job_class in ("interactive", "batch", "interactive"):
        await pool.submit(a_job(job_class=job_class))
    claims = await worker.claim(2, wait=True)
    assert [claim.job.job_class for claim in claims] == ["interactive", "interactive"]


async def test_only_an_expired_lease_is_taken_over_and_that_is_a_new_attempt(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [mine] = await worker.claim(1, wait=False)
    other = await a_consumer(redis, "b")
    assert await other.recover(8, []) == []
    _, [stolen] = await take_over(redis, "c")
    assert stolen.attempt == mine.attempt + 1


async def test_a_renewed_lease_does_not_expire(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    await redis.xclaim(claim.stream, "workers", "a", 0, [claim.entry], idle=60_000, justid=True)
    await writable_for(redis, LEASE_S)
    assert await worker.report([(claim, [])], renew=True) == ["held"]
    assert await (await a_consumer(redis, "b")).recover(8, []) == []


async def test_a_late_owner_can_neither_renew_nor_publish_nor_settle_nor_give_back(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    thief, [stolen] = await take_over(redis, "b")
    assert await worker.report([(claim, [Progress(step=1, of=4)])], renew=True) == ["lost"]
    assert not await worker.settle(claim, [Cancelled()])
    assert not await worker.give_back(claim, counted=False)
    async with pool:
        with pool.route("resp") as inbox:
            assert await thief.settle(stolen, [Cancelled()])
            reply = await next_reply(inbox)
            assert (reply.attempt, reply.event) == (2, Cancelled())
            assert inbox.empty()


async def test_a_job_is_settled_once(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    assert await worker.settle(claim, [Cancelled()])
    assert not await worker.settle(claim, [Cancelled()])
    assert await redis.xlen(claim.stream) == 0
    assert await redis.xlen(f"viz:{{{POOL}}}:replies:gateway") == 1


async def test_a_delivery_that_never_arrived_is_found_again_as_the_same_attempt(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    await pool.submit(a_job())
    known, lost = await worker.claim(2, wait=False)
    assert await worker.recover(8, [known]) == [lost]
    assert await worker.report([(known, []), (lost, [])], renew=False) == ["held", "held"]


async def test_a_job_given_back_comes_first_and_is_no_attempt(redis, pool):
    worker, other = await a_consumer(redis, "a"), await a_consumer(redis, "b")
    first, second = a_job(), a_job()
    await pool.submit(first)
    [claim] = await worker.claim(1, wait=False)
    await pool.submit(second)
    assert await worker.give_back(claim, counted=False)
    claims = await other.claim(2, wait=False)
    assert [(claim.job, claim.attempt) for claim in claims] == [(first, 1), (second, 1)]


async def test_a_job_given_back_wakes_a_waiting_worker(redis, pool):
    worker, other = await a_consumer(redis, "a"), await a_consumer(redis, "b")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    waiting = asyncio.create_task(other.claim(1, wait=True))
    await worker.give_back(claim, counted=True)
    [again] = await waiting
    assert again.attempt == 2


async def test_a_job_given_up_leaves_a_dead_letter_and_a_reply(redis, pool):
    worker = await a_consumer(redis, "a")
    job = a_job()
    await pool.submit(job)
    [claim] = await worker.claim(1, wait=False)
    poisoned = Failed(code="poisoned")
    await worker.settle(claim, [poisoned], dead_reason="poisoned")
    [(_, letter)] = await redis.xrange(f"viz:{{{POOL}}}:dead")
    assert Job.model_validate_json(letter[b"job"]) == job
    assert letter[b"reason"] == b"poisoned"
    async with pool:
        with pool.route("resp") as inbox:
            assert (await next_reply(inbox)).event == poisoned


async def test_a_job_that_cannot_be_read_goes_to_the_dead_letters_and_the_next_one_is_drawn(redis, pool):
    worker = await a_consumer(redis, "a")
    await redis.xadd(f"viz:{{{POOL}}}:jobs:interactive", {"job": "{}", "tries": 0})
    await pool.submit(a_job())
    assert len(await worker.claim(4, wait=False)) == 1
    assert await redis.xlen(f"viz:{{{POOL}}}:dead") == 1
    assert await backlog(pool) == 0


async def test_a_cancel_mark_is_seen_at_claim_and_at_each_report(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    assert not await worker.cancelled(claim)
    await pool.cancel("resp")
    assert await worker.cancelled(claim)
    assert await worker.report([(claim, [])], renew=False) == ["cancelled"]


async def test_two_gateways_get_only_their_own_replies(redis):
    worker = await a_consumer(redis, "a")
    async with Pool(redis, POOL, "one") as one, Pool(redis, POOL, "two") as two:
        with one.route("resp1") as inbox1, two.route("resp2") as inbox2:
            await one.submit(a_job(response="resp1", reply_to="one"))
            await two.submit(a_job(response="resp2", reply_to="two"))
            for claim in await worker.claim(2, wait=False):
                await worker.settle(claim, [Cancelled()])
            assert (await next_reply(inbox1)).response == "resp1"
            assert (await next_reply(inbox2)).response == "resp2"
            assert inbox1.empty()
            assert inbox2.empty()


async def test_replies_of_one_job_arrive_in_order_and_strays_are_dropped(redis, pool):
    worker = await a_consumer(redis, "a")
    async with pool:
        with pool.route("resp") as inbox:
            await pool.submit(a_job(response="somebody else"))
            await pool.submit(a_job())
            stray, claim = await worker.claim(2, wait=False)
            await worker.settle(stray, [Cancelled()])
            started = Started(worker="a", at=1)
            await worker.report([(claim, [started, Progress(step=1, of=2)])], renew=False)
            await worker.settle(claim, [Cancelled()])
            events = [(await next_reply(inbox)).event for _ in range(3)]
    assert events == [started, Progress(step=1, of=2), Cancelled()]


async def test_a_report_whose_answer_was_lost_is_not_written_twice_when_sent_again(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    news = [(claim, [Progress(step=1, of=2)])]
    await worker.report(news, renew=False)
    worker._reports -= 1
    assert await worker.report(news, renew=False) == ["held"]
    assert await redis.xlen(f"viz:{{{POOL}}}:replies:gateway") == 1


async def test_when_redis_lost_its_data_the_group_is_made_anew_and_claims_are_lost(redis, pool):
    worker = await a_consumer(redis, "a")
    await pool.submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    await redis.flushall()
    assert await worker.report([(claim, [])], renew=True) == ["lost"]
    assert not await worker.settle(claim, [Cancelled()])
    assert await worker.claim(1, wait=True) == []
    await pool.submit(a_job())
    assert len(await worker.claim(1, wait=False)) == 1


async def test_a_worker_that_leaves_is_forgotten_unless_it_holds_a_job(redis, pool):
    idle, busy = await a_consumer(redis, "idle"), await a_consumer(redis, "busy")
    await idle.claim(1, wait=False)
    await pool.submit(a_job())
    [claim] = await busy.claim(1, wait=False)
    await idle.close()
    await busy.close()
    assert [consumer["name"] for consumer in await redis.xinfo_consumers(claim.stream, "workers")] == [
        b"busy"
    ]
