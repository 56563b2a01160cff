"""How to call the planner: `Planner`, an HTTP client that yields `PlanEvent`s. It needs aiohttp and pydantic only.

aiohttp, because much of what a token costs its reader is to take it from the wire, and its parser is written in C.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

import aiohttp
from pydantic import ValidationError

from planner_service.arriving import known, lines, together
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.wire import PlanDone, PlanEvent, PlanFailed, PlannerModel, PlanRequest, Refusal
from telemetry.traces import CURRENT, HEADER

__all__ = ["PlanRefused", "Planner", "PlannerUnavailable"]

log = logging.getLogger(__name__)

JSON = {"content-type": "application/json"}
CONNECT_S = 5
PROBE_S = 5
BELIEVED_S = 1
"""How long what a planner serves is taken to be so: another model comes only with another process, which takes longer to start."""
LOST = (aiohttp.ClientError, TimeoutError)
"""How a planner that is away shows."""
LAST = (PlanDone, PlanFailed)
KEPT_S = 2
"""How long a connection is kept for the next plan: less than the planner service keeps it (5 s, uvicorn's default)."""


class Planner:
    """One or more planner services that serve the same model, as an async context manager. Each plan goes to the next that takes it.

    Args:
        base_urls: `http://host:port`, several with commas between them.
        silence_s: how long a planner may say nothing; above its own deadline for a plan, which should end first.
    """

    _session: aiohttp.ClientSession

    def __init__(self, base_urls: str, *, silence_s: float = 320):
        self._urls = [url.strip().rstrip("/") for url in base_urls.split(",")]
        self._silence_s = silence_s
        self._next = 0
        self._model: PlannerModel | None = None
        self._model_known_at = 0.0

    async def __aenter__(self) -> Self:
        # One connection for each open plan; how many there may be is the caller's admission to decide. What the environment says of
        # proxies is for the world outside, and the planner is a neighbour: aiohttp does not heed it unless asked to.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S)
        # aiohttp's own limit to silence would set a timer for each token.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def model(self) -> PlannerModel:
        """What the planners serve, or did a moment ago: every plan asks.

        Raises:
            PlannerUnavailable: none answers.
        """
        if self._model is None or time.monotonic() - self._model_known_at > BELIEVED_S:
            self._model, self._model_known_at = await self._asked_model(), time.monotonic()
        return self._model

    async def ready(self) -> bool:
        """Whether one of them can plan now."""
        return any(await asyncio.gather(*map(self._is_ready, self._urls)))

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan; the last event is a `PlanDone` or a `PlanFailed`. Closing the generator aborts the plan.

        Raises:
            PlanRefused: before the first event; its text is meant for the client.
            PlannerUnavailable: before the first event, none takes it. A connection that breaks later ends in a `PlanFailed`.
        """
        body = request.model_dump_json(exclude=None if request.written else {"written"})
        span = CURRENT.get().child("plan", "client", gen_ai__operation__name="chat", plan=request.id)
        headers = JSON | ({HEADER: span.traceparent} if span.traceparent else {})
        try:
            for url in self._in_turn():
                try:
                    async with aclosing(self._planned(url, body, headers)) as events:
                        async for event in events:
                            yield event
                    return
                except PlannerUnavailable:
                    log.warning("planner takes no plan", exc_info=True, extra={"planner": url})
            span.end(error="unavailable")
            raise PlannerUnavailable("the planner does not answer")
        finally:
            span.end()

    async def _asked_model(self) -> PlannerModel:
        for url in self._in_turn():
            try:
                return PlannerModel.model_validate_json(await self._got(f"{url}/v1/model"))
            except (*LOST, ValidationError):
                log.warning("planner does not answer", exc_info=True, extra={"planner": url})
        raise PlannerUnavailable("the planner does not answer")

    def _in_turn(self) -> list[str]:
        """All of them, beginning with another each time; one that has just failed a plan comes last."""
        self._next = (self._next + 1) % len(self._urls)
        return self._urls[self._next :] + self._urls[: self._next]

    async def _got(self, url: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=PROBE_S)
        async with self._session.get(
            url, timeout=timeout, allow_redirects=False, raise_for_status=True
        ) as answer:
            return await answer.read()

    async def _is_ready(self, url: str) -> bool:
        try:
            await self._got(f"{url}/readyz")
        except LOST:
            return False
        return True

    async def _planned(self, url: str, body: str, headers: dict[str, str]) -> AsyncGenerator[PlanEvent]:
        begun = False
        try:
            async with (
                await self._accepted(url, body, headers) as answer,
                aclosing(lines(answer, self._silence_s)) as arriving,
            ):
                async for came in arriving:
                    events = [known(line) for line in came]
                    begun = begun or bool(came)
                    for event in together(events):
                        yield event
                        if isinstance(event, LAST):
                            return
        except (*LOST, ValidationError) as error:
            if not begun:
                raise PlannerUnavailable("the planner does not answer") from error
        if not begun:
            raise PlannerUnavailable("the planner does not answer")
        yield PlanFailed(code="engine_failed")

    async def _accepted(self, url: str, body: str, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """The answer of a planner that takes the plan; whoever refuses may fall silent, too, before it has said why."""
        async with asyncio.timeout(self._silence_s):
            answer = await self._session.post(
                f"{url}/v1/plan", data=body, headers=headers, allow_redirects=False
            )
            try:
                await _require_accepted(answer)
            except BaseException:
                answer.close()
                raise
            return answer


async def _require_accepted(answer: aiohttp.ClientResponse) -> None:
    if answer.status < 300:
        return
    if not 400 <= answer.status < 500:
        raise PlannerUnavailable("the planner refuses service")
    refusal = Refusal.model_validate_json(await answer.read())
    raise PlanRefused(
        refusal.message, "prompt_too_long" if refusal.code == "prompt_too_long" else "invalid_request"
    )
