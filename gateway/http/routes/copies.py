"""Copying a story that is not one's own, to go on from it: one that is shared, or one of the finished examples."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi import Request as HttpRequest
from pydantic import Field

from gateway.dialects.common.schemas import Object
from gateway.examples import stories
from gateway.http.container import Container, ContainerDep, Tenant
from gateway.http.routes.answers import base_url
from gateway.http.routes.shares import SharesDep
from gateway.tenants.copies import Copies

router = APIRouter(tags=["responses"])


class Copy(Object):
    """A story of one's own that began as somebody else's."""

    object: Literal["copy"] = Field(default="copy", description="What this is.")
    response_id: str = Field(description="Its last answer, to be gone on from.")


class ExampleInfo(Object):
    """A finished story that comes with the service."""

    name: str = Field(description="Names it here.")
    title: str = Field(description="What was asked.")
    model: str = Field(description="Who answered.")
    cover: str = Field(description="The path of its first picture.")


class ExampleList(Object):
    """The finished examples."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[ExampleInfo, ...] = Field(description="By name.")


@router.post("/v1/shares/{share}/copy")
async def copy_share(
    share: Annotated[str, Path(max_length=64, description="The share's `id`.")],
    _: Tenant,
    shares: SharesDep,
    container: ContainerDep,
    http: HttpRequest,
) -> Copy:
    """Make a shared story one's own: its questions, texts and pictures, not the images that were sent. Ours."""
    found = await shares.find(share)
    id = await _copies(container).of_share(found, http.state.caller, base_url(http, container))
    return Copy(response_id=id)


@router.get("/v1/examples")
async def list_examples(_: Tenant) -> ExampleList:
    """Finished stories that come with the service. Ours."""
    told = [
        ExampleInfo(name=one.name, title=one.title, model=one.model, cover=one.cover)
        for one in stories.ALL.values()
    ]
    return ExampleList(data=tuple(told))


@router.post("/v1/examples/{example}/copy")
async def copy_example(
    example: Annotated[str, Path(max_length=64, description="The example's `name`.")],
    _: Tenant,
    container: ContainerDep,
    http: HttpRequest,
) -> Copy:
    """Make a finished example one's own, to read it and to go on from it. Ours."""
    found = stories.named(example)
    intake, put = container.intake.of_one(), list[str]()
    try:
        for data, media_type in found.pictures.values():
            put.append(await intake.blobs.put(data, media_type, intake.holder, stories.PUT_S))
        id = await _copies(container).of(found.turns, http.state.caller, base_url(http, container))
    finally:
        # The copy holds them by now, or nothing is to.
        await intake.blobs.let_go(intake.holder, put)
    return Copy(response_id=id)


def _copies(container: Container) -> Copies:
    return Copies(container.intake.history, container.links, container.quotas)
