"""Decides whether what a client asks for can be done, and makes the gateway's `Request` of it, for every dialect alike.

Each dialect has an `accept`. It is given the body, of which the form is known to be right and nothing more; whose request it is; what the
pool's model can draw; and the `Intake`, in which it stores the images that were sent. It raises InvalidRequest, which names the field and the
limit, if the request cannot be done, and NotFound if it refers to a model, file, picture or response that is not there.

All that was sent is checked before anything is begun: first what costs nothing to check (`build_request`), then, once the images are
stored, what the answer refers to (`with_conversation`).
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Final

from gateway.answer.checks import (
    check_adapter,
    check_at_most,
    fit_size,
    fit_steps,
    image_counts,
    size_names,
)
from gateway.answer.conversation import Conversation
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.answer.event_budget import check_metadata
from gateway.answer.request import DrawOptions, Request, Sampling, ThoughtsTold, Warned
from gateway.dialects.common.cast import figures
from gateway.dialects.common.fields import AnswerFields, EncodingFields
from gateway.dialects.common.forgiving import Body, warnings_of
from gateway.dialects.common.intake import Intake
from gateway.settings import Served, Settings
from planner_service.wire import Mode
from visualizer_service.wire import Limits

# What OpenAI's clients send for every type where nothing else was said.
OPENAIS_COMPRESSION: Final = 100
# More words than any model has, and the most that engines can count.
MOST_TOP_K: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What dialects say in different fields.

    `size` and `output_tokens` come with the name of the field that says it, `encoding` with what stands before its fields' names.
    """

    mode: Mode
    size: tuple[str, str]
    encoding: tuple[EncodingFields, str]
    output_tokens: tuple[int | None, str]
    least_images: int | None = None
    previews: int = 0
    planned: bool = True
    background: bool = False
    previous_response_id: str | None = None
    instructions: str | None = None
    thinking: bool = False
    thoughts: ThoughtsTold = "never"


def check_model(model: str | None, settings: Settings) -> None:
    """Refuse a model that is not here."""
    if model is not None and model not in settings.served:
        there_are = ", ".join(settings.served)
        raise NotFound(
            f"There is no such model; there is {there_are}.", code="model_not_found", param="model"
        )


def build_request(
    sent: Body, body: AnswerFields, terms: Terms, tenant: str, limits: Limits, settings: Settings
) -> Request:
    """Make a request of what the client sent, its conversation still missing. Raises as `accept`.

    Args:
        sent: the body as it was sent.
        body: what it says of an answer, in the words that dialects share; often the same.
        terms: what it says in words of its dialect's own.
        tenant: whose request it is.
        limits: what the pool draws.
        settings: the operator's.
    """
    warnings = warnings_of(sent, settings.unknown_fields)
    check_model(body.model, settings)
    model = body.model or settings.default_model
    served = settings.served[model]
    most_images = served.most_images if body.most_images is None else body.most_images
    counts = image_counts(terms.mode, terms.least_images, most_images, settings.most_images)
    request = Request(
        id=f"resp_{secrets.token_hex(16)}",
        created_at=time.time(),
        model=model,
        messages=(),
        draw=_draw_options(body, terms, limits, settings, served),
        mode=terms.mode if counts.most else "text",
        least_images=counts.least,
        most_images=counts.most,
        sizes=size_names(limits) if _size(terms, served)[0] == "auto" and len(limits.sizes) > 1 else (),
        max_output_tokens=_output_tokens(*terms.output_tokens, served, settings),
        temperature=body.temperature,
        top_p=body.top_p,
        delivery=body.delivery,
        background=terms.background,
        store=body.store,
        tenant=tenant,
        planned=terms.planned,
        previous_response_id=terms.previous_response_id,
        instructions=terms.instructions,
        metadata=body.metadata or {},
        sampling=_sampling(body, terms.thinking),
        cast=figures(body.cast),
        style=body.style,
        thoughts=terms.thoughts,
        feedback=body.feedback,
        most_redraws=body.most_redraws,
        warnings=warnings,
    )
    check_metadata(request)
    return request


async def with_conversation(
    request: Request,
    conversation: Conversation,
    limits: Limits,
    intake: Intake,
    warnings: tuple[Warned, ...] = (),
) -> Request:
    """The request made whole: with what is said in it, what of that is ignored (`warnings`), and the signer of its links.

    Raises:
        InvalidRequest: it refers to an image that is not in the conversation.
    """
    _check_references(request.draw.forced_references, conversation, limits)
    # A picture of an early turn, or a file sent long before, may be about to run out of time.
    await intake.hand_over(request.id, [picture.blob for picture in conversation.pictures])
    return replace(
        request,
        messages=tuple(conversation.messages),
        pictures=tuple(conversation.pictures),
        drawn_before=conversation.drawn,
        cast=figures(request.cast, conversation.cast),
        style=request.style or conversation.style,
        warnings=(*request.warnings, *warnings),
        signer=await intake.links.signer(request.id, request.created_at),
    )


def _sampling(body: AnswerFields, thinking: bool) -> Sampling:
    return Sampling(
        # Engines and clients count "all of them" differently: 0, -1, or more than there are.
        top_k=body.top_k if body.top_k and 0 < body.top_k <= MOST_TOP_K else None,
        min_p=body.min_p,
        presence_penalty=body.presence_penalty,
        frequency_penalty=body.frequency_penalty,
        repetition_penalty=body.repetition_penalty,
        logit_bias=body.logit_bias,
        stop=body.stop,
        thinking=thinking,
    )


def _size(terms: Terms, served: Served) -> tuple[str, str]:
    size, param = terms.size
    return (served.size if size == "auto" else size), param


def _output_tokens(wanted: int | None, param: str, served: Served, settings: Settings) -> int:
    most = settings.most_output_tokens
    if wanted is not None and wanted > most:
        raise InvalidRequest(f"`{param}` is {wanted}; at most {most} are written.", param=param)
    return wanted or min(served.output_tokens or settings.output_tokens, most)


def _draw_options(
    body: AnswerFields, terms: Terms, limits: Limits, settings: Settings, served: Served
) -> DrawOptions:
    encoding, path = terms.encoding
    is_png = encoding.output_format == "png"
    if is_png and encoding.output_compression not in (None, OPENAIS_COMPRESSION):
        param = f"{path}output_compression"
        raise InvalidRequest(f"`{param}` has no meaning for png; ask for jpeg or webp.", param=param)
    width_px, height_px = fit_size(*_size(terms, served), limits)
    quality = encoding.quality or "auto"
    check_adapter(body.adapter, limits)
    return DrawOptions(
        width_px=width_px,
        height_px=height_px,
        seed=secrets.randbelow(2**32) if body.seed is None else body.seed,
        forced_references=body.references,
        reference_policy=body.reference_policy,
        previews=terms.previews,
        output_format=encoding.output_format,
        output_compression=None if is_png else encoding.output_compression,
        quality=quality,
        steps=fit_steps(quality, f"{path}quality", limits),
        adapter=body.adapter,
        job_class="batch" if body.service_tier == "flex" else "interactive",
        job_timeout_s=settings.job_timeout_s,
        # Its answer may have so long to go before it is kept.
        keep_s=settings.keep_s + settings.patience.response_s,
    )


def _check_references(references: tuple[str, ...], conversation: Conversation, limits: Limits) -> None:
    check_at_most(len(references), limits.most_references, "references", "references")
    known = [picture.id for picture in conversation.pictures]
    for place, reference in enumerate(references):
        if reference not in known:
            there_are = ", ".join(known) or "none"
            raise InvalidRequest(
                f"`references` names {reference}; the images of this conversation are: {there_are}.",
                param=f"references[{place}]",
            )
