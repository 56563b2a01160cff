"""What gateways share in Redis, when one of them dies, Redis forgets, or an answer of it gets lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.answer.errors import KeyInUse, NotFound
from gateway.answer.request import Request
from gateway.running.supervision import Loops
from gateway.store.idempotency import Idempotency, Named
from gateway.store.leases import Leases
from gateway.store.links import Links, Secrets
from tests.fakes import ask
from tests.integration.gateway.gateway_app import client, eventually

pytestmark = pytest.mark.integration

NAME, SENT = ("acme", "k1"), {"input": "A story"}


class TwiceRedis(Redis):
    """Loses the first answer to each script, as a cut connection does: the script is sent again."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[0] == "EVALSHA":
            await super().execute_command(*args, **options)
        return await super().execute_command(*args, **options)


def keys_of(redis: Redis, owner: str) -> Idempotency:
    return Idempotency(redis, 100, Leases(redis, owner, 10))


async def made(named: Named) -> Request:
    await named("resp_1")
    return ask()


async def not_found(id: str) -> Request:
    raise NotFound(id)


async def found(id: str) -> Request:
    return ask(id)


async def test_a_key_whose_taking_was_answered_twice_is_ones_own(redis: Redis):
    twice = TwiceRedis(connection_pool=redis.connection_pool)
    assert (await keys_of(twice, "gw_1").make(NAME, SENT, made, not_found)).id == "resp_1"


@pytest.mark.parametrize("find", [found, not_found], ids=["had begun an answer", "had begun nothing"])
async def test_a_key_of_a_gateway_that_is_gone_holds_nobody_up(redis: Redis, find: Any):
    begun = asyncio.Event()

    async def never(named: Named) -> Request:
        await named("resp_1")
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    dying = Leases(redis, "gw_dies", 100)
    await dying.renew(redis)
    taking = asyncio.create_task(Idempotency(redis, 100, dying).make(NAME, SENT, never, not_found))
    await begun.wait()
    other = keys_of(redis, "gw_2")
    with pytest.raises(KeyInUse):
        await other.make(NAME, SENT, made, find)
    await dying.leave()
    assert (await other.make(NAME, SENT, made, find)).id == "resp_1"
    taking.cancel()
    await asyncio.wait([taking])


async def test_links_of_all_gateways_open_everywhere_again_after_redis_was_emptied(redis: Redis):
    first, second = Secrets(redis), Secrets(redis)
    await first.exchange()
    await redis.flushall()
    await second.exchange()
    told = [(await Links(secrets, 100).signer("resp_1", 50)).query("file-1") for secrets in (first, second)]
    for secrets in (first, second, first, restarted := Secrets(redis)):
        await secrets.exchange()
    for query in told:
        for secrets in (first, second, restarted):
            await checked(Links(secrets, 100), query)


async def test_whoever_needs_a_link_before_the_first_exchange_asks_for_the_secret(redis: Redis):
    links = Links(Secrets(redis), 100)
    for signer in await asyncio.gather(*(links.signer("resp_1", 50) for _ in range(5))):
        await checked(links, signer.query("file-1"))


async def checked(links: Links, query: str) -> None:
    expires, signature = (word.split("=")[1] for word in query.split("&"))
    await links.check("resp_1", "file-1", int(expires), signature, now=60)


async def test_a_loop_that_ends_by_a_defect_is_told_by_readiness_before_it_ends_the_process(app: Any):
    async def broken() -> None:
        raise RuntimeError("a defect")

    loops: Loops = app.state.container.loops
    async with client(app) as http:
        assert (await http.get("/readyz")).json()["loops"] is True
        loops.start(broken(), "made to break")
        await eventually(loops.broken.is_set)
        told = await http.get("/readyz")
    assert (told.status_code, told.json()["loops"]) == (503, False)
