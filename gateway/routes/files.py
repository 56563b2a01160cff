"""The routes of OpenAI's Files API, for images in and out."""

from __future__ import annotations

import hashlib
import time
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from gateway.errors import Forbidden
from gateway.files import File, Purpose, response_of
from gateway.parts import IdempotencyKey, PartsOf, Tenant
from gateway.routes.content import answer

router = APIRouter(prefix="/v1/files", tags=["files"])


class CreateFile(BaseModel):
    """A file and what it is for; all purposes are treated alike."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    purpose: Purpose


@router.post("")
async def create(
    sent: Annotated[CreateFile, Form(media_type="multipart/form-data")],
    tenant: Tenant,
    parts: PartsOf,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> File:
    """Keep an image for use in requests; it is checked, and stored upright and without metadata."""
    files, name = parts.desk.files, sent.file.filename or "image"
    png = await parts.desk.uploaded(sent.file, "file")
    said = (http.url.path, hashlib.sha256(png).hexdigest(), name, sent.purpose)
    put = partial(files.put, tenant, png, name, sent.purpose)
    return await parts.once.make((tenant, idempotency_key), said, put, partial(files.get, tenant))


@router.get("")
async def list_files(tenant: Tenant, parts: PartsOf) -> dict[str, Any]:
    """The files that were sent, latest first."""
    files = await parts.desk.files.all(tenant)
    ends = (
        {"first_id": files[0].id, "last_id": files[-1].id} if files else {"first_id": None, "last_id": None}
    )
    return {"object": "list", "data": files, "has_more": False, **ends}


@router.get("/{file_id}")
async def retrieve(file_id: str, tenant: Tenant, parts: PartsOf) -> File:
    """What is known of a file."""
    return await parts.desk.files.get(tenant, file_id)


@router.delete("/{file_id}")
async def delete(file_id: str, tenant: Tenant, parts: PartsOf) -> dict[str, Any]:
    """Forget a file that was sent."""
    await parts.desk.files.delete(tenant, file_id)
    return {"id": file_id, "object": "file", "deleted": True}


def _reader(
    file_id: str,
    parts: PartsOf,
    authorization: Annotated[str | None, Header()] = None,
    expires: Annotated[int | None, Query(description="From a signed link: until when it holds.")] = None,
    signature: Annotated[str | None, Query(description="From a signed link: it takes a key's place.")] = None,
) -> str | None:
    """The tenant that asks, or None if a link speaks for whoever follows it."""
    if expires is None and signature is None:
        return parts.keys.tenant(authorization)
    response_id = response_of(file_id)
    if response_id is None:
        raise Forbidden("Only links to drawn pictures are signed; send an API key.", param="signature")
    parts.links.check(response_id, file_id, expires or 0, signature or "", time.time())
    return None


@router.get("/{file_id}/content")
async def content(
    file_id: str, reader: Annotated[str | None, Depends(_reader)], parts: PartsOf, http: Request
) -> Response:
    """A file's bytes, of images sent and of pictures drawn alike.

    Takes an API key, or the signed link that an answer with `delivery` url tells.
    """
    return answer(await parts.desk.files.content(reader, file_id), http.headers, time.time())
