"""Makes the gateway's `Request` of a request for pictures alone: mode `image`, or no planner at all."""

from __future__ import annotations

import asyncio

from starlette.datastructures import UploadFile

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Conversation, Sent
from gateway.answer.errors import InvalidRequest
from gateway.answer.event_budget import check_verbatim_prompt
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, settled, with_conversation
from gateway.dialects.common.fields import Answering
from gateway.dialects.common.intake import Intake, check_said
from gateway.dialects.images.request import EditImages, GenerateImages, ImageRef
from visualizer_service.wire import Limits


async def accept(
    body: GenerateImages, images: list[Sent], tenant: str, limits: Limits, intake: Intake
) -> Request:
    """Make a request of what the client sent.

    Args:
        body: has the right form, nothing more is known of it.
        images: are stored, and guide every picture.
        tenant: whose request it is.
        limits: what the pool's model can draw.
        intake: what is needed to judge.

    Raises:
        InvalidRequest: it cannot be done; the error names the field and the limit.
        NotFound: it names a model that is not there.
    """
    check_said([body.prompt], 0, intake.settings, "prompt")
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
    request = settled(_as_answering(body, len(images)), terms, tenant, limits, intake.settings)
    check_verbatim_prompt(request, body.prompt)
    taken = Conversation()
    taken.add("user", [*images, body.prompt])
    return with_conversation(request, taken, limits)


def check_count(images: int, limits: Limits, intake: Intake, param: str) -> None:
    """Refuse more images than can guide a picture; `param` is the field that holds them. Raises InvalidRequest."""
    check_at_most(images, min(limits.most_references, intake.settings.most_input_images), "images", param)


async def from_refs(body: EditImages, tenant: str, limits: Limits, intake: Intake) -> list[Sent]:
    """Store the images of a JSON request; raises InvalidRequest or NotFound."""
    check_count(len(body.images), limits, intake, "images")
    stored = [_ref(ref, f"images[{place}]", tenant, intake) for place, ref in enumerate(body.images)]
    return list(await asyncio.gather(*stored))


async def from_files(files: list[tuple[str, UploadFile]], limits: Limits, intake: Intake) -> list[Sent]:
    """Store the images of a form; raises InvalidRequest."""
    check_count(len(files), limits, intake, files[0][0])
    return [await intake.by_upload(file, name) for name, file in files]


def _as_answering(body: GenerateImages, images: int) -> Answering:
    """The pictures of one request are independent of each other, and guided by whatever was sent along."""
    return Answering(
        model=body.model,
        seed=body.seed,
        adapter=body.adapter,
        most_images=body.n,
        references=tuple(f"in{number}" for number in range(1, images + 1)),
        reference_policy="none",
        delivery="url" if body.response_format == "url" else "b64",
    )


async def _ref(ref: ImageRef, path: str, tenant: str, intake: Intake) -> Sent:
    match ref:
        case ImageRef(image_url=str(url), file_id=None):
            return await intake.by_url(url, f"{path}.image_url", ref.description)
        case ImageRef(image_url=None, file_id=str(file_id)):
            return await intake.by_file(tenant, file_id, f"{path}.file_id", ref.description)
    raise InvalidRequest(f"`{path}` needs either an image_url or a file_id.", param=path)
