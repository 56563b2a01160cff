"""One client: asks, follows, goes on reading elsewhere when cut, polls, and asks again under its key, until it has an answer.

What it was told is kept as it was told, for `checks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.faults.processes.script import Script
from weaver.client.sse import Decoder

Manner = Literal["streamed", "background", "plain"]
MANNERS: tuple[Manner, ...] = ("streamed", "background", "plain")
HUNG_S = 120.0
"""An answer that has no end by then hangs."""
DOUBT_S = 15.0
"""An answer that is not there is believed to be gone after this: what an empty Redis forgot, its owner writes anew."""
FINAL = ("completed", "failed", "incomplete", "cancelled")
_AGAIN_S = 0.3
# Longer than any pause of a stream, in which a comment comes every 10 s.
_READ_S = 25.0


@dataclass
class Answer:
    """What one client was told: the events of its stream by number, or the last document; `pause_s` is the longest silence between events."""

    script: Script
    manner: Manner
    key: str
    id: str | None = None
    events: list[bytes] = field(default_factory=list)
    document: dict[str, Any] | None = None
    told_apart: list[str] = field(default_factory=list)
    asked_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    pause_s: float = 0.0
    gone_at: float | None = None
    is_hung: bool = False

    @property
    def is_over(self) -> bool:
        return self.document is not None

    @property
    def code(self) -> str | None:
        """Of the error that the answer ended with, if it did."""
        return ((self.document or {}).get("error") or {}).get("code")

    def hear(self, raw: bytes) -> None:
        """An event, perhaps one that was told before; an error says nothing of the answer, and bears the number of the last event."""
        event = json.loads(raw)
        number = event["sequence_number"]
        if event["type"] == "error":
            if number > max(len(self.events) - 1, 0):
                self.told_apart.append(f"an error has number {number} after {len(self.events)} events")
            return
        self.pause_s = max(self.pause_s, time.monotonic() - self.heard_at)
        self.heard_at = time.monotonic()
        if number < len(self.events):
            if raw != self.events[number]:
                self.told_apart.append(f"event {number} was {self.events[number]!r} and is {raw!r}")
        elif number > len(self.events):
            self.told_apart.append(f"event {number} came after {len(self.events) - 1}")
        else:
            self.events.append(raw)
        if "response" in event:
            self.id = event["response"]["id"]
            if event["response"]["status"] in FINAL:
                self.document = event["response"]


class Client:
    """Asks the gateways at `urls`, whichever answers."""

    def __init__(self, urls: list[str], chance: random.Random) -> None:
        self._urls, self._chance = urls, chance
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(_READ_S, connect=3))

    async def close(self) -> None:
        await self._http.aclose()

    def answer(self, script: Script, manner: Manner | None = None) -> Answer:
        """What is to be asked, in one manner or another."""
        any_manner = self._chance.choices(MANNERS, (70, 15, 15))[0]
        return Answer(script, manner or any_manner, f"key-{self._chance.getrandbits(64):x}")

    async def through(self, answer: Answer, url: str | None = None) -> Answer:
        """Ask, and have the whole answer, whatever it takes; the first try is at `url`."""
        try:
            async with asyncio.timeout(HUNG_S):
                while not answer.is_over:
                    # Cut, or nobody there: elsewhere, or later.
                    with contextlib.suppress(httpx.HTTPError):
                        await self._on(answer, url or self._chance.choice(self._urls))
                    url = None
                    if not answer.is_over:
                        await asyncio.sleep(_AGAIN_S)
        except TimeoutError:
            answer.is_hung = True
        return answer

    async def _on(self, answer: Answer, url: str) -> None:
        match answer.manner:
            case "streamed" if answer.id is not None:
                params = {"stream": "true", "starting_after": str(len(answer.events) - 1)}
                await self._follow(answer, "GET", f"{url}/v1/responses/{answer.id}", params=params)
            case "streamed":
                await self._follow(answer, "POST", f"{url}/v1/responses", **self._asking(answer, stream=True))
            case "background" if answer.id is not None:
                self._take(answer, await self._http.get(f"{url}/v1/responses/{answer.id}"))
            case "background":
                asking = self._asking(answer, background=True)
                self._take(answer, await self._http.post(f"{url}/v1/responses", **asking))
            case "plain":
                reply = await self._http.post(f"{url}/v1/responses", **self._asking(answer), timeout=HUNG_S)
                self._take(answer, reply)

    def _asking(self, answer: Answer, **more: Any) -> dict[str, Any]:
        return {"json": answer.script.question(**more), "headers": {"Idempotency-Key": answer.key}}

    def _take(self, answer: Answer, reply: httpx.Response) -> None:
        """A document, or a refusal that passes; any other refusal is the end."""
        if reply.status_code in (409, 429, 503):
            return
        if reply.status_code == 404 and time.monotonic() - self._doubted(answer) < DOUBT_S:
            return
        try:
            document = reply.json()
        except ValueError:
            answer.told_apart.append(f"{reply.status_code} without a type: {reply.text[:100]!r}")
            return
        if reply.is_error:
            answer.document = {"status": "refused", "error": document["error"], "http": reply.status_code}
            return
        answer.id = document["id"]
        if document["status"] in FINAL:
            answer.document = document

    def _doubted(self, answer: Answer) -> float:
        answer.gone_at = time.monotonic() if answer.gone_at is None else answer.gone_at
        return answer.gone_at

    async def _follow(self, answer: Answer, method: str, url: str, **options: Any) -> None:
        async with self._http.stream(method, url, **options) as reply:
            if reply.is_error:
                await reply.aread()
                self._take(answer, reply)
                return
            decoder = Decoder()
            async for piece in reply.aiter_bytes():
                for raw in decoder.feed(piece):
                    answer.hear(raw)
