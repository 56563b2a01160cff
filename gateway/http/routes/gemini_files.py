"""Google's way of sending files: announced first, then sent to the address that is told. They are the files of /v1/files.

Source:
    google-genai 1.x, `Files.upload`; ai.google.dev, "Files API", resumable uploads.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Header, Path, Request, Response
from fastapi.openapi.models import Example
from pydantic import BaseModel, Field

from gateway.answer.errors import BodyTooSlow, ClientLeft, GatewayError, InvalidRequest, NotFound
from gateway.dialects.gemini.request import Form
from gateway.dialects.gemini.schemas import GeminiFile, UploadedFile
from gateway.http.container import Container, ContainerDep, Tenant
from gateway.http.problems import refusal
from gateway.http.routes.answers import base_url
from gateway.store.files import File
from gateway.store.uploads import Announced, announce, arrived
from gateway.tenants.caller import Caller

router = APIRouter(tags=["gemini"])
STATUS: Final = "x-goog-upload-status"
FINAL: Final = "final"
PASSING: Final = (BodyTooSlow, ClientLeft)
"""Refusals after which the same file may be taken."""
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
    caller: Caller = http.state.caller
    announced = Announced(tenant, body.file.display_name, caller.key, caller.limits)
    token = await announce(container.redis, announced)
    address = f"{base_url(http, container)}/uploads/{token}"
    headers = {"x-goog-upload-url": address, STATUS: "active"}
    return Response(b"{}", media_type="application/json", headers=headers)


@router.post("/uploads/{token}", include_in_schema=False, response_model=UploadedFile)
async def send(
    token: str,
    container: ContainerDep,
    http: Request,
    answer: Response,
    command: Annotated[str, Header(alias="x-goog-upload-command")] = "upload, finalize",
    offset: Annotated[int, Header(alias="x-goog-upload-offset")] = 0,
) -> UploadedFile | Response:
    """Send a file that was announced, in one piece."""
    try:
        if "finalize" not in command or offset:
            raise InvalidRequest(
                "A file must come in one piece, `X-Goog-Upload-Command: upload, finalize`; larger ones go to /v1/files.",
                param="X-Goog-Upload-Command",
            )
        file = await _received(http, container)
    except GatewayError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, PASSING):
            raise
        return _final(error, http, container)
    await arrived(container.redis, token)
    answer.headers[STATUS] = FINAL
    return UploadedFile(file=as_google_file(file, http, container))


async def _received(http: Request, container: Container) -> File:
    """The file, kept as whoever announced it may. Raises what makes a file impossible."""
    announced: Announced | None = http.state.announced
    if announced is None:
        raise NotFound("No file is expected here, or no longer; announce it again.", param="upload_id")
    image = await container.intake.images.from_bytes(await http.body(), "file")
    return await container.intake.files.put(announced.tenant, image, announced.filename, "vision")


def _final(error: GatewayError, http: Request, container: Container) -> Response:
    """A refusal after which a client need not send the same again; without this header, they do so for seconds."""
    container.meter.refused(error.code)
    answer = refusal(http.scope["path"], error)
    answer.headers[STATUS] = FINAL
    return answer


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
