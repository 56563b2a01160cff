"""Google's way of sending files: announced first, then sent to the address that is told. They are the files of /v1/files.

Source:
    google-genai 1.x, `Files.upload`; ai.google.dev, "Files API", resumable uploads.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Request, Response
from fastapi.openapi.models import Example
from pydantic import BaseModel, Field

from gateway.answer.errors import InvalidRequest
from gateway.dialects.gemini.request import Form
from gateway.dialects.gemini.schemas import GeminiFile, UploadedFile
from gateway.http.container import ContainerDep
from gateway.http.routes.answers import base_url
from gateway.http.routes.gemini import Tenant
from gateway.store.files import File
from gateway.store.uploads import Announced, announce, arrived

router = APIRouter(tags=["gemini"])
FileName = Annotated[str, Path(description="The file's id.")]


class FileMetadata(Form):
    """What is said of a file before it is sent."""

    display_name: str = Field(default="image", max_length=512, description="What it is called.")
    name: Any = Field(default=None, description="Taken and not used: ids are made up here.")
    mime_type: Any = Field(default=None, description="Taken and not used; the image says it itself.")
    size_bytes: Any = Field(default=None, description="Taken and not used; the bytes are counted.")


class CreateGeminiFile(Form):
    """A file that is to come."""

    file: FileMetadata = Field(default=FileMetadata(), description="What is known of it.")


FILES: dict[str, Example] = {
    "picture": {"summary": "A picture by name", "value": {"file": {"displayName": "fox.png"}}}
}


class Nothing(BaseModel):
    """An empty object."""


@router.post("/upload/v1/files", responses={200: {"model": Nothing}})
@router.post("/upload/v1beta/files", responses={200: {"model": Nothing}})
async def begin(
    body: Annotated[CreateGeminiFile, Body(openapi_examples=FILES)],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
) -> Response:
    """Announce a file; `X-Goog-Upload-URL` says where to send it."""
    token = await announce(container.redis, Announced(tenant, body.file.display_name))
    address = f"{base_url(http, container)}/uploads/{token}"
    headers = {"x-goog-upload-url": address, "x-goog-upload-status": "active"}
    return Response(b"{}", media_type="application/json", headers=headers)


@router.post("/uploads/{token}", include_in_schema=False)
async def send(
    token: str,
    container: ContainerDep,
    http: Request,
    answer: Response,
    command: Annotated[str, Header(alias="x-goog-upload-command")] = "upload, finalize",
    offset: Annotated[int, Header(alias="x-goog-upload-offset")] = 0,
) -> UploadedFile:
    """Send a file that was announced, in one piece."""
    if "finalize" not in command or offset:
        raise InvalidRequest(
            "A file must come in one piece, `X-Goog-Upload-Command: upload, finalize`; larger ones go to /v1/files.",
            param="X-Goog-Upload-Command",
        )
    announced = await arrived(container.redis, token)
    png = await container.intake.images.from_bytes(await http.body(), "file")
    file = await container.intake.files.put(announced.tenant, png, announced.filename, "vision")
    answer.headers["x-goog-upload-status"] = "final"
    return UploadedFile(file=as_google_file(file, http, container))


@router.get("/v1beta/files/{name}")
async def retrieve(name: FileName, tenant: Tenant, container: ContainerDep, http: Request) -> GeminiFile:
    """What is known of a file."""
    return as_google_file(await container.intake.files.get(tenant, name), http, container)


@router.delete("/v1beta/files/{name}")
async def delete(name: FileName, tenant: Tenant, container: ContainerDep) -> Nothing:
    """Forget a file that was sent."""
    await container.intake.files.delete(tenant, name)
    return Nothing()


def as_google_file(file: File, http: Request, container: ContainerDep) -> GeminiFile:
    """A file in Google's form."""
    return GeminiFile(
        name=f"files/{file.id}",
        uri=f"{base_url(http, container)}/v1beta/files/{file.id}",
        displayName=file.filename,
        sizeBytes=str(file.bytes),
        createTime=datetime.fromtimestamp(file.created_at, UTC).isoformat(),
        expirationTime=datetime.fromtimestamp(file.expires_at, UTC).isoformat(),
    )
