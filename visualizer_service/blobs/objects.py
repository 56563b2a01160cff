"""Where bytes lie under names: a folder, a bucket, or Redis, as a URL says.

    file:///var/lib/weaver/pictures     a folder, which all services must see
    s3://BUCKET/PREFIX                  any S3; also gs://… and az://ACCOUNT/CONTAINER/…
    redis://HOST:PORT/0                 for tests: bytes fill memory

What else a bucket needs (keys, region, endpoint) is said by its vendor's own variables: `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, ….
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from visualizer_service.errors import BlobsUnavailable

__all__ = ["DEFAULT_URL", "BlobsUnavailable", "Objects", "Stored", "opened"]

DEFAULT_URL: Final = "file:///var/tmp/weaver/pictures"
"""On one machine: all services find it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there; `written_at` is Unix time in seconds."""

    name: str
    bytes: int
    written_at: float


class Objects(Protocol):
    """A store of bytes. Whatever goes wrong, after retries and within a time limit, raises BlobsUnavailable."""

    async def put(self, name: str, data: bytes, media_type: str) -> None:
        """Write an object as a whole, or not at all."""
        ...

    async def get(self, name: str) -> bytes | None:
        """An object, or nothing where there is none."""
        ...

    async def delete(self, names: Sequence[str]) -> None:
        """See that these are not there."""
        ...

    def stored(self) -> AsyncIterator[Sequence[Stored]]:
        """All objects, in batches."""
        ...

    async def link(self, name: str, for_s: float) -> str | None:
        """An address that opens an object for so long, without a key; None where there is no such thing."""
        ...


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator[Objects]:
    """The store at a URL.

    Raises:
        ValueError: there is no such store, or it cannot be written to.
    """
    # Each brings a library that the other does not need.
    if url.startswith(("redis://", "rediss://")):
        from visualizer_service.blobs.redis_objects import RedisObjects
        from visualizer_service.queue.connection import connect

        async with connect(url) as redis:
            yield RedisObjects(redis)
    else:
        from visualizer_service.blobs.stored_objects import StoredObjects

        objects = StoredObjects(url)
        try:
            yield objects
        finally:
            objects.close()
