"""Asks a system, whatever its dialect: sends, listens, fetches what came as a link, and tries again where that may help."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import httpx

from bench.answers.answer import Answer, Part, Picture
from bench.answers.systems import chat, dashscope, gemini, responses
from bench.answers.systems.hearing import Hearing
from bench.answers.systems.system import Conversation, Dialect, DialectName, Post, System
from weaver.client.sse import Decoder

DIALECTS: dict[DialectName, Dialect] = {
    "responses": Dialect(responses.request, responses.hear),
    "chat": Dialect(chat.request, chat.hear),
    "gemini": Dialect(gemini.request, gemini.hear),
    "dashscope": Dialect(dashscope.request, dashscope.hear),
}
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
PAUSES_S = (1.0, 4.0, 16.0, 60.0)
LONGEST_PAUSE_S = 120.0
MOST_PICTURE_BYTES = 64 << 20


class Asking:
    """Asks one system. An answer that does not come is an answer, too: it failed, and says why."""

    def __init__(
        self,
        system: System,
        http: httpx.AsyncClient,
        key: str | None = None,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self.system = system
        self._http, self._key, self._pauses_s = http, key, pauses_s

    async def ask(self, said: Conversation) -> Answer:
        """The answer to the last turn.

        Raises:
            CannotAsk: the dialect has no way to say such a thing.
        """
        dialect = DIALECTS[self.system.dialect]
        post = dialect.request(self.system, said, self._key)
        for pause_s in (*self._pauses_s, None):
            try:
                async with asyncio.timeout(self.system.answer_s):
                    return await self._once(post, dialect)
            except _Again as error:
                if pause_s is None:
                    return _lost(f"after {len(self._pauses_s) + 1} tries: {error}")
                await asyncio.sleep(pause_s if error.after_s is None else min(error.after_s, LONGEST_PAUSE_S))
            except TimeoutError:
                return _lost(f"There was no answer within {self.system.answer_s:g} s.")
            except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
                return _lost(f"{type(error).__name__}: {error}")
        raise AssertionError("the last try has no pause")

    async def _once(self, post: Post, dialect: Dialect) -> Answer:
        hearing, decoder = Hearing(), Decoder()
        url = self.system.url.rstrip("/") + post.path
        try:
            async with self._http.stream("POST", url, json=post.body, headers=post.headers) as reply:
                if reply.is_error:
                    raise await _refusal(reply)
                async for piece in reply.aiter_bytes():
                    for data in decoder.feed(piece):
                        if data != b"[DONE]":
                            dialect.hear(json.loads(data), hearing)
        except httpx.TransportError as error:
            raise _Again(f"{type(error).__name__} {error}") from error
        answer = hearing.answer()
        return replace(answer, parts=tuple([await self._fetched(part) for part in answer.parts]))

    async def _fetched(self, part: Part) -> Part:
        """A picture that came as a link, by its bytes."""
        if not isinstance(part, Picture) or part.url is None:
            return part
        held = b""
        async with self._http.stream("GET", part.url) as reply:
            if reply.is_error:
                return replace(part, failure=f"Its link answers {reply.status_code}.")
            async for piece in reply.aiter_bytes():
                held += piece
                if len(held) > MOST_PICTURE_BYTES:
                    return replace(part, failure=f"It has more than {MOST_PICTURE_BYTES >> 20} MiB.")
        return replace(part, data=held)


class _Again(Exception):
    """It may go well another time, `after_s` seconds from now if the server says so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


async def _refusal(reply: httpx.Response) -> Exception:
    said = (await reply.aread())[:500].decode(errors="replace")
    why = f"{reply.status_code} {said}"
    if reply.status_code not in AGAIN:
        return ValueError(why)
    after = reply.headers.get("retry-after", "")
    return _Again(why, float(after) if after.isdigit() else None)


def _lost(why: str) -> Answer:
    return Answer(parts=(), outcome="failed", failure=why)
