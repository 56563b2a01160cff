"""What a process knows of Redis from renewing its leases; on a model of Redis, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.running.supervision import Loops
from gateway.store.leases import Leases, kept_by_task, kept_by_thread
from tests.faults.model_redis import Client
from tests.faults.model_server import Server
from tests.virtual_time import in_virtual_time

LEASE_S = 10.0


@asynccontextmanager
async def kept(server: Server, owner: str = "gw_1") -> AsyncIterator[Leases]:
    client: Any = Client(server, patience_s=0)
    leases = Leases(client, owner, LEASE_S, asyncio.get_running_loop().time)
    async with kept_by_task(leases, client):
        yield leases


@in_virtual_time
async def test_a_redis_that_was_well_from_the_start_was_never_interrupted():
    async with kept(Server()) as leases:
        await asyncio.sleep(10 * LEASE_S)
        assert (leases.interruptions, leases.is_writable) == (0, True)


@in_virtual_time
async def test_each_time_that_redis_was_away_is_an_interruption_however_short_it_was():
    server = Server()
    async with kept(server) as leases:
        await asyncio.sleep(LEASE_S)
        server.away = True
        await asyncio.sleep(LEASE_S)
        assert not leases.is_writable
        server.away = False
        await asyncio.sleep(LEASE_S)
        assert leases.interruptions == 1
        server.lose()
        await asyncio.sleep(LEASE_S)
        assert leases.interruptions == 2


@in_virtual_time
async def test_leases_that_ended_while_nobody_could_renew_them_are_doubted_until_everybody_could():
    server = Server()
    async with kept(server) as here, kept(server, "gw_2") as there:
        await there.hold("resp_1")
        server.away = True
        await asyncio.sleep(3 * LEASE_S)
        server.away = False
        for _ in range(100):
            await asyncio.sleep(0.1)
            assert await here.ended() == []


@in_virtual_time
async def test_the_lease_of_a_process_that_is_gone_ends():
    server = Server()
    async with kept(server) as here:
        async with kept(server, "gw_2") as there:
            await there.hold("resp_1")
        await asyncio.sleep(LEASE_S + 0.1)
        assert await here.ended() == [("resp_1", "gw_2")]


async def test_a_thread_that_can_renew_no_more_is_a_loop_that_has_ended():
    client: Any = Client(Server())
    leases = Leases(client, "gw_1", LEASE_S)

    @asynccontextmanager
    async def connect_to_nothing() -> AsyncIterator[Any]:
        raise RuntimeError("a defect")
        yield

    async with asyncio.timeout(10), kept_by_thread(leases, connect_to_nothing), Loops() as loops:
        loops.watch(leases.loops)
        await loops.broken.wait()
