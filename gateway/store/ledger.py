"""Responses in Redis: what was asked, what happened, who is at it, and who still reads.

A response has one owner at a time, the gateway process that answers it, and only the owner appends: without a gap, or not at all.
Where Redis has forgotten something, the owner writes all of it anew. Every write is one script that checks this. It knows events as
numbered values, from 1, and nothing of how they come about; who may become the owner is a matter of `leases`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from redis.asyncio import Redis

from gateway.answer.document import DocumentState
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.request import Request
from gateway.store import ledger_keys as keys
from gateway.store import read_marks
from gateway.store.group_commit import GroupCommit, Prepared
from gateway.store.ledger_scripts import APPEND, DELETE, KEEP, REWRITE, TAKE_OVER
from gateway.store.listed import Listed
from gateway.store.orders import Orders
from gateway.store.values import REQUEST, STANDING, Entry, Numbered, Standing, encoded, numbered, standing_of

Take = Callable[[], tuple[int, Sequence[GatewayEvent]]]
Told = Callable[[str, int, Sequence[GatewayEvent]], None]
"""Is told of events of a response that this process has written down, and the number of the first of them."""
Written = Literal["written", "behind", "lost", "gone"]
"""Of an owner's write; `behind`: Redis has forgotten events before these, so nothing was written; `lost`: another process has taken the
response over; `gone`: it was deleted."""
Become = Callable[[Written | BaseException], None]
"""Is told what has become of a write; with an error it may or may not be written."""

# What one read of a ledger fetches at most.
_BATCH = 1000
# Readers of a response that is not to be stored have this long to read its end.
_UNSTORED_S = 60.0
_INTERRUPTIONS_TTL_S = 60
# Longer than any response is made: its owner has learnt by then that it was deleted.
_DELETED_TTL_MS = 3_600_000


def state_after(events: Sequence[GatewayEvent]) -> DocumentState:
    """The state that a response is in once these events were added."""
    return events[-1].state if events and isinstance(events[-1], LastEvent) else "in_progress"


class Ledger:
    """The responses of all gateways. `redis` must not decode its answers and must let a read block (see the pool's `connect`).

    A response is kept for `ttl_s` seconds after its last event.
    """

    def __init__(self, redis: Redis, ttl_s: float) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._appends = GroupCommit(redis, APPEND)
        self._rewrite = redis.register_script(REWRITE)
        self._take_over = redis.register_script(TAKE_OVER)
        self._delete = redis.register_script(DELETE)
        self._told: list[Told] = []
        self.orders, self.listed = Orders(redis), Listed(redis)
        self._keep = redis.register_script(KEEP)

    @property
    def kept_s(self) -> float:
        """How long a response is kept."""
        return self._ttl_s

    def listen(self, told: Told) -> None:
        """Tell somebody of all that this process writes down from now on, as soon as Redis has it."""
        self._told.append(told)

    async def create(self, request: Request, owner: str, events: Sequence[GatewayEvent] = ()) -> None:
        """Begin a response with its first events; `owner` is the gateway process that answers it."""
        await self.rewrite(request, Standing("in_progress", owner, 0, 0, owner, False), events)

    async def append(
        self, request: Request, owner: str, first: int, events: Sequence[GatewayEvent]
    ) -> Written:
        """Add events as numbers `first`, `first` + 1, …; safe to repeat when an answer was lost."""
        written = (await self._appends.run(*self._prepared(request, owner, first, events))).decode()
        self._concluded(request, written, first, events)
        return written

    def post(self, request: Request, owner: str, take: Take, tell: Become) -> None:
        """As `append`, without anybody who waits.

        Args:
            take: asked for the number of the first event, and the events, at the moment at which they are sent.
            tell: called with what has become of them.
        """
        self._appends.post(_Posted(self, request, owner, take, tell))

    def _prepared(self, request: Request, owner: str, first: int, events: Sequence[GatewayEvent]) -> Prepared:
        state = state_after(events)
        ttl_ms = self._ttl_ms(request, state)
        about = f"{first} {ttl_ms} {state} {owner}"
        return keys.of_events(request.id), [len(events), about, *map(encoded, events)]

    def _concluded(
        self, request: Request, written: Written, first: int, events: Sequence[GatewayEvent]
    ) -> None:
        """What has become of events that were to be appended."""
        if written == "written":
            self._tell(request.id, first, events)

    async def rewrite(self, request: Request, standing: Standing, events: Sequence[GatewayEvent]) -> Written:
        """Write a response down anew, from its first event on, as its owner knows it."""
        state = state_after(events)
        known = [standing.takeovers, standing.replies_to, request.tenant, REQUEST.dump_json(request)]
        # A response is kept from its last event on, so the list outlives what is on it.
        place = [request.id, round(1000 * request.created_at), round(2 * 1000 * self._ttl_s)]
        arguments = [standing.owner, state, self._ttl_ms(request, state), *known, *place]
        lists = [keys.of_tenant(request.tenant)] if request.store else []
        written = await self._rewrite(
            [*keys.of_events(request.id), *lists], [*arguments, *map(encoded, events)]
        )
        outcome: Written = written.decode()
        if outcome == "written":
            self._tell(request.id, 1, events)
        return outcome

    def _tell(self, id: str, first: int, events: Sequence[GatewayEvent]) -> None:
        for told in self._told:
            told(id, first, events)

    async def take_over(self, id: str, from_owner: str, owner: str) -> Standing | None:
        """Make `owner` the owner of a response whose lease has ended; None if somebody was faster, or it has ended."""
        if not await self._take_over([keys.response(id)], [from_owner, owner]):
            return None
        return await self.standing(id)

    async def request(self, id: str) -> Request | None:
        """What was asked for; None if there is no such response, or no longer."""
        (request,) = await self._fields(id, "request")
        return None if request is None else REQUEST.validate_json(request)

    async def standing(self, id: str) -> Standing | None:
        """How a response stands; None if there is none."""
        return standing_of(await self._fields(id, *STANDING))

    async def standings(self, ids: Sequence[str]) -> list[Standing | None]:
        """How each of these stands, asked together."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.hmget(keys.response(id), list(STANDING))
            return [standing_of(fields) for fields in await pipeline.execute()]

    async def events(self, id: str, after: int, block_s: float | None = None) -> list[Numbered]:
        """The next events after number `after`, a batch at a time; waits up to `block_s` seconds for the first of them.

        Raises:
            redis.RedisError, OSError: Redis was away for longer than its client is patient.
        """
        return numbered(id, await self._entries(keys.events(id), f"{after}-0", block_s))

    async def news(
        self, after: Mapping[str, int], reader: str, interruption: str, block_s: float
    ) -> tuple[dict[str, list[Numbered]], str]:
        """The next events of several responses, of each those after its number; waits up to `block_s` seconds for any of them.

        `interrupt` ends the waiting. Gives those of which something came, and the last interruption, to be given back with the next call;
        `0-0` is before the first.

        Raises:
            redis.RedisError, OSError: Redis was away for longer than its client is patient.
        """
        streams: dict[Any, Any] = {keys.events(id): f"{number}-0" for id, number in after.items()}
        streams[keys.interruptions(reader)] = interruption
        found: Any = await self._redis.xread(streams, count=_BATCH, block=round(block_s * 1000))
        entries = {_text(stream): entries for stream, entries in found}
        if interruptions := entries.pop(keys.interruptions(reader), None):
            interruption = _text(interruptions[-1][0])
        ids = {keys.events(id): id for id in after}
        return {ids[stream]: numbered(ids[stream], news) for stream, news in entries.items()}, interruption

    async def interrupt(self, reader: str) -> None:
        """Have a reader that waits in `news` ask anew."""
        stream = keys.interruptions(reader)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(stream, {"": ""}, maxlen=1)
            pipeline.expire(stream, _INTERRUPTIONS_TTL_S)
            await pipeline.execute()

    async def delete(self, id: str) -> bool:
        """Forget a response; False if there was none. Its owner, if it is still at it, stops at the next event."""
        every = [*keys.of_events(id), keys.read(id)]
        return bool(await self._delete(every, [_DELETED_TTL_MS]))

    async def keep(self, id: str, for_s: float) -> bool:
        """Keep a response for so long from now on, at least; False if there is none."""
        return bool(await self._keep(keys.of_events(id), [round(1000 * for_s)]))

    async def mark_read(self, ids: Iterable[str], ttl_s: float) -> None:
        """Say that somebody reads these responses, for another `ttl_s` seconds."""
        await read_marks.mark_read(self._redis, ids, ttl_s)

    async def are_read(self, ids: Sequence[str]) -> list[bool]:
        """Whether anybody, in any process, reads each of these."""
        return await read_marks.are_read(self._redis, ids)

    async def _fields(self, id: str, *names: str) -> list[Any]:
        return await self._redis.hmget(keys.response(id), list(names))

    async def _entries(self, stream: str, after: str, block_s: float | None) -> list[Entry]:
        block_ms = None if block_s is None else round(block_s * 1000)
        read: Any = await self._redis.xread({stream: after}, count=_BATCH, block=block_ms)
        return read[0][1] if read else []

    def _ttl_ms(self, request: Request, state: DocumentState) -> int:
        kept_s = self._ttl_s if request.store or state == "in_progress" else min(_UNSTORED_S, self._ttl_s)
        return round(kept_s * 1000)


class _Posted:
    """Events of one response on their way."""

    __slots__ = ("_events", "_first", "_ledger", "_owner", "_request", "_take", "_tell")

    def __init__(self, ledger: Ledger, request: Request, owner: str, take: Take, tell: Become) -> None:
        self._ledger, self._request, self._owner = ledger, request, owner
        self._take, self._tell = take, tell
        self._first, self._events = 0, tuple[GatewayEvent, ...]()

    def prepare(self) -> Prepared:
        self._first, self._events = self._take()
        return self._ledger._prepared(self._request, self._owner, self._first, self._events)

    def answered(self, answer: bytes | Exception) -> None:
        if isinstance(answer, Exception):
            self._tell(answer)
            return
        written: Any = answer.decode()
        try:
            self._ledger._concluded(self._request, written, self._first, self._events)
        except Exception as error:
            self._tell(error)
        else:
            self._tell(written)

    def failed(self, error: BaseException) -> None:
        self._tell(error)


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode()
