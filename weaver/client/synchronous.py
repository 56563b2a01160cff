"""The client for ordinary programs: what to ask stands in `calls`, how to go on in `session`; this does the waiting."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
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


class Stream(StreamPosition):
    """An answer as it comes: iterate over its events, then, or instead, take the whole `answer`.

    Leaving it early, by `close` or as a context manager, lets the gateway stop an answer that nobody else reads.
    """

    def __init__(self, weaver: Weaver, session: StreamSession) -> None:
        super().__init__(session)
        self._weaver = weaver
        self._events = weaver._follow(session)

    def __iter__(self) -> Generator[Event]:
        return self._events

    def answer(self) -> Answer:
        """Read what is left of the stream, and return all of the answer. Raises WeaverError."""
        for _ in self._events:
            pass
        answer = self._session.answer()
        if answer is None:
            return self._weaver.retrieve(self._session.response_id or "")
        return self._weaver._whole(answer)

    def close(self) -> None:
        """Read no further."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Weaver:
    """A gateway. Every method raises `WeaverError`; `errors` has the tree.

    Args:
        url: `http://host:port`; else WEAVER_URL, else this machine.
        api_key: else WEAVER_API_KEY.
        pauses_s: how long to wait before each try to take up a stream that was cut.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        pauses_s: Sequence[float] = PAUSES_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(**http_options(url, api_key), transport=transport)
        self.url = str(self._http.base_url).rstrip("/")
        self._pauses_s = pauses_s

    def ask(self, text: str, **options: Unpack[AskOptions]) -> Stream:
        """Ask, as soon as the stream is read; `AskOptions` lists what may be said."""
        return Stream(self, StreamSession(self.url, self._pauses_s, body=request_body(text, options)))

    def resume(self, response_id: str, after: int | None = None) -> Stream:
        """Follow an answer, from its beginning or after the event of that number."""
        return Stream(self, StreamSession(self.url, self._pauses_s, response_id=response_id, after=after))

    def retrieve(self, response_id: str) -> Answer:
        """An answer as it is now."""
        return self._whole(self._do(calls.retrieve(response_id)))

    def cancel(self, response_id: str) -> Answer:
        """Make no more of an answer; what there is, stands."""
        return self._do(calls.cancel(response_id))

    def answers(self, limit: int = 20, after: str | None = None) -> tuple[ListedAnswer, ...]:
        """The answers that are kept, newest first; `after` is the id of the last one known already."""
        return self._do(calls.listed(limit, after))

    def draw(self, description: str, **options: Unpack[DrawOptions]) -> DrawnPicture:
        """Draw one picture of exactly these words; `DrawOptions` lists what may be said."""
        return self._do(calls.draw(description, options))

    def upload(self, image: Path | bytes) -> str:
        """Keep an image at the gateway, and return the id under which questions may name it."""
        return self._do(calls.upload(image))

    def models(self) -> tuple[Model, ...]:
        """What is served."""
        return self._do(calls.models())

    def status(self) -> Status:
        """How planner, pool and queue are."""
        return self._do(calls.status())

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, call: Call[T]) -> T:
        try:
            return call.outcome(self._http.request(call.method, call.path, **call.more))
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error

    def _whole(self, answer: Answer) -> Answer:
        return answer.with_files({name: self._do(calls.content(name)) for name in answer.undelivered})

    def _follow(self, session: StreamSession) -> Generator[Event]:
        while not session.ended:
            try:
                with self._http.stream(**session.request()) as reply:
                    if not reply.is_success:
                        reply.read()
                    session.check(reply)
                    for piece in reply.iter_bytes():
                        yield from session.feed(piece)
                error = None
            except INTERRUPTIONS as caught:
                error = caught
            if not session.ended:
                time.sleep(session.retry_pause_s(error))
