"""Files: images that clients send to use in requests, and the pictures of responses, which are files as well.

What was sent is kept as a blob beside a small record, until its time is up; what was drawn is found through its response. It knows
Redis and whose file it is: a file of another tenant is as good as none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from gateway.answer.document import Picture
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.store.file_ids import DrawnFile, new_file_id
from gateway.store.history import History
from visualizer_service.blobs.blobs import Blob, Blobs

Purpose = Literal["user_data", "vision", "assistants"]


class File(BaseModel):
    """What is known of a file. Times are Unix seconds; `bytes` counts what is stored, a plain PNG."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(description="Names it in requests.")
    object: Literal["file"] = Field(default="file", description="What this is.")
    bytes: int = Field(description="Stored, so of a plain PNG where it was sent.")
    created_at: int = Field(description="Unix time in seconds.")
    expires_at: int = Field(description="Unix time in seconds; it is forgotten then.")
    filename: str = Field(description="As sent.")
    purpose: Purpose | Literal["assistants_output"] = Field(description="As sent; of pictures the last.")
    status: Literal["processed"] = Field(default="processed", description="It can be used.")


class Record(BaseModel):
    """What Redis keeps of a file that was sent."""

    file: File
    tenant: str
    blob: str


@dataclass(frozen=True, slots=True)
class Content:
    """A file with its bytes; `blob_id` is their SHA-256."""

    file: File
    blob_id: str
    blob: Blob


class Files:
    """The files of all tenants; each keeps for `keep_s` seconds after it was sent."""

    def __init__(self, redis: Redis, blobs: Blobs, history: History, keep_s: float) -> None:
        self._redis, self._blobs, self._history, self._keep_s = redis, blobs, history, round(keep_s)

    async def put(self, tenant: str, image: Blob, filename: str, purpose: Purpose) -> File:
        """Keep an image that has been checked."""
        now = int(time.time())
        file = File(
            id=new_file_id(),
            bytes=len(image.data),
            created_at=now,
            expires_at=now + self._keep_s,
            filename=filename,
            purpose=purpose,
        )
        blob = await self._blobs.put(image.data, image.media_type, file.id)
        record = Record(file=file, tenant=tenant, blob=blob)
        await self._redis.set(_key(file.id), record.model_dump_json(), ex=self._keep_s)
        await self._redis.zadd(_index(tenant), {file.id: now})
        await self._redis.expire(_index(tenant), self._keep_s)
        return file

    async def get(self, tenant: str, file_id: str, param: str = "file_id") -> File:
        """What is known of a file.

        Raises:
            NotFound: no such file, or no longer, or another tenant's.
        """
        if drawn := DrawnFile.parse(file_id):
            return (await self._drawn(tenant, drawn, param)).file
        return (await self._record(tenant, file_id, param)).file

    async def blob_id(self, tenant: str | None, file_id: str, param: str = "file_id") -> str:
        """The blob that a file is, of this tenant or, for None, of whomever; raises as `get`.

        Only of previews, which last for minutes, it is seen that the bytes are still there.
        """
        drawn = DrawnFile.parse(file_id)
        if drawn is None:
            return (await self._record(tenant, file_id, param)).blob
        if drawn.preview is not None:
            return (await self._drawn(tenant, drawn, param)).blob_id
        blobs = await self.drawn_blobs(tenant, drawn.response_id, param)
        if drawn.id not in blobs:
            raise self.unknown(file_id, param)
        return blobs[drawn.id]

    async def drawn_blobs(self, tenant: str | None, response_id: str, param: str) -> dict[str, str]:
        """The blobs of all pictures of a response, by their ids as files; raises NotFound where it is not there."""
        request = await self._history.request(tenant, response_id, param)
        pictures = (await self._history.document(request.id)).pictures
        blobs = {DrawnFile(request.id, picture.item).id: picture.blob for picture in pictures}
        return {file_id: blob for file_id, blob in blobs.items() if blob is not None}

    async def link(self, file_id: str, for_s: float) -> str | None:
        """An address at the store that opens a drawn picture for so long; None where there is no such thing. Raises as `get`."""
        drawn = DrawnFile.parse(file_id)
        if drawn is None or drawn.preview is not None:
            return None
        return await self._blobs.link(await self.blob_id(None, file_id), for_s)

    async def content(self, tenant: str | None, file_id: str) -> Content:
        """A file's bytes, of this tenant or, for None, of whomever; raises as `get`."""
        if drawn := DrawnFile.parse(file_id):
            return await self._drawn(tenant, drawn, "file_id")
        record = await self._record(tenant, file_id, "file_id")
        blob = await self._blobs.get(record.blob)
        if blob is None:
            raise self.unknown(file_id, "file_id")
        return Content(record.file, record.blob, blob)

    async def delete(self, tenant: str, file_id: str) -> None:
        """Forget a file, and its blob unless somebody else refers to it. Raises as `get`.

        A drawn picture is forgotten with its response.
        """
        if DrawnFile.parse(file_id):
            await self.blob_id(tenant, file_id)
            raise InvalidRequest("A picture belongs to its response; delete that.", param="file_id")
        record = await self._record(tenant, file_id, "file_id")
        await self._redis.delete(_key(file_id))
        await self._redis.zrem(_index(tenant), file_id)
        await self._blobs.let_go(file_id, [record.blob])

    async def all(self, tenant: str) -> list[File]:
        """A tenant's files, latest first."""
        await self._redis.zremrangebyscore(_index(tenant), "-inf", time.time() - self._keep_s)
        names: Any = await self._redis.zrevrange(_index(tenant), 0, -1)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.get(_key(name.decode()))
            stored = await pipeline.execute()
        return [Record.model_validate_json(text).file for text in stored if text is not None]

    async def _record(self, tenant: str | None, file_id: str, param: str) -> Record:
        stored = await self._redis.get(_key(file_id))
        record = None if stored is None else Record.model_validate_json(stored)
        if record is None or tenant not in (None, record.tenant):
            raise self.unknown(file_id, param)
        return record

    async def _drawn(self, tenant: str | None, drawn: DrawnFile, param: str) -> Content:
        request = await self._history.request(tenant, drawn.response_id, param)
        pictures = {picture.item: picture for picture in (await self._history.document(request.id)).pictures}
        blob_id = _blob_of(pictures.get(drawn.item), drawn.preview)
        blob = await self._blobs.get(blob_id) if blob_id else None
        if blob_id is None or blob is None:
            raise self.unknown(drawn.id, param)
        created_at = int(request.created_at)
        file = File(
            id=drawn.id,
            bytes=len(blob.data),
            created_at=created_at,
            expires_at=created_at + self._keep_s,
            filename=f"{drawn.id}.{blob.media_type.removeprefix('image/')}",
            purpose="assistants_output",
        )
        return Content(file, blob_id, blob)

    def unknown(self, file_id: str, param: str) -> NotFound:
        """How it is said that a file is not there; `param` is the field that names it."""
        why = f"There is no file {file_id[:80]}; files are kept for {self._keep_s:g} s."
        return NotFound(why, code="file_not_found", param=param)


def _blob_of(picture: Picture | None, preview: int | None) -> str | None:
    if picture is None or preview is None:
        return picture and picture.blob
    return picture.previews[preview] if preview < len(picture.previews) else None


def _key(file_id: str) -> str:
    return f"file:{file_id}"


def _index(tenant: str) -> str:
    return f"files:{{{tenant}}}"
