"""The `openai` backend: plans written by any OpenAI-compatible server, over streaming chat completions.

Its text is not to be trusted: without the grammar (which vLLM takes as an extra field) the plan's form rests on instructions alone, and
`check` mends or refuses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI, AsyncStream, Timeout
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk

from planner_service.backend import Chunk, Finish
from planner_service.errors import PlannerUnavailable, PlanRefused, UpstreamFailed
from planner_service.grammar import grammar_of
from planner_service.language import Language
from planner_service.prompts import COMMON_TOKENS, Picture, Turn, begun, cleaner, turns_of
from planner_service.settings import Settings
from planner_service.wire import PlannerModel, PlanRequest, PlanUsage

CONNECT_S = 5
READY_S = 2
MEDIA_TYPES = {"iVBOR": "image/png", "/9j/": "image/jpeg", "UklGR": "image/webp"}
"""By the first base64 characters of the data."""


class UpstreamBackend:
    """Plans written by a server elsewhere."""

    def __init__(self, settings: Settings):
        self._client = AsyncOpenAI(
            base_url=settings.upstream_url,
            api_key=settings.upstream_api_key.get_secret_value(),
            timeout=Timeout(settings.plan_timeout_s, connect=CONNECT_S),
            max_retries=0,
        )
        self._has_grammar = settings.upstream_grammar
        self._explains = settings.instructions == "auto"
        self._clean = cleaner(COMMON_TOKENS)
        self.model = PlannerModel(
            name=settings.model,
            sees_images=settings.upstream_sees_images,
            max_prompt_tokens=settings.upstream_max_prompt_tokens,
        )

    async def ready(self) -> bool:
        """Whether the server answers."""
        try:
            await self._client.with_options(timeout=READY_S).models.list()
        except APIError:
            return False
        return True

    async def died(self) -> None:
        """Never: the server may come back."""
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def begin(self, request: PlanRequest, language: Language) -> AsyncGenerator[Chunk]:
        """Open the stream; see `Backend.begin`."""
        try:
            stream = await self._client.chat.completions.create(
                **self._parameters(request, language), stream=True
            )
        except APIStatusError as error:
            if error.status_code in (400, 413, 422):
                raise PlanRefused("messages: the upstream server refuses this request") from error
            raise PlannerUnavailable("the upstream server refuses service") from error
        except APIConnectionError as error:
            raise PlannerUnavailable("the upstream server cannot be reached") from error
        return _chunks(stream)

    def _parameters(self, request: PlanRequest, language: Language) -> dict[str, Any]:
        sees = self.model.sees_images
        turns = turns_of(request, language, self._clean, sees_images=sees, explains=self._explains)
        messages = list(messages_of(turns))
        structured = {"structured_outputs": {"grammar": grammar_of(language)}} if self._has_grammar else {}
        goes_on: dict[str, Any] = {}
        if request.written:
            messages.append({"role": "assistant", "content": begun(request, self._clean)})
            goes_on = {"continue_final_message": True, "add_generation_prompt": False}
        asked = {"temperature": request.temperature, "top_p": request.top_p, "seed": request.seed}
        extra = {**structured, **goes_on}
        return {
            "model": self.model.name,
            "messages": messages,
            "max_tokens": request.max_output_tokens,
            "stream_options": {"include_usage": True},
            **{key: value for key, value in asked.items() if value is not None},
            **({"extra_body": extra} if extra else {}),
        }


def messages_of(turns: Iterable[Turn]) -> Iterable[dict[str, Any]]:
    """Chat messages. An assistant's message holds no images, so its pictures open the user's next one."""
    held: list[Picture] = []
    for turn in turns:
        pieces = turn.pieces
        if turn.role == "assistant":
            held.extend(piece for piece in pieces if isinstance(piece, Picture))
            pieces = tuple(piece for piece in pieces if isinstance(piece, str))
        elif turn.role == "user":
            shown = tuple(piece for picture in held for piece in (f"[image {picture.id}]", picture))
            pieces, held = (*shown, *pieces), []
        yield {"role": turn.role, "content": _content(pieces)}


def _content(pieces: tuple[str | Picture, ...]) -> str | list[dict[str, Any]]:
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) == len(pieces):
        return "".join(texts)
    return [
        {"type": "text", "text": piece}
        if isinstance(piece, str)
        else {"type": "image_url", "image_url": {"url": _data_url(piece)}}
        for piece in pieces
    ]


def _data_url(picture: Picture) -> str:
    for start, media_type in MEDIA_TYPES.items():
        if picture.data.startswith(start):
            return f"data:{media_type};base64,{picture.data}"
    raise PlanRefused(f"messages: image {picture.id} is neither PNG, JPEG nor WebP")


async def _chunks(stream: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[Chunk]:
    """The stream's text; the last chunk waits for the usage, which comes after the finish."""
    finish: Finish | None = None
    usage: PlanUsage | None = None
    try:
        async with stream:
            async for part in stream:
                usage = _usage(part.usage) or usage
                for choice in part.choices:
                    if choice.delta.content:
                        yield Chunk(choice.delta.content)
                    finish = _finish(choice.finish_reason) or finish
    except (APIError, ValueError) as error:  # ValueError: an event that is no JSON
        raise UpstreamFailed from error
    if finish is None:
        raise UpstreamFailed("the stream was cut")
    yield Chunk("", finish, usage)


def _finish(reason: str | None) -> Finish | None:
    match reason:
        case None | "stop" | "length":
            return reason
        case _:
            raise UpstreamFailed(reason)


def _usage(usage: CompletionUsage | None) -> PlanUsage | None:
    if usage is None:
        return None
    details = usage.prompt_tokens_details
    return PlanUsage(
        input_tokens=usage.prompt_tokens,
        cached_tokens=(details and details.cached_tokens) or 0,
        output_tokens=usage.completion_tokens,
    )
