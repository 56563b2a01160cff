"""Taking over an answer whose gateway is gone, while the store fails, orders come, and others' answers are lost too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.request import Request
from gateway.http.metrics import MeteredLedger
from gateway.running.watches import Watches
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered, Standing
from tests.fakes import PLAN_DONE, ScriptedPlanner, ask, says
from tests.integration.gateway.conducting import STORY, gateway
from tests.integration.queue.jobs import eventually

pytestmark = pytest.mark.integration

LOST = replace(ask(), background=True)


async def lost(redis: Redis, request: Request = LOST) -> None:
    """An answer that was begun by a gateway that is gone."""
    ledger = Ledger(redis, 100)
    await ledger.create(request, "gw_gone")
    await ledger.append(
        request, "gw_gone", 1, [ev.ResponseStarted(at=time.time()), ev.PlanStarted(at=time.time())]
    )
    await Leases(redis, "gw_gone", 0.1).hold(request.id)


async def state_of(redis: Redis, id: str) -> str:
    standing = await Ledger(redis, 100).standing(id)
    assert standing is not None
    return standing.state


class FailingLedger(Ledger):
    """Loses the answer to its first takeover, which was carried out."""

    has_failed = False

    async def take_over(self, id: str, from_owner: str, owner: str) -> Standing | None:
        taken = await super().take_over(id, from_owner, owner)
        if taken is not None and not self.has_failed:
            self.has_failed = True
            raise ConnectionError("away")
        return taken


async def test_an_answer_whose_takeover_is_not_known_to_have_succeeded_is_taken_over_again(
    redis: Redis, opened: AsyncExitStack
) -> None:
    await lost(redis)
    ledger = FailingLedger(redis, 100)
    here = await gateway(opened, redis, ScriptedPlanner(*STORY), ledger=ledger)
    assert (await here.read()).state == "completed"
    assert ledger.has_failed


async def test_an_answer_whose_old_lease_cannot_be_forgotten_is_taken_over_again(
    redis: Redis, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget, failures = Leases.forget, list[str]()

    async def failing(self: Leases, id: str, owner: str) -> None:
        if not failures:
            failures.append(owner)
            raise ConnectionError("away")
        await forget(self, id, owner)

    await lost(redis)
    monkeypatch.setattr(Leases, "forget", failing)
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    assert (await here.read()).state == "completed"
    assert failures == ["gw_gone"]


async def test_lost_answers_of_models_that_others_serve_hold_up_none_of_ours(
    redis: Redis, opened: AsyncExitStack
) -> None:
    for number in range(60):
        await lost(redis, replace(LOST, id=f"resp_other{number}", model="another-model"))
    await lost(redis)
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    assert (await here.read()).state == "completed"
    assert await state_of(redis, "resp_other7") == "in_progress"


async def test_an_order_to_cancel_that_comes_during_a_takeover_is_heard(
    redis: Redis, opened: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, cancel, elsewhere = asyncio.Event(), Watches.cancel, Ledger(redis, 100)

    def hear(self: Watches, id: str) -> None:
        heard.set()
        cancel(self, id)

    class OrderedLedger(Ledger):
        """While events are read for the first time, somebody cancels, and this process hears of it."""

        async def events(self, id: str, after: int, block_s: float | None = None) -> list[Numbered]:
            if not heard.is_set():
                await elsewhere.orders.cancel(id)
                await heard.wait()
            return await super().events(id, after, block_s)

    monkeypatch.setattr(Watches, "cancel", hear)
    await lost(redis)
    planner = ScriptedPlanner(says("a"), asyncio.Event())
    here = await gateway(opened, redis, planner, ledger=OrderedLedger(redis, 100))
    assert (await here.read()).state == "cancelled"


class Counting:
    """Counts the last events of answers."""

    def __init__(self) -> None:
        self.ended = 0

    def observe(self, request: Request, events: Sequence[GatewayEvent]) -> None:
        self.ended += sum(isinstance(event, LastEvent) for event in events)

    def forget(self, request: Request) -> None:
        self.ended = -100


async def test_an_answer_that_ends_while_redis_has_forgotten_it_is_counted_as_ended(
    redis: Redis, opened: AsyncExitStack
) -> None:
    counting, goes_on = Counting(), asyncio.Event()
    planner = ScriptedPlanner(says("One."), goes_on, says(" Two."), PLAN_DONE)
    here = await gateway(opened, redis, planner, ledger=MeteredLedger(redis, 100, counting))
    await here.conductor.start(LOST)

    async def is_written() -> bool:
        return len(await here.ledger.events(LOST.id, 0)) > 3

    await eventually(is_written)
    await redis.flushall()
    goes_on.set()
    await here.idle()
    assert await state_of(redis, LOST.id) == "completed"
    assert counting.ended == 1
