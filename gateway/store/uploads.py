"""Uploads that are announced first and sent to an address of their own, as Google's clients send files.

Whoever knows the address may send to it, so it is as hard to guess as a key and soon forgotten. It knows Redis and nothing of routes.

    upload:{TOKEN}   whose it is and what it is called    TTL
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from redis.asyncio import Redis

from gateway.answer.errors import NotFound

# Time to send one file.
OPEN_S = 600


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that is to come."""

    tenant: str
    filename: str


ANNOUNCED: TypeAdapter[Announced] = TypeAdapter(Announced)


async def announce(redis: Redis, file: Announced) -> str:
    """Expect a file; gives the name of its address."""
    token = secrets.token_urlsafe(32)
    await redis.set(f"upload:{token}", ANNOUNCED.dump_json(file), ex=OPEN_S)
    return token


async def arrived(redis: Redis, token: str) -> Announced:
    """What was announced under this name; each name serves once. Raises NotFound."""
    stored: Any = await redis.getdel(f"upload:{token}")
    if stored is None:
        raise NotFound("No file is expected here, or no longer; announce it again.", param="upload_id")
    return ANNOUNCED.validate_json(stored)
