"""Image bytes in Redis under their SHA-256, beside the base64 form that clients are sent.

It knows nothing of formats: whoever puts bytes in has checked or made them. A blob is gone when its time is up.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis


@dataclass(frozen=True, slots=True)
class Blob:
    """An image's bytes, encoded as `media_type` says."""

    data: bytes
    media_type: str


class Blobs:
    """The blob store. `redis` must not decode its answers; each put or touch keeps a blob for another `ttl_s` seconds."""

    def __init__(self, redis: Redis, ttl_s: float) -> None:
        self._redis = redis
        self._ttl_ms = round(ttl_s * 1000)

    async def put(self, data: bytes, media_type: str) -> str:
        """Store an image and answer its id; the same bytes twice are one blob."""
        blob_id, encoded = await asyncio.to_thread(_seal, data)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(_key(blob_id), mapping={"bytes": data, "b64": encoded, "media_type": media_type})
            pipeline.pexpire(_key(blob_id), self._ttl_ms)
            await pipeline.execute()
        return blob_id

    async def get(self, blob_id: str) -> Blob | None:
        """An image as it was put, or nothing when its time is up."""
        stored: Any = await self._redis.hmget(_key(blob_id), ["bytes", "media_type"])
        data, media_type = stored
        return None if data is None else Blob(data, media_type.decode())

    async def base64(self, blob_id: str) -> bytes | None:
        """The base64 form of an image, ASCII, without line breaks; made when it was put, so reading costs no encoding."""
        stored: Any = await self._redis.hget(_key(blob_id), "b64")
        return stored

    async def touch(self, blob_ids: Iterable[str]) -> None:
        """Keep these for a full time to live from now; those already gone stay gone."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for blob_id in blob_ids:
                pipeline.pexpire(_key(blob_id), self._ttl_ms)
            await pipeline.execute()


def _key(blob_id: str) -> str:
    return f"blob:{blob_id}"


def _seal(data: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(data).hexdigest(), base64.b64encode(data)
