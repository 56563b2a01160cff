"""Responses in Redis: what was asked, what happened, who is at it, and who still reads.

A response has one owner, the gateway process that answers it; only the owner appends, until it is gone and a reader ends the
response in its place. Every write is one script that checks this. It knows events as numbered values, from 1, and nothing of how
they come about.

    resp:{ID}          hash: owner, tenant, state, last (number of the last event), request    TTL
    resp:{ID}:events   stream: event N has the id N-0                                          TTL
    resp:{ID}:read     somebody reads this response                                            TTL of seconds
    gateway:{ID}       this gateway process is alive                                           TTL of seconds
    gateway:{ID}:orders   stream: responses that this process is to cancel                     TTL
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.events import (
    GATEWAY_EVENT,
    LAST,
    GatewayEvent,
    ResponseCompleted,
    ResponseFailed,
    ResponseIncomplete,
)
from gateway.fold import DocumentState
from gateway.request import Request

TROUBLE = (RedisError, OSError)
"""What a call raises when Redis is away; an answer that is overdue included."""

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

_ADD = """
local function add(first, state, ttl_ms, from)
  local last = tonumber(redis.call('HGET', KEYS[1], 'last'))
  for i = from, #ARGV do
    local number = first + i - from
    if number > last then
      redis.call('XADD', KEYS[2], number .. '-0', 'event', ARGV[i])
      last = number
    end
  end
  redis.call('HSET', KEYS[1], 'last', last, 'state', state)
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
  redis.call('PEXPIRE', KEYS[2], ttl_ms)
end
"""

_APPEND = (
    _ADD
    + """
-- KEYS: response, events. ARGV: owner, number of the first event, state, ttl in ms, then events. The same events twice are added once.
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 'gone' end
if owner ~= ARGV[1] then return 'lost' end
add(tonumber(ARGV[2]), ARGV[3], ARGV[4], 5)
return 'written'
"""
)

_TAKE_OVER = (
    _ADD
    + """
-- KEYS: response, events. ARGV: the owner that is gone, number of the last event read, state, ttl in ms, then events.
-- Nothing happens unless the response still is as its reader saw it.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[1], 'last') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[1], 'state') ~= 'in_progress' then return 0 end
add(tonumber(ARGV[2]) + 1, ARGV[3], ARGV[4], 5)
redis.call('HSET', KEYS[1], 'owner', '')
return 1
"""
)


@dataclass(frozen=True, slots=True)
class Record:
    """A response as it was asked for."""

    request: Request
    state: DocumentState


@dataclass(frozen=True, slots=True)
class Standing:
    """How a response stands; `last` is the number of its last event."""

    state: DocumentState
    owner: str
    last: int
    owner_alive: bool


def state_after(events: Sequence[GatewayEvent]) -> DocumentState:
    """The state that a response is in once these events were added."""
    match events[-1]:
        case ResponseCompleted():
            return "completed"
        case ResponseIncomplete():
            return "incomplete"
        case ResponseFailed():
            return "failed"
        case last if isinstance(last, LAST):
            return "cancelled"
        case _:
            return "in_progress"


class Ledger:
    """The responses of all gateways. `redis` must not decode its answers and must let a read block (see the pool's `connect`).

    A response is kept for `ttl_s` seconds after its last event.
    """

    def __init__(self, redis: Redis, ttl_s: float) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._append = redis.register_script(_APPEND)
        self._take_over = redis.register_script(_TAKE_OVER)

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
            pipeline.hset(_response(request.id), mapping=fields)
            pipeline.pexpire(_response(request.id), self._ttl_ms(request, "in_progress"))
            await pipeline.execute()

    async def append(
        self, request: Request, owner: str, first: int, events: Sequence[GatewayEvent]
    ) -> Written:
        """Add events as numbers `first`, `first` + 1, …; safe to repeat when an answer was lost."""
        state = state_after(events)
        arguments = [owner, first, state, self._ttl_ms(request, state), *map(_encoded, events)]
        return (await self._append(_keys(request.id), arguments)).decode()

    async def take_over(self, request: Request, standing: Standing, events: Sequence[GatewayEvent]) -> bool:
        """End a response whose owner is gone; False if it no longer stands as it was seen, so exactly one reader ends it."""
        state = state_after(events)
        ttl_ms = self._ttl_ms(request, state)
        arguments = [standing.owner, standing.last, state, ttl_ms, *map(_encoded, events)]
        return bool(await self._take_over(_keys(request.id), arguments))

    async def record(self, id: str) -> Record | None:
        """What was asked for; None if there is no such response, or no longer."""
        request, state = await self._fields(id, "request", "state")
        return None if request is None else Record(REQUEST.validate_json(request), state.decode())

    async def standing(self, id: str) -> Standing | None:
        """How a response stands; None if there is none."""
        state, owner, last = await self._fields(id, "state", "owner", "last")
        if state is None:
            return None
        alive = await self._redis.exists(_gateway(owner.decode()))
        return Standing(state.decode(), owner.decode(), int(last), bool(alive))

    async def events(self, id: str, after: int, block_s: float | None = None) -> list[Numbered]:
        """The next events after number `after`, a batch at a time; waits up to `block_s` seconds for the first of them.

        Raises:
            redis.RedisError, OSError: Redis is away, or its answer is overdue.
        """
        entries = await self._entries(_events(id), f"{after}-0", block_s)
        return [(_number(entry), GATEWAY_EVENT.validate_json(fields[b"event"])) for entry, fields in entries]

    async def delete(self, id: str) -> bool:
        """Forget a response; False if there was none. Its owner, if it is still at it, stops at the next event."""
        return bool(await self._redis.delete(_response(id), _events(id), _read(id)))

    async def beat(self, gateway_id: str, ttl_s: float) -> None:
        """Say that a gateway process is alive for another `ttl_s` seconds."""
        await self._redis.set(_gateway(gateway_id), 1, px=round(ttl_s * 1000))

    async def mark_read(self, ids: Iterable[str], ttl_s: float) -> None:
        """Say that somebody reads these responses, for another `ttl_s` seconds."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.set(_read(id), 1, px=round(ttl_s * 1000))
            await pipeline.execute()

    async def are_read(self, ids: Sequence[str]) -> list[bool]:
        """Whether anybody, in any process, reads each of these."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.exists(_read(id))
            return [bool(found) for found in await pipeline.execute()]

    async def order_cancel(self, id: str) -> None:
        """Tell the response's owner to cancel it; nothing happens if there is no such response."""
        (owner,) = await self._fields(id, "owner")
        if not owner:
            return
        orders = _orders(owner.decode())
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(orders, {"response": id}, maxlen=_MOST_ORDERS, approximate=True)
            pipeline.expire(orders, _ORDERS_TTL_S)
            await pipeline.execute()

    async def orders(self, gateway_id: str, after: str, block_s: float) -> tuple[list[str], str]:
        """Responses that this process is to cancel, and where to read on; `0-0` is the beginning.

        Raises:
            redis.RedisError, OSError: Redis is away, or its answer is overdue.
        """
        entries = await self._entries(_orders(gateway_id), after, block_s)
        return [fields[b"response"].decode() for _, fields in entries], entries[-1][
            0
        ].decode() if entries else after

    async def _fields(self, id: str, *names: str) -> list[Any]:
        return await self._redis.hmget(_response(id), list(names))

    async def _entries(self, stream: str, after: str, block_s: float | None) -> list[Entry]:
        block_ms = None if block_s is None else round(block_s * 1000)
        async with asyncio.timeout((block_s or 0) + _ANSWER_S):
            read: Any = await self._redis.xread({stream: after}, count=_BATCH, block=block_ms)
        return read[0][1] if read else []

    def _ttl_ms(self, request: Request, state: DocumentState) -> int:
        kept_s = self._ttl_s if request.store or state == "in_progress" else min(_UNSTORED_S, self._ttl_s)
        return round(kept_s * 1000)


def _response(id: str) -> str:
    return f"resp:{{{id}}}"


def _events(id: str) -> str:
    return f"resp:{{{id}}}:events"


def _read(id: str) -> str:
    return f"resp:{{{id}}}:read"


def _keys(id: str) -> list[str]:
    return [_response(id), _events(id)]


def _gateway(gateway_id: str) -> str:
    return f"gateway:{{{gateway_id}}}"


def _orders(gateway_id: str) -> str:
    return f"gateway:{{{gateway_id}}}:orders"


def _number(entry: bytes) -> int:
    return int(entry.split(b"-")[0])


def _encoded(event: GatewayEvent) -> bytes:
    return event.model_dump_json().encode()
