"""Makes the gateway's `Request` of a request for pictures alone: mode `image`, or no planner at all."""

from __future__ import annotations

import asyncio

from starlette.datastructures import UploadFile

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Conversation, Sent
from gateway.answer.errors import InvalidRequest
from gateway.answer.event_budget import check_verbatim_prompt
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import AnswerFields
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.images.request import EditImages, GenerateImages
from visualizer_service.wire import Limits


async def accept(
    body: GenerateImages, images: list[Sent], tenant: str, limits: Limits, intake: Intake
) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`. `images` are stored, and guide every picture."""
    check_input([body.prompt], 0, intake.settings, "prompt")
    if body.n > intake.settings.most_images:
        raise InvalidRequest(f"`n` is {body.n}; at most {intake.settings.most_images} are drawn.", param="n")
    if body.partial_images and not body.stream:
        raise InvalidRequest("`partial_images` needs `stream`.", param="partial_images")
    terms = Terms(
        mode="image",
        size=(body.size, "size"),
        encoding=(body, ""),
        output_tokens=(None, ""),
        least_images=body.n,
        previews=body.partial_images,
        planned=body.planner,
    )
    request = build_request(body, _answer_fields(body, len(images)), terms, tenant, limits, intake.settings)
    check_verbatim_prompt(request, body.prompt)
    conversation = Conversation()
    conversation.add("user", [*images, body.prompt])
    return await with_conversation(request, conversation, limits, intake)


def check_count(images: int, limits: Limits, intake: Intake, param: str) -> None:
    """Refuse more images than can guide a picture; `param` is the field that holds them. Raises InvalidRequest."""
    check_at_most(images, min(limits.most_references, intake.settings.most_input_images), "images", param)


async def from_refs(body: EditImages, tenant: str, limits: Limits, intake: Intake) -> list[Sent]:
    """Store the images of a JSON request; raises InvalidRequest or NotFound."""
    check_count(len(body.images), limits, intake, "images")
    stored = [intake.by_ref(ref, tenant, f"images[{place}]") for place, ref in enumerate(body.images)]
    return list(await asyncio.gather(*stored))


async def from_files(files: list[tuple[str, UploadFile]], limits: Limits, intake: Intake) -> list[Sent]:
    """Store the images of a form; raises InvalidRequest."""
    check_count(len(files), limits, intake, files[0][0])
    return [await intake.by_upload(file, name) for name, file in files]


def _answer_fields(body: GenerateImages, images: int) -> AnswerFields:
    """The pictures of one request are independent of each other, and guided by whatever was sent along."""
    return AnswerFields(
        model=body.model,
        seed=body.seed,
        adapter=body.adapter,
        most_images=body.n,
        references=tuple(f"in{number}" for number in range(1, images + 1)),
        reference_policy="none",
        delivery="url" if body.response_format == "url" else "b64",
    )
