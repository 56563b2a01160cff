"""Makes the gateway's `Request` of a `POST /v1/responses`: what this dialect says in words of its own, and what only it has."""

from __future__ import annotations

from dataclasses import replace

from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request, ThoughtsTold
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import thinks, told_as_text
from gateway.dialects.common.intake import Intake
from gateway.dialects.responses.input import check_lengths, read_conversation
from gateway.dialects.responses.request import CreateResponse, ImageTool
from planner_service.wire import Mode
from visualizer_service.wire import Limits


async def accept(body: CreateResponse, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    earlier = check_lengths(body, intake.settings)
    _check_keeping(body)
    accepted = build_request(body, body, _terms(body), tenant, limits, intake.settings)
    request = replace(accepted, pictures_once=body.pictures_once)
    conversation = await read_conversation(body, tenant, intake, earlier)
    return await with_conversation(request, conversation, limits, intake, earlier.warnings("input"))


def _terms(body: CreateResponse) -> Terms:
    place, tool = _image_tool(body)
    return Terms(
        mode=_mode(body),
        size=_size(body, tool, f"tools[{place}].size"),
        encoding=(tool, f"tools[{place}]."),
        output_tokens=(body.max_output_tokens, "max_output_tokens"),
        least_images=1 if body.least_images is None and body.tool_choice == "required" else body.least_images,
        previews=tool.partial_images,
        background=body.background,
        previous_response_id=body.previous_response_id,
        instructions=body.instructions,
        thinking=thinks(body.reasoning.effort) or body.reasoning.tells_summary,
        thoughts=_thoughts(body),
    )


def _thoughts(body: CreateResponse) -> ThoughtsTold:
    return "as_summary" if body.reasoning.tells_summary else told_as_text(body.reasoning.effort)


def _image_tool(body: CreateResponse) -> tuple[int, ImageTool]:
    """How pictures are to be drawn, and its place among the tools."""
    found = [(place, tool) for place, tool in enumerate(body.tools) if isinstance(tool, ImageTool)]
    if len(found) > 1:
        raise InvalidRequest(
            "`tools` holds image_generation twice; pictures of one answer are drawn in one way.",
            param="tools",
        )
    if body.tools and not found and body.tool_choice == "required":
        raise InvalidRequest(
            "`tool_choice` is required, but `tools` holds none that is here; image_generation is.",
            code="unsupported_parameter",
            param="tool_choice",
        )
    return found[0] if found else (0, ImageTool(type="image_generation"))


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


def _size(body: CreateResponse, tool: ImageTool, param: str) -> tuple[str, str]:
    """The size asked for, and the field that asks for it: ours, else the tool's."""
    if "auto" not in (body.size, tool.size) and body.size != tool.size:
        raise InvalidRequest(f"`size` is {body.size}, but `{param}` is {tool.size}.", param=param)
    return (body.size, "size") if body.size != "auto" else (tool.size, param)
