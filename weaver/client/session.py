"""How far a reader has come in an answer's stream, what to ask for next, and how often to try again; it does no waiting and no reading.

A request bears an `Idempotency-Key`, so one whose reply never came is sent again without being answered twice; an answer that has
begun is taken up after the last event that came.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from weaver.client.answer import Answer
from weaver.client.calls import response_path
from weaver.client.errors import Broken, NotUnderstood, Refused, Unreachable, WeaverError, refusal
from weaver.client.events import Began, Event, Finished
from weaver.client.reading import Interrupted, Reader

TRANSIENT = (409, 429, 500, 502, 503, 504)
NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout)
INTERRUPTIONS = (httpx.TransportError, Refused, Interrupted)
"""What ends a stream before its answer has ended; `StreamSession.retry_pause_s` says whether to go on."""


class StreamSession:
    """One reader's way through one answer.

    Args:
        url: of the gateway, for those who have to find it.
        body: of the request that begins the answer, or None to follow one that has begun.
        response_id: the answer to follow.
        after: the number of the last event that is known already.
        pauses_s: how long to wait before each try to go on; a try that brings something begins the count anew.
    """

    def __init__(
        self,
        url: str,
        pauses_s: Sequence[float],
        body: dict[str, Any] | None = None,
        response_id: str | None = None,
        after: int | None = None,
    ) -> None:
        self.response_id, self.after = response_id, after
        self._url, self._body, self._key = url, body, str(uuid.uuid4())
        self._pauses_s, self._tries = tuple(pauses_s), 0
        self._answered = False
        self._reader, self._got_event = Reader(), False
        self._finished: Finished | None = None
        self.ended = False

    def request(self) -> dict[str, Any]:
        """What to ask for now, in httpx's terms."""
        self._reader, self._got_event = Reader(), False
        if self.response_id is None:
            headers = {"idempotency-key": self._key}
            return {"method": "POST", "url": "/v1/responses", "json": self._body, "headers": headers}
        params: dict[str, Any] = {"stream": True}
        if self.after is not None:
            params["starting_after"] = self.after
        return {"method": "GET", "url": response_path(self.response_id), "params": params}

    def check(self, reply: httpx.Response) -> None:
        """Look at a reply's head.

        Raises:
            NotUnderstood: it is not a stream.
            Refused: it is a refusal, and has been read.
        """
        if not reply.is_success:
            raise refusal(reply)
        if not reply.headers.get("content-type", "").startswith("text/event-stream"):
            raise NotUnderstood(f"{self._url} does not answer as a gateway does.")
        self._answered = True

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are whole with this piece, none twice. Raises Interrupted and NotUnderstood."""
        for event in self._reader.feed(piece):
            self._tries, self._got_event = 0, True
            self.after = event.number
            match event:
                case Began(response_id=response_id):
                    self.response_id = response_id
                case Finished():
                    self._finished, self.ended = event, True
            yield event

    def retry_pause_s(self, error: Exception | None) -> float:
        """How many seconds to wait before going on, now that the stream has ended by an error or without a word.

        Raises:
            Unreachable, Broken, Refused: it is no use.
        """
        if error is None and self.response_id is not None and not self._got_event:
            self.ended = True  # nothing came after the last event that is known: that was the last one
            return 0
        if isinstance(error, Refused) and not (self._answered and error.status in TRANSIENT):
            raise error
        if self._tries == len(self._pauses_s) or (isinstance(error, NO_CONNECTION) and not self._answered):
            raise self._given_up() from error
        self._answered = True  # somebody is there, or was
        self._tries += 1
        return self._pauses_s[self._tries - 1]

    def answer(self) -> Answer | None:
        """What the stream amounted to; None if its last event was known before.

        Raises:
            ValueError: it was not read to its end.
        """
        if not self.ended:
            raise ValueError("The stream was closed before its end.")
        return self._finished and self._finished.answer

    def _given_up(self) -> WeaverError:
        return Unreachable(self._url) if self.response_id is None else Broken(self.response_id)


class StreamPosition:
    """How far whoever reads a stream has come; both kinds of client have it alike."""

    def __init__(self, session: StreamSession) -> None:
        self._session = session

    @property
    def response_id(self) -> str | None:
        """The answer's id, as soon as it has one."""
        return self._session.response_id

    @property
    def number(self) -> int | None:
        """The number of the last event that came; `resume` goes on after it."""
        return self._session.after
