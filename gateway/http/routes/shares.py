"""Sharing a story, and reading one that is shared: the page at `/s/ID`, and below it what the page reads, for which no key is needed.

What is told below `/s/ID/v1` has the forms of Responses, without what only the owner is to know: instructions, metadata, earlier turns
beyond the share's.
"""

from __future__ import annotations

import html
import time
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ConfigDict, Field

from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.dialects.common.schemas import Deleted, Object
from gateway.dialects.responses import examples
from gateway.dialects.responses.items import response as response_object
from gateway.dialects.responses.listing import InputItemList, input_items, listed
from gateway.dialects.responses.stream import ResponsesRenderer
from gateway.http.container import Container, ContainerDep, Tenant
from gateway.http.routes import content
from gateway.http.routes.answers import base_url, json_response, stream_response
from gateway.http.routes.studio import PAGES, POLICY, serve
from gateway.store.file_ids import DrawnFile
from gateway.store.shares import MOST_TURNS, MOST_VERSIONS, Share, Shares, Version
from gateway.studio.pages import filled

router = APIRouter()
PictureName = Annotated[str, Field(pattern=r"^img[0-9]{1,4}$")]
"""As pictures of answers are named. What is told at a page without a key, and kept with it, is no place for words of one's own."""


class Shared(Object):
    """A story that whoever has its link may read."""

    object: Literal["share"] = Field(default="share", description="What this is.")
    id: str = Field(description="Names the share.")
    url: str = Field(description="The page to pass on.")
    response_id: str = Field(description="The story's last answer.")
    title: str = Field(description="What was asked first, its beginning.")
    expires_at: int = Field(description="Unix time in seconds.")
    versions: dict[str, dict[str, Version]] = Field(
        description="By answer and picture, what is shown in the place of the answer's own."
    )


class Wanted(BaseModel):
    """How a story is to be shared."""

    model_config = ConfigDict(extra="forbid")

    versions: dict[str, Annotated[dict[PictureName, str], Field(max_length=MOST_VERSIONS)]] = Field(
        default={},
        max_length=MOST_TURNS,
        description="By answer and picture (`img1`), the file id of the version that is shown in its place.",
    )


async def _shares(container: ContainerDep) -> Shares:
    settings = container.settings
    return Shares(container.redis, container.intake.history, settings.keep_s, settings.most_share_s)


SharesDep = Annotated[Shares, Depends(_shares)]
ResponseId = Annotated[str, Path(description="The answer's `id`.")]


async def _share(share: Annotated[str, Path(max_length=64)], shares: SharesDep) -> Share:
    return await shares.find(share)


Found = Annotated[Share, Depends(_share)]


@router.post("/v1/responses/{response_id}/share", tags=["responses"])
async def share(
    response_id: ResponseId,
    tenant: Tenant,
    shares: SharesDep,
    container: ContainerDep,
    http: HttpRequest,
    expires_in_s: Annotated[
        float | None,
        Query(ge=1, description="How long it may be read, and is kept; unset, as long as the answer is."),
    ] = None,
    wanted: Annotated[Wanted | None, Body(openapi_examples=examples.SHARE)] = None,
) -> Shared:
    """Let whoever has the link read this story: this answer, those that it goes on from, and what was asked. Ours."""
    made = await shares.make(tenant, response_id, expires_in_s, wanted and wanted.versions)
    return await _shared(made, container, http)


@router.delete("/v1/responses/{response_id}/share", tags=["responses"])
async def unshare(response_id: ResponseId, tenant: Tenant, shares: SharesDep) -> Deleted:
    """Let nobody read it any more."""
    await shares.end(tenant, response_id)
    return Deleted(id=response_id, object="share", deleted=True)


@router.get("/s/{share}", include_in_schema=False)
async def page(share: str, shares: SharesDep, container: ContainerDep, http: HttpRequest) -> Response:
    """The story's page, with a card for those who are sent its link; one that is not shared says so itself."""
    try:
        told = await _shared(await shares.find(share), container, http)
    except NotFound:
        return serve(filled(PAGES["story.html"], card=""), POLICY, None)
    fields = {
        "og:type": "article",
        "og:title": told.title,
        "og:url": told.url,
        "og:image": f"{told.url}/cover",
    }
    card = "\n    ".join(
        f'<meta property="{name}" content="{html.escape(value)}" />' for name, value in fields.items()
    )
    return serve(filled(PAGES["story.html"], card=card), POLICY, None)


@router.get("/s/{share}/cover", include_in_schema=False)
async def cover(found: Found, container: ContainerDep, http: HttpRequest) -> Response:
    """The story's first picture."""
    for id in found.ids:
        document = await container.intake.history.document(id)
        chosen = found.versions.get(id, {})
        for picture in document.pictures:
            if picture.id in chosen or picture.blob:
                own = DrawnFile(id, picture.item).id
                file_id = chosen[picture.id].file_id if picture.id in chosen else own
                return await _picture(file_id, found, container, http)
    raise NotFound("This story has no picture yet.", code="file_not_found", param="share")


@router.get("/s/{share}/v1/story", include_in_schema=False)
async def story(found: Found, container: ContainerDep, http: HttpRequest) -> Shared:
    """What is shared."""
    return await _shared(found, container, http)


@router.get("/s/{share}/v1/responses/{response_id}", include_in_schema=False)
async def retrieve(
    response_id: str,
    found: Found,
    container: ContainerDep,
    stream: bool = False,
    starting_after: Annotated[int, Query(ge=-1)] = -1,
) -> Response:
    """An answer of it, or the answer's events, those to come included."""
    request = await _request(response_id, found, container)
    if stream:
        return stream_response(ResponsesRenderer(request, starting_after), request, container)
    document = await container.intake.history.document(response_id)
    return await json_response(request, response_object(request, document), container)


@router.get("/s/{share}/v1/responses/{response_id}/input_items", include_in_schema=False)
async def questions(response_id: str, found: Found, container: ContainerDep) -> InputItemList:
    """What was asked there, and nothing of what came before."""
    return input_items(await _request(response_id, found, container), None, 1, "desc")


@router.get("/s/{share}/v1/files/{file_id}/content", include_in_schema=False)
async def picture(file_id: str, found: Found, container: ContainerDep, http: HttpRequest) -> Response:
    """A picture of it."""
    return await _picture(file_id, found, container, http)


async def _shared(share: Share, container: Container, http: HttpRequest) -> Shared:
    history = container.intake.history
    first = await history.request(share.tenant, share.ids[0])
    title = listed(first, await history.document(first.id)).title
    url = f"{base_url(http, container)}/s/{share.id}"
    return Shared(
        id=share.id,
        url=url,
        response_id=share.ids[-1],
        title=title,
        expires_at=share.expires_at,
        versions=share.versions,
    )


async def _request(response_id: str, share: Share, container: Container) -> Request:
    """What was asked, as strangers may know it."""
    if response_id not in share.ids:
        raise NotFound("This answer is not shared.", code="response_not_found", param="response_id")
    request = await container.intake.history.request(share.tenant, response_id)
    before = None if response_id == share.ids[0] else request.previous_response_id
    asked = tuple(message for message in request.messages if message.role == "user")[-1:]
    return replace(
        request, messages=asked, instructions=None, metadata={}, delivery="url", previous_response_id=before
    )


async def _picture(file_id: str, share: Share, container: Container, http: HttpRequest) -> Response:
    drawn = DrawnFile.parse(file_id)
    if drawn is None or not share.shows(drawn):
        raise NotFound("This picture is not shared.", code="file_not_found", param="file_id")
    found = await container.intake.files.content(share.tenant, file_id)
    return content.answer(found, http.headers, time.time())
