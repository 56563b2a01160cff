"""The routes of OpenAI's Files API, for images in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from gateway.files import File, Purpose
from gateway.parts import PartsOf, Tenant

router = APIRouter(prefix="/v1/files", tags=["files"])


class CreateFile(BaseModel):
    """A file and what it is for; all purposes are treated alike."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    purpose: Purpose


@router.post("")
async def create(
    sent: Annotated[CreateFile, Form(media_type="multipart/form-data")], tenant: Tenant, parts: PartsOf
) -> File:
    """Keep an image for use in requests; it is checked, and stored upright and without metadata."""
    png = await parts.desk.uploaded(sent.file, "file")
    return await parts.desk.files.put(tenant, png, sent.file.filename or "image", sent.purpose)


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


@router.get("/{file_id}/content")
async def content(file_id: str, tenant: Tenant, parts: PartsOf) -> Response:
    """A file's bytes, of images sent and of pictures drawn alike."""
    blob = await parts.desk.files.content(tenant, file_id)
    return Response(
        blob.data,
        media_type=blob.media_type,
        headers={"x-content-type-options": "nosniff", "cache-control": "private, max-age=3600, immutable"},
    )
