"""The model of Redis does what Redis does: random calls of the ledger against both, answer by answer."""

from __future__ import annotations

import random
from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.store.ledger import Ledger
from gateway.store.values import Standing
from tests.fakes import ask
from tests.faults.model_redis import Client
from tests.faults.model_server import Server

pytestmark = pytest.mark.integration

OWNERS = ("gw_1", "gw_2", "gw_3")
REQUEST = ask()


def events(chance: random.Random) -> list[GatewayEvent]:
    made: list[GatewayEvent] = [ev.TextStarted(at=n, item=n) for n in range(chance.randint(0, 3))]
    return [*made, ev.ResponseCompleted(at=9)] if chance.random() < 0.1 else made


async def call(ledger: Ledger, chance: random.Random) -> Any:
    """One random call; with the same chance, the same call."""
    owner, other = chance.choice(OWNERS), chance.choice(OWNERS)
    roll, first, made = chance.random(), chance.randint(1, 6), events(chance)
    if roll < 0.5:
        return await ledger.append(REQUEST, owner, first, made)
    if roll < 0.6:
        return await ledger.rewrite(
            REQUEST, Standing("in_progress", owner, 0, chance.randint(0, 3), "gw_1", is_cancelled=False), made
        )
    if roll < 0.75:
        return await ledger.take_over(REQUEST.id, owner, other)
    if roll < 0.78:
        return await ledger.delete(REQUEST.id)
    if roll < 0.81:
        return await ledger.orders.cancel(REQUEST.id)
    if roll < 0.9:
        return await ledger.standing(REQUEST.id)
    return await ledger.events(REQUEST.id, chance.randint(0, 4))


@pytest.mark.parametrize("seed", range(10))
async def test_the_model_answers_as_redis_does(redis: Redis, seed: int):
    model: Any = Client(Server())
    real, modelled = Ledger(redis, 100), Ledger(model, 100)
    for ledger in (real, modelled):
        await ledger.create(REQUEST, "gw_1")
    chance = random.Random(seed)
    for step in range(60):
        state = chance.getrandbits(64)
        one, two = await call(real, random.Random(state)), await call(modelled, random.Random(state))
        assert one == two, f"call {step} of seed {seed}"
