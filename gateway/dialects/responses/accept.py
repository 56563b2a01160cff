"""Decides whether a `POST /v1/responses` can be done, and makes the gateway's `Request` of it.

All that the client sent is checked before anything is begun: counts, sizes, lengths, images, and what it refers to.
"""

from __future__ import annotations

import secrets
import time

from gateway.checks import check_at_most, fit_size, image_counts, size_names
from gateway.dialects.responses.input import Desk, check_lengths, conversation
from gateway.dialects.responses.request import CreateResponse, ImageTool
from gateway.errors import InvalidRequest, NotFound
from gateway.request import DrawOptions, Request
from gateway.settings import Settings
from gateway.turns import Conversation
from planner_service.wire import Mode
from visualizer_service.wire import Limits


async def accept(body: CreateResponse, tenant: str, limits: Limits, desk: Desk) -> Request:
    """Make a request of what the client sent; the images in it are stored.

    Args:
        body: has the right form, nothing more is known of it.
        tenant: whose request it is.
        limits: what the pool's model can draw.
        desk: what is needed to judge.

    Raises:
        InvalidRequest: it cannot be done; the error names the field and the limit.
        NotFound: it refers to a model, file, picture or response that is not there.
    """
    settings = desk.settings
    if body.model not in (None, settings.model):
        raise NotFound(
            f"There is no such model; there is {settings.model}.", code="model_not_found", param="model"
        )
    check_lengths(body, settings)
    _check_keeping(body)
    mode = _mode(body)
    least = 1 if body.least_images is None and body.tool_choice == "required" else body.least_images
    counts = image_counts(mode, least, body.most_images, settings.most_images)
    draw = _draw_options(body, limits, settings)
    taken = await conversation(body, tenant, desk)
    _check_references(body, taken, limits)
    return Request(
        id=f"resp_{secrets.token_hex(16)}",
        created_at=time.time(),
        model=settings.model,
        messages=tuple(taken.messages),
        draw=draw,
        mode=mode if counts.most else "text",
        least_images=counts.least,
        most_images=counts.most,
        sizes=size_names(limits) if _size(body)[0] == "auto" and len(limits.sizes) > 1 else (),
        pictures=tuple(taken.pictures),
        drawn_before=taken.drawn,
        max_output_tokens=_output_tokens(body, settings),
        temperature=body.temperature,
        top_p=body.top_p,
        delivery=body.delivery,
        background=body.background,
        store=body.store,
        tenant=tenant,
        previous_response_id=body.previous_response_id,
        instructions=body.instructions,
        metadata=body.metadata or {},
    )


def _check_keeping(body: CreateResponse) -> None:
    """What is to be fetched later has to be kept."""
    for wanted, param in ((body.background, "background"), (body.delivery == "url", "delivery")):
        if wanted and not body.store:
            raise InvalidRequest(f"`store` must be true with {param} as it is.", param="store")


def _mode(body: CreateResponse) -> Mode:
    if body.tool_choice != "none":
        return body.mode
    if body.mode not in ("auto", "text"):
        raise InvalidRequest(f"`tool_choice` none contradicts mode {body.mode}.", param="tool_choice")
    return "text"


def _output_tokens(body: CreateResponse, settings: Settings) -> int:
    most = settings.most_output_tokens
    if body.max_output_tokens is not None and body.max_output_tokens > most:
        raise InvalidRequest(
            f"`max_output_tokens` is {body.max_output_tokens}; at most {most} are written.",
            param="max_output_tokens",
        )
    return body.max_output_tokens or min(settings.output_tokens, most)


def _draw_options(body: CreateResponse, limits: Limits, settings: Settings) -> DrawOptions:
    tool = _tool(body)
    if tool.output_compression is not None and tool.output_format == "png":
        raise InvalidRequest(
            "`tools[0].output_compression` has no meaning for png; ask for jpeg or webp.",
            param="tools[0].output_compression",
        )
    width_px, height_px = fit_size(*_size(body), limits)
    return DrawOptions(
        width_px=width_px,
        height_px=height_px,
        seed=secrets.randbelow(2**32) if body.seed is None else body.seed,
        forced_references=body.references,
        reference_policy=body.reference_policy,
        previews=tool.partial_images,
        output_format=tool.output_format,
        output_compression=tool.output_compression,
        job_class="batch" if body.service_tier == "flex" else "interactive",
        job_timeout_s=settings.job_timeout_s,
    )


def _tool(body: CreateResponse) -> ImageTool:
    return body.tools[0] if body.tools else ImageTool(type="image_generation")


def _size(body: CreateResponse) -> tuple[str, str]:
    """The size asked for, and the field that asks for it: ours, else the tool's."""
    of_tool = _tool(body).size
    if "auto" not in (body.size, of_tool) and body.size != of_tool:
        raise InvalidRequest(
            f"`size` is {body.size}, but `tools[0].size` is {of_tool}.", param="tools[0].size"
        )
    return (body.size, "size") if body.size != "auto" else (of_tool, "tools[0].size")


def _check_references(body: CreateResponse, taken: Conversation, limits: Limits) -> None:
    check_at_most(len(body.references), limits.most_references, "references", "references")
    known = [picture.id for picture in taken.pictures]
    for place, reference in enumerate(body.references):
        if reference not in known:
            there_are = ", ".join(known) or "none"
            raise InvalidRequest(
                f"`references` names {reference}; the images of this conversation are: {there_are}.",
                param=f"references[{place}]",
            )
