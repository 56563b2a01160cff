"""Uploads that are announced first and sent to an address of their own, as Google's clients send files.

Whoever knows the address may send to it, so it is as hard to guess as a key and soon forgotten. It stands in the place of the key with
which the file was announced, so that key and its limits are kept with it. It knows Redis and nothing of routes.

    upload:{TOKEN}   whose it is and what it is called    TTL
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from redis.asyncio import Redis

from gateway.limits import UNLIMITED, TenantLimits

# Time to send one file.
OPEN_S = 600


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that is to come; `key` is the one that announced it, `limits` are its tenant's."""

    tenant: str
    filename: str
    key: str = "none"
    limits: TenantLimits = UNLIMITED


ANNOUNCED: TypeAdapter[Announced] = TypeAdapter(Announced)


async def announce(redis: Redis, file: Announced) -> str:
    """Expect a file; gives the name of its address."""
    token = secrets.token_urlsafe(32)
    await redis.set(_key(token), ANNOUNCED.dump_json(file), ex=OPEN_S)
    return token


async def expected(redis: Redis, token: str) -> Announced | None:
    """What was announced under this name; None if nothing was, or it has come, or its time is up."""
    stored: Any = await redis.get(_key(token))
    return None if stored is None else ANNOUNCED.validate_json(stored)


async def arrived(redis: Redis, token: str) -> None:
    """The file is here; nothing more is expected under this name."""
    await redis.delete(_key(token))


def _key(token: str) -> str:
    return f"upload:{token}"
