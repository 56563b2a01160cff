"""The client for asyncio; the same as `synchronous`, which see, but awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Self, TypeVar, Unpack

import httpx

from weaver.client import calls
from weaver.client.answer import Answer
from weaver.client.calls import Call
from weaver.client.config import PAUSES_S, http_options
from weaver.client.drawing import DrawnPicture, DrawOptions
from weaver.client.errors import Unreachable
from weaver.client.events import Event
from weaver.client.listing import ListedAnswer
from weaver.client.models import Model
from weaver.client.request_body import AskOptions, request_body
from weaver.client.session import INTERRUPTIONS, StreamPosition, StreamSession
from weaver.client.status import Status

T = TypeVar("T")


class AsyncStream(StreamPosition):
    """As `Stream`."""

    def __init__(self, weaver: AsyncWeaver, session: StreamSession) -> None:
        super().__init__(session)
        self._weaver = weaver
        self._events = weaver._follow(session)

    def __aiter__(self) -> AsyncGenerator[Event]:
        return self._events

    async def answer(self) -> Answer:
        """Read what is left of the stream, and return all of the answer."""
        async for _ in self._events:
            pass
        answer = self._session.answer()
        if answer is None:
            return await self._weaver.retrieve(self._session.response_id or "")
        return await self._weaver._whole(answer)

    async def close(self) -> None:
        """Read no further."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncWeaver:
    """As `Weaver`."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        pauses_s: Sequence[float] = PAUSES_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(**http_options(url, api_key), transport=transport)
        self.url = str(self._http.base_url).rstrip("/")
        self._pauses_s = pauses_s

    def ask(self, text: str, **options: Unpack[AskOptions]) -> AsyncStream:
        """Ask, as soon as the stream is read."""
        return AsyncStream(self, StreamSession(self.url, self._pauses_s, body=request_body(text, options)))

    def resume(self, response_id: str, after: int | None = None) -> AsyncStream:
        """Follow an answer, from its beginning or after the event of that number."""
        return AsyncStream(
            self, StreamSession(self.url, self._pauses_s, response_id=response_id, after=after)
        )

    async def retrieve(self, response_id: str) -> Answer:
        """An answer as it is now."""
        return await self._whole(await self._do(calls.retrieve(response_id)))

    async def cancel(self, response_id: str) -> Answer:
        """Make no more of an answer; what there is, stands."""
        return await self._do(calls.cancel(response_id))

    async def answers(self, limit: int = 20, after: str | None = None) -> tuple[ListedAnswer, ...]:
        """The answers that are kept, newest first; `after` is the id of the last one known already."""
        return await self._do(calls.listed(limit, after))

    async def draw(self, description: str, **options: Unpack[DrawOptions]) -> DrawnPicture:
        """Draw one picture of exactly these words; `DrawOptions` lists what may be said."""
        return await self._do(calls.draw(description, options))

    async def upload(self, image: Path | bytes) -> str:
        """Keep an image at the gateway, and return its id."""
        return await self._do(calls.upload(image))

    async def models(self) -> tuple[Model, ...]:
        """What is served."""
        return await self._do(calls.models())

    async def status(self) -> Status:
        """How planner, pool and queue are."""
        return await self._do(calls.status())

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _do(self, call: Call[T]) -> T:
        try:
            return call.outcome(await self._http.request(call.method, call.path, **call.more))
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error

    async def _whole(self, answer: Answer) -> Answer:
        return answer.with_files({name: await self._do(calls.content(name)) for name in answer.undelivered})

    async def _follow(self, session: StreamSession) -> AsyncGenerator[Event]:
        while not session.ended:
            try:
                async with self._http.stream(**session.request()) as reply:
                    if not reply.is_success:
                        await reply.aread()
                    session.check(reply)
                    async for piece in reply.aiter_bytes():
                        for event in session.feed(piece):
                            yield event
                error = None
            except INTERRUPTIONS as caught:
                error = caught
            if not session.ended:
                await asyncio.sleep(session.retry_pause_s(error))
