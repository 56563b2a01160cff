"""The `openai` backend: plans written by any OpenAI-compatible server, over streaming chat completions.

Its text is not to be trusted: without the grammar (which vLLM takes as an extra field) the plan's form rests on instructions alone, and
`answer` mends or refuses it. A server that takes the grammar goes on from what is written as the in-process engine does; any other is asked,
in a turn of its own, for what is missing: the description of a picture, the rest of a sentence, or the one that ends the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import aiohttp
import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAioHttpClient,
    Timeout,
)

from planner_service.backend import Chunk, Stretch
from planner_service.engines.asking import asking_for, described, joined
from planner_service.engines.completion import chunks_of
from planner_service.engines.names import Names
from planner_service.engines.sampling import OPENAI, VLLM, asked_for
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.language.bounds import Language
from planner_service.language.grammar import grammar_of
from planner_service.language.sentences import estimated_tokens
from planner_service.prompts.turns import (
    COMMON_TOKENS,
    Picture,
    Turn,
    cleaner,
    turns_of,
    written_pieces,
)
from planner_service.settings import Settings
from planner_service.wire import PlannerModel, PlanRequest

CONNECT_S = 5
READY_S = 2
KEPT_S = 2
"""How long a connection is kept for the next plan: less than servers keep theirs, of which 5 s is usual."""
MEDIA_TYPES = {"iVBOR": "image/png", "/9j/": "image/jpeg", "UklGR": "image/webp"}
"""By the first base64 characters of the data."""


class UpstreamBackend:
    """Plans written by a server elsewhere."""

    def __init__(self, settings: Settings):
        self._client = AsyncOpenAI(
            base_url=settings.upstream_url,
            api_key=settings.upstream_api_key.get_secret_value(),
            # For what comes later there is the plan's own deadline; a timer for each token would be a thirtieth of its cost.
            timeout=Timeout(None, connect=CONNECT_S),
            max_retries=0,
            # Half of what a token costs is to read it, and aiohttp's parser is written in C. To it, 0 connections are as many as need be.
            http_client=DefaultAioHttpClient(
                limits=httpx2.Limits(max_connections=0, keepalive_expiry=KEPT_S)
            ),
        )
        self._begin_s = settings.plan_timeout_s
        self.has_grammar = settings.upstream_grammar
        self.explains = settings.instructions == "auto"
        self.clean = cleaner(COMMON_TOKENS)
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

    async def open(self, request: PlanRequest, language: Language) -> Conversation:
        """See `Backend.open`; the server itself is asked with the first stretch."""
        return Conversation(self, request, language)

    async def stream(self, parameters: dict[str, Any]) -> httpx2.Response:
        """Ask for a completion; what is answered is to be read, and closed.

        Raises:
            PlanRefused: the server refuses the request.
            PlannerUnavailable: the server refuses service or is down.
        """
        try:
            async with asyncio.timeout(self._begin_s):
                return await self._asked(parameters)
        except TimeoutError as error:
            raise PlannerUnavailable("the upstream server does not answer") from error
        except APIStatusError as error:
            if error.status_code in (400, 413, 422):
                raise PlanRefused("messages: the upstream server refuses this request") from error
            raise PlannerUnavailable("the upstream server refuses service") from error
        except APIConnectionError as error:
            raise PlannerUnavailable("the upstream server cannot be reached") from error

    async def _asked(self, parameters: dict[str, Any]) -> httpx2.Response:
        """Ask, once more where the server closed a connection that it had kept, in the moment in which it was asked on it."""
        ask = self._client.chat.completions.with_raw_response.create
        try:
            raw = await ask(**parameters, stream=True)
        except APIConnectionError as error:
            if not _was_closed(error):
                raise
            raw = await ask(**parameters, stream=True)
        return raw.http_response


def _was_closed(error: BaseException) -> bool:
    """Whether the server closed the connection; the OpenAI client tells some of that as a timeout."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    return any(
        isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError | BrokenPipeError)
        for cause in causes
    )


class Conversation:
    """One plan's conversation; its tokens are not ours to count, so they are estimated."""

    def __init__(self, backend: UpstreamBackend, request: PlanRequest, language: Language):
        sees, told = backend.model.sees_images, "explained" if backend.explains else "nothing"
        turns = turns_of(request, language, backend.clean, sees_images=sees, told=told)
        self.room_tokens = backend.model.max_prompt_tokens
        self.is_explained = backend.explains
        self._backend = backend
        self._request = request
        self._turns = turns
        self._written = written_pieces(request, backend.clean, sees_images=sees)

    def count(self, text: str) -> int:
        """About as many tokens."""
        return estimated_tokens(text)

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        """Ask for a stretch; see `Opened.write`."""
        response = await self._backend.stream(self._parameters(stretch))
        if self._backend.has_grammar:
            return chunks_of(response)
        if stretch.begins == "slot" and self._is_asked_for(stretch):
            return described(chunks_of(response), stretch, self._backend.clean)
        chunks = chunks_of(response, Names(stretch.language))
        return joined(chunks, self._text_before(stretch)) if self._goes_on(stretch) else chunks

    def _goes_on(self, stretch: Stretch) -> bool:
        return bool(self._written or stretch.prefix)

    def _is_asked_for(self, stretch: Stretch) -> bool:
        """Whether a turn of its own says what is missing; it does where nothing was kept, too, or the same would be asked again."""
        return self._goes_on(stretch) or stretch.number > 0

    def _text_before(self, stretch: Stretch) -> str:
        return "".join(piece for piece in (*self._written, stretch.prefix) if isinstance(piece, str))

    def _parameters(self, stretch: Stretch) -> dict[str, Any]:
        request = self._request
        extra = asked_for(request, VLLM)
        turns = list(self._turns)
        if self._goes_on(stretch):
            turns.append(Turn("assistant", (*self._written, stretch.prefix)))
        if self._backend.has_grammar:
            grammar = grammar_of(
                stretch.language,
                stretch.begins,
                primer=stretch.primer,
                owes_text=stretch.owes_text,
                has_preamble=stretch.has_preamble,
            )
            extra["structured_outputs"] = {"grammar": grammar}
            if self._goes_on(stretch):
                extra |= {"continue_final_message": True, "add_generation_prompt": False}
        elif self._is_asked_for(stretch):
            turns = _asking(turns, asking_for(stretch, self._text_before(stretch)))
        asked = asked_for(request, (*OPENAI, "seed"))
        if request.logit_bias:
            asked["logit_bias"] = {str(token): bias for token, bias in request.logit_bias.items()}
        return {
            "model": self._backend.model.name,
            "messages": list(messages_of(turns)),
            "max_tokens": stretch.most_tokens,
            "stream_options": {"include_usage": True},
            **asked,
            **({"extra_body": extra} if extra else {}),
        }


def _asking(turns: list[Turn], line: str) -> list[Turn]:
    """The turns with this line as the user's; many chat templates refuse two turns of one role in a row."""
    *before, last = turns
    if last.role == "user":
        return [*before, Turn("user", (*last.pieces, f"\n\n{line}"))]
    return [*turns, Turn("user", (line,))]


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
