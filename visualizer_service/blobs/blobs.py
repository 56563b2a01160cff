"""Pictures, kept under their SHA-256 for as long as somebody refers to them: bytes in a store of objects, who refers to them in Redis.

It knows nothing of formats beyond their first bytes: whoever puts bytes in has checked or made them. A preview is a blob of its own
kind, which lasts for minutes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from redis.asyncio import Redis

from visualizer_service.blobs.objects import Objects, Stored
from visualizer_service.blobs.owners import Owners
from visualizer_service.errors import BlobsUnavailable
from visualizer_service.wire import KEEP_S

Kind = Literal["pictures", "previews"]
PREVIEW_S: Final = 600.0
"""Somebody looks at a preview while its picture is drawn, or never."""
TAKEN_IN_S: Final = 600.0
"""An image is sent, checked and part of a request within this time, or of none."""

_MAGIC: Final = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"))


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Blob:
    """An image's bytes, encoded as `media_type` says."""

    data: bytes
    media_type: str


class Blobs:
    """The blobs of all services. What is put or kept lasts another `keep_s` seconds, unless whoever it is kept for lets it go before.

    Owners are ids of responses and files. All but `get` and `base64` raise what Redis raises; all that read or write bytes raise
    BlobsUnavailable.
    """

    def __init__(self, redis: Redis, objects: Objects, keep_s: float = KEEP_S) -> None:
        self._objects, self._keep_s = objects, keep_s
        self._owners = Owners(redis)

    async def put(self, data: bytes, media_type: str, owner: str, keep_s: float | None = None) -> str:
        """Store an image for `owner` and answer its id; the same bytes twice are one blob."""
        return await self._put("pictures", data, media_type, owner, keep_s or self._keep_s)

    async def put_preview(self, data: bytes, media_type: str, owner: str) -> str:
        """As `put`, for minutes only."""
        return await self._put("previews", data, media_type, owner, min(PREVIEW_S, self._keep_s))

    async def get(self, blob_id: str) -> Blob | None:
        """An image as it was put, or nothing when its time is up."""
        kinds: tuple[Kind, ...] = ("pictures", "previews")
        for kind in kinds:
            data = await self._objects.get(_name(kind, blob_id))
            if data is not None:
                return Blob(data, media_type_of(data))
        return None

    async def base64(self, blob_id: str) -> bytes | None:
        """The base64 form of an image, ASCII, without line breaks."""
        blob = await self.get(blob_id)
        return None if blob is None else await asyncio.to_thread(base64.b64encode, blob.data)

    async def keep(self, owner: str, blob_ids: Iterable[str], keep_s: float | None = None) -> None:
        """Keep these for `owner`, for a full time from now or for `keep_s`; those already gone stay gone."""
        for blob_id in dict.fromkeys(blob_ids):
            await self._owners.add(_name("pictures", blob_id), owner, keep_s or self._keep_s)

    async def let_go(self, owner: str, blob_ids: Iterable[str]) -> list[str]:
        """`owner` needs these no more: what nobody else refers to is deleted, and answered."""
        kinds: tuple[Kind, ...] = ("pictures", "previews")
        gone: list[str] = []
        for blob_id, name in ((id, _name(kind, id)) for id in dict.fromkeys(blob_ids) for kind in kinds):
            if not await self._owners.remove(name, owner):
                continue
            gone.append(blob_id)
            try:
                await self._objects.delete([name])
                await self._owners.gone([name])
            except BlobsUnavailable:
                log.warning("can't delete a picture, it will be swept", exc_info=True)
        return gone

    async def link(self, blob_id: str, for_s: float) -> str | None:
        """An address at the store that opens a picture for so long; None for stores without addresses, and for previews."""
        return await self._objects.link(_name("pictures", blob_id), for_s)

    async def sweep(self, stored: Sequence[Stored]) -> list[Stored]:
        """Delete these, except what somebody refers to; answers what was deleted."""
        are_free = await self._owners.free([one.name for one in stored])
        unowned = [one for one, is_free in zip(stored, are_free, strict=True) if is_free]
        names = [one.name for one in unowned]
        await self._objects.delete(names)
        await self._owners.gone(names)
        return unowned

    async def evict(self, stored: Sequence[Stored]) -> None:
        """Delete these, whoever refers to them."""
        names = [one.name for one in stored]
        await self._objects.delete(names)
        await self._owners.forget(names)

    def stored(self) -> AsyncIterator[Sequence[Stored]]:
        """All that is there, in batches."""
        return self._objects.stored()

    async def _put(self, kind: Kind, data: bytes, media_type: str, owner: str, keep_s: float) -> str:
        blob_id = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        name = _name(kind, blob_id)
        # First whose it is: a sweeper deletes what is nobody's.
        await self._owners.add(name, owner, keep_s)
        await self._objects.put(name, data, media_type)
        return blob_id


def is_preview(stored: Stored) -> bool:
    """Whether this is of the kind that lasts for minutes."""
    return stored.name.startswith("previews/")


def age_s(stored: Stored) -> float:
    """How long ago these bytes were written."""
    return time.time() - stored.written_at


def media_type_of(data: bytes) -> str:
    """What these bytes are, by how they begin."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((known for magic, known in _MAGIC if data.startswith(magic)), "application/octet-stream")


def _name(kind: Kind, blob_id: str) -> str:
    """Where a blob lies; folders of a file system should not hold a hundred thousand files each."""
    return f"{kind}/{blob_id[:2]}/{blob_id}"
