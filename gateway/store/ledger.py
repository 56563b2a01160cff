"""Responses in Redis: what was asked, what happened, who is at it, and who still reads.

A response has one owner, the gateway process that answers it; only the owner appends, until it is gone and a reader ends the
response in its place. Every write is one script that checks this. It knows events as numbered values, from 1, and nothing of how
they come about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from redis.asyncio import Redis

from gateway.answer.document import DocumentState
from gateway.answer.events import GATEWAY_EVENT, GatewayEvent, LastEvent
from gateway.answer.request import Request
from gateway.store import ledger_keys as keys
from gateway.store.ledger_scripts import APPEND, END_ORPHAN

Numbered = tuple[int, GatewayEvent]
Written = Literal["written", "lost", "gone"]
"""Of an owner's append; `lost`: somebody else ended the response; `gone`: it was deleted, or Redis forgot it."""

Entry = tuple[bytes, dict[bytes, bytes]]

REQUEST: TypeAdapter[Request] = TypeAdapter(Request)

# What one read of a ledger fetches at most.
_BATCH = 1000
_ANSWER_S = 5.0
# Readers of a response that is not to be stored have this long to read its end.
_UNSTORED_S = 60.0
_ORDERS_TTL_S = 3600
_MOST_ORDERS = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a response stands; `last` is the number of its last event."""

    state: DocumentState
    owner: str
    last: int
    owner_alive: bool


def state_after(events: Sequence[GatewayEvent]) -> DocumentState:
    """The state that a response is in once these events were added."""
    last = events[-1]
    return last.state if isinstance(last, LastEvent) else "in_progress"


class Ledger:
    """The responses of all gateways. `redis` must not decode its answers and must let a read block (see the pool's `connect`).

    A response is kept for `ttl_s` seconds after its last event.
    """

    def __init__(self, redis: Redis, ttl_s: float) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._append = redis.register_script(APPEND)
        self._end_orphan = redis.register_script(END_ORPHAN)

    @property
    def kept_s(self) -> float:
        """How long a response is kept."""
        return self._ttl_s

    async def create(self, request: Request, owner: str) -> None:
        """Begin a response without events; `owner` is the gateway process that answers it."""
        fields: dict[Any, Any] = {
            "owner": owner,
            "tenant": request.tenant,
            "state": "in_progress",
            "last": 0,
            "request": REQUEST.dump_json(request),
        }
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(keys.response(request.id), mapping=fields)
            pipeline.pexpire(keys.response(request.id), self._ttl_ms(request, "in_progress"))
            if request.store:
                index = keys.of_tenant(request.tenant)
                pipeline.zadd(index, {request.id: round(request.created_at * 1000)})
                # A response is kept from its last event on, so the index outlives what it lists.
                pipeline.zremrangebyscore(index, "-inf", round((request.created_at - 2 * self._ttl_s) * 1000))
                pipeline.pexpire(index, round(2 * self._ttl_s * 1000))
            await pipeline.execute()

    async def append(
        self, request: Request, owner: str, first: int, events: Sequence[GatewayEvent]
    ) -> Written:
        """Add events as numbers `first`, `first` + 1, …; safe to repeat when an answer was lost."""
        state = state_after(events)
        arguments = [owner, first, state, self._ttl_ms(request, state), *map(_encoded, events)]
        return (await self._append(keys.of_events(request.id), arguments)).decode()

    async def end_orphan(self, request: Request, standing: Standing, events: Sequence[GatewayEvent]) -> bool:
        """End a response whose owner is gone; False if it no longer stands as it was seen, so exactly one reader ends it."""
        state = state_after(events)
        ttl_ms = self._ttl_ms(request, state)
        arguments = [standing.owner, standing.last, state, ttl_ms, *map(_encoded, events)]
        return bool(await self._end_orphan(keys.of_events(request.id), arguments))

    async def request(self, id: str) -> Request | None:
        """What was asked for; None if there is no such response, or no longer."""
        (request,) = await self._fields(id, "request")
        return None if request is None else REQUEST.validate_json(request)

    async def standing(self, id: str) -> Standing | None:
        """How a response stands; None if there is none."""
        state, owner, last = await self._fields(id, "state", "owner", "last")
        if state is None:
            return None
        alive = await self._redis.exists(keys.gateway(owner.decode()))
        return Standing(state.decode(), owner.decode(), int(last), bool(alive))

    async def events(self, id: str, after: int, block_s: float | None = None) -> list[Numbered]:
        """The next events after number `after`, a batch at a time; waits up to `block_s` seconds for the first of them.

        Raises:
            redis.RedisError, OSError: Redis is away, or its answer is overdue.
        """
        entries = await self._entries(keys.events(id), f"{after}-0", block_s)
        return [(_number(entry), GATEWAY_EVENT.validate_json(fields[b"event"])) for entry, fields in entries]

    async def ids(self, tenant: str, after: str | None, count: int, newest_first: bool) -> list[str]:
        """Ids of a tenant's stored responses in the order in which they were begun, those after `after`; some may be gone by now."""
        index = keys.of_tenant(tenant)
        rank: Any = 0
        if after is not None:
            rank = await (self._redis.zrevrank if newest_first else self._redis.zrank)(index, after)
            if rank is None:
                return []
            rank += 1
        found: Any = await self._redis.zrange(index, rank, rank + count - 1, desc=newest_first)
        return [id.decode() for id in found]

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        """Take responses that are gone off the list of their tenant."""
        await self._redis.zrem(keys.of_tenant(tenant), *ids)

    async def delete(self, id: str) -> bool:
        """Forget a response; False if there was none. Its owner, if it is still at it, stops at the next event."""
        return bool(await self._redis.delete(keys.response(id), keys.events(id), keys.read(id)))

    async def beat(self, gateway_id: str, ttl_s: float) -> None:
        """Say that a gateway process is alive for another `ttl_s` seconds."""
        await self._redis.set(keys.gateway(gateway_id), 1, px=round(ttl_s * 1000))

    async def mark_read(self, ids: Iterable[str], ttl_s: float) -> None:
        """Say that somebody reads these responses, for another `ttl_s` seconds."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.set(keys.read(id), 1, px=round(ttl_s * 1000))
            await pipeline.execute()

    async def are_read(self, ids: Sequence[str]) -> list[bool]:
        """Whether anybody, in any process, reads each of these."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.exists(keys.read(id))
            return [bool(found) for found in await pipeline.execute()]

    async def order_cancel(self, id: str) -> None:
        """Tell the response's owner to cancel it; nothing happens if there is no such response."""
        (owner,) = await self._fields(id, "owner")
        if not owner:
            return
        orders = keys.orders(owner.decode())
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(orders, {"response": id}, maxlen=_MOST_ORDERS, approximate=True)
            pipeline.expire(orders, _ORDERS_TTL_S)
            await pipeline.execute()

    async def orders(self, gateway_id: str, after: str, block_s: float) -> tuple[list[str], str]:
        """Responses that this process is to cancel, and where to read on; `0-0` is the beginning.

        Raises:
            redis.RedisError, OSError: Redis is away, or its answer is overdue.
        """
        entries = await self._entries(keys.orders(gateway_id), after, block_s)
        return [fields[b"response"].decode() for _, fields in entries], entries[-1][
            0
        ].decode() if entries else after

    async def _fields(self, id: str, *names: str) -> list[Any]:
        return await self._redis.hmget(keys.response(id), list(names))

    async def _entries(self, stream: str, after: str, block_s: float | None) -> list[Entry]:
        block_ms = None if block_s is None else round(block_s * 1000)
        async with asyncio.timeout((block_s or 0) + _ANSWER_S):
            read: Any = await self._redis.xread({stream: after}, count=_BATCH, block=block_ms)
        return read[0][1] if read else []

    def _ttl_ms(self, request: Request, state: DocumentState) -> int:
        kept_s = self._ttl_s if request.store or state == "in_progress" else min(_UNSTORED_S, self._ttl_s)
        return round(kept_s * 1000)


def _number(entry: bytes) -> int:
    return int(entry.split(b"-")[0])


def _encoded(event: GatewayEvent) -> bytes:
    return event.model_dump_json().encode()
