"""`Idempotency-Key`: a request that is sent again under its key gets the answer that was made, and nothing is made twice.

A key belongs to a tenant. What was sent under it is known by a digest, so the same key with another request is refused. While it is
being taken in, the key belongs to one try of one gateway process: a try that is over, or whose process is gone, holds nobody up, and
what it had begun is found.

    once:{TENANT}:DIGEST   digest of what was sent, the id of what was made or is being made, then, while it is, process and try    TTL

Source:
    draft-ietf-httpapi-idempotency-key-header-06: 422 for a key sent with another body, 409 while the first is being taken in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

from pydantic import BaseModel
from redis.asyncio import Redis

from gateway.answer.errors import KeyInUse, KeyUsed, NotFound
from gateway.store.leases import Leases

# Longer than a planner may take to begin.
TAKING_S = 120
RETRY_AFTER_S = 1.0
# In place of the id of something that has none yet.
_UNNAMED: Final = "-"

_CHANGE: Final = """
-- KEYS: slot. ARGV: what it must hold ('' for nothing), what it shall hold ('' for nothing), ttl in s. Answers what it holds then; sent
-- twice, it does the same as once.
local held = redis.call('GET', KEYS[1]) or ''
if held == ARGV[1] then
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
  held = ARGV[2]
end
return held
"""


class Made(Protocol):
    """What a request makes: an answer or a file, to be found again by its id."""

    @property
    def id(self) -> str:
        """Its name."""
        ...


Thing = TypeVar("Thing", bound=Made)
Named = Callable[[str], Awaitable[None]]


class Idempotency:
    """The keys of all tenants; each is remembered for `keep_s` seconds, as long as what was made."""

    def __init__(self, redis: Redis, keep_s: float, leases: Leases) -> None:
        self._keep_s, self._leases = round(keep_s), leases
        self._script = redis.register_script(_CHANGE)
        self._tries: set[str] = set()

    async def make(
        self,
        name: tuple[str, str | None],
        sent: object,
        make: Callable[[Named], Awaitable[Thing]],
        find: Callable[[str], Awaitable[Thing]],
    ) -> Thing:
        """Make something, or find what this key made.

        Args:
            name: the tenant and its key; with None for a key, it is simply made.
            sent: all that decides what is made, the route included.
            make: is to tell the id of what it makes before that can be found; if it raises, the key is free again.
            find: gets what was made, by its id; raises `NotFound` if it was not.

        Raises:
            KeyUsed: the key came with something else before.
            KeyInUse: the same request is being taken in right now.
            Exception: whatever `make` or `find` raises.
        """
        tenant, key = name
        if key is None:
            return await make(nobody_asks)
        slot, digest = f"once:{{{tenant}}}:{_digest(key)}", _digest(_text(sent))
        token = secrets.token_hex(8)
        mine, free = f"{digest} {_UNNAMED} {self._leases.owner} {token}", ""
        while (held := await self._change(slot, free, mine, TAKING_S)) != mine:
            id, is_over = await self._standing(held, digest)
            if not is_over:
                raise KeyInUse(param="Idempotency-Key", retry_after_s=RETRY_AFTER_S)
            if id is not None:
                try:
                    thing = await find(id)
                except NotFound:
                    if len(held.split()) == 2:
                        raise
                else:
                    await self._change(slot, held, f"{digest} {id}", self._keep_s)
                    return thing
            free = held
        return await self._made(slot, mine, make)

    async def _made(self, slot: str, mine: str, make: Callable[[Named], Awaitable[Thing]]) -> Thing:
        digest, _, owner, token = mine.split()
        held = mine

        async def named(id: str) -> None:
            nonlocal held
            before, held = held, f"{digest} {id} {owner} {token}"
            await self._change(slot, before, held, TAKING_S)

        self._tries.add(token)
        try:
            thing = await make(named)
        except BaseException:
            self._tries.discard(token)
            await self._change(slot, held, "", TAKING_S)
            raise
        await self._change(slot, held, f"{digest} {thing.id}", self._keep_s)
        self._tries.discard(token)
        return thing

    async def _standing(self, held: str, digest: str) -> tuple[str | None, bool]:
        """The id that a slot holds, and whether whoever put it there is done with it."""
        before, id, *taking = held.split() if " " in held else (held, _UNNAMED)
        if before != digest:
            raise KeyUsed(param="Idempotency-Key")
        named = None if id == _UNNAMED else id
        if not taking:
            return named, named is not None
        owner, token = taking
        if owner == self._leases.owner:
            return named, token not in self._tries
        return named, not await self._leases.is_alive(owner)

    async def _change(self, slot: str, before: str, after: str, ttl_s: int) -> str:
        held: Any = await self._script([slot], [before, after, min(ttl_s, self._keep_s)])
        return held.decode()


async def nobody_asks(id: str) -> None:
    """Of a request without a key."""


def _text(sent: object) -> str:
    """What was sent, without defaults: a gateway of another release may know other fields."""
    match sent:
        case BaseModel():
            return f"{{{','.join(f'{name}:{_text(getattr(sent, name))}' for name in sorted(sent.model_fields_set))}}}"
        case dict():
            return f"{{{','.join(f'{key}:{_text(value)}' for key, value in sorted(sent.items()))}}}"
        case tuple() | list():
            return f"[{','.join(map(_text, sent))}]"
    return repr(sent)


def _digest(text: str) -> str:
    # JSON may hold half a surrogate pair, in names, too; it has no UTF-8, and makes another request all the same.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
