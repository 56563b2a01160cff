"""The routes of OpenAI's Files API, for images in and out."""

from __future__ import annotations

import hashlib
import time
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import Field

from gateway.answer.errors import Forbidden
from gateway.dialects.common.forgiving import Body, warnings_of
from gateway.dialects.common.schemas import Deleted, Object
from gateway.dialects.gemini.schemas import GeminiFile
from gateway.http.container import ContainerDep, IdempotencyKey, Tenant
from gateway.http.openapi import refuses
from gateway.http.routes import content as contents
from gateway.http.routes.answers import unless_gone, warning_headers
from gateway.http.routes.gemini import is_googles
from gateway.http.routes.gemini_files import as_google_file
from gateway.store.file_ids import DrawnFile
from gateway.store.files import File, Purpose
from gateway.store.idempotency import Named

router = APIRouter(prefix="/v1/files", tags=["files"])


class CreateFile(Body):
    """A file and what it is for; all purposes are treated alike."""

    file: UploadFile = Field(description="A png, jpeg, webp, gif, avif or heic; it is what its bytes are.")
    purpose: Purpose = Field(default="vision", description="OpenAI's; all are treated alike.")


class FileList(Object):
    """The files of a tenant."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[File, ...] = Field(description="The files, latest first.")
    has_more: Literal[False] = Field(default=False, description="These are all.")
    first_id: str | None = Field(description="The first one's.")
    last_id: str | None = Field(description="The last one's.")


BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "All of it.",
        "content": {"image/png": BYTES, "image/jpeg": BYTES, "image/webp": BYTES},
    },
    206: {
        "description": "The part that `Range` asks for.",
        "content": {"image/png": BYTES, "image/jpeg": BYTES, "image/webp": BYTES},
    },
    307: {"description": "At the store itself, to which the operator has signed links lead on."},
    304: {"description": "You have it: `If-None-Match` names its ETag."},
    **refuses(403, why="The signed link was changed, or its time is up."),
    **refuses(416, why="The file has none of the bytes that `Range` asks for."),
}
# Whoever follows a signed link fetches at once.
MOST_LINK_S = 3600.0
FileId = Annotated[str, Path(description="The file's `id`, or a picture's `file_id`.")]


@router.post("")
async def create(
    sent: Annotated[CreateFile, Form(media_type="multipart/form-data")],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    answer: Response,
    idempotency_key: IdempotencyKey = None,
) -> File:
    """Keep an image for use in requests; it is checked, and stored upright and without metadata."""
    answer.headers.update(warning_headers(warnings_of(sent, container.settings.unknown_fields)))
    # A form may declare a charset in which half a character can be written; it has no UTF-8.
    files, name = container.intake.files, (sent.file.filename or "image").encode(errors="replace").decode()
    image = await unless_gone(http, container.intake.uploaded(sent.file, "file"))
    request = (http.url.path, hashlib.sha256(image.data).hexdigest(), name, sent.purpose)

    async def put(_: Named) -> File:
        return await files.put(tenant, image, name, sent.purpose)

    return await container.idempotency.make(
        (tenant, idempotency_key), request, put, partial(files.get, tenant)
    )


@router.get("")
async def list_files(tenant: Tenant, container: ContainerDep) -> FileList:
    """The files that were sent, latest first."""
    files = await container.intake.files.all(tenant)
    first, last = (files[0].id, files[-1].id) if files else (None, None)
    return FileList(data=tuple(files), first_id=first, last_id=last)


@router.get("/{file_id}")
async def retrieve(
    file_id: FileId, tenant: Tenant, container: ContainerDep, http: Request
) -> File | GeminiFile:
    """What is known of a file; in Google's form for who sends a key as Google's clients do."""
    file = await container.intake.files.get(tenant, file_id)
    return as_google_file(file, http, container) if is_googles(http) else file


@router.delete("/{file_id}")
async def delete(file_id: FileId, tenant: Tenant, container: ContainerDep) -> Deleted:
    """Forget a file that was sent."""
    await container.intake.files.delete(tenant, file_id)
    return Deleted(id=file_id, object="file", deleted=True)


async def _reader(
    file_id: FileId,
    container: ContainerDep,
    http: Request,
    expires: Annotated[int | None, Query(description="From a signed link: until when it holds.")] = None,
    signature: Annotated[str | None, Query(description="From a signed link: it takes a key's place.")] = None,
) -> str | None:
    """The tenant that asks, or None if a link speaks for whoever follows it."""
    if expires is None and signature is None:
        return http.state.tenant
    drawn = DrawnFile.parse(file_id)
    if drawn is None:
        raise Forbidden("Only links to drawn pictures are signed; send an API key.", param="signature")
    await container.links.check(drawn.response_id, file_id, expires or 0, signature or "", time.time())
    return None


@router.get("/{file_id}/content", response_class=Response, responses=CONTENT)
async def content(
    file_id: FileId, reader: Annotated[str | None, Depends(_reader)], container: ContainerDep, http: Request
) -> Response:
    """A file's bytes, of images sent and of pictures drawn alike.

    Takes an API key, or the signed link that an answer with `delivery` url tells.
    """
    if reader is None and container.settings.links_to_store:
        left_s = min(MOST_LINK_S, int(http.query_params["expires"]) - time.time())
        address = await container.intake.files.link(file_id, left_s)
        if address is not None:
            headers = {"cache-control": f"private, max-age={int(left_s)}", "referrer-policy": "no-referrer"}
            return RedirectResponse(address, 307, headers)
    return contents.answer(await container.intake.files.content(reader, file_id), http.headers, time.time())
