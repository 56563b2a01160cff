"""How to call the planner: `Planner`, an HTTP client that yields `PlanEvent`s. It needs aiohttp, httptools and pydantic only."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, closing
from typing import Self

import aiohttp
from pydantic import ValidationError

from planner_service import exchange
from planner_service.arriving import known, together
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.exchange import Exchange
from planner_service.wire import PlanDone, PlanEvent, PlanFailed, PlannerModel, PlanRequest, Refusal
from telemetry.traces import CURRENT, HEADER

__all__ = ["PlanRefused", "Planner", "PlannerUnavailable"]

log = logging.getLogger(__name__)

JSON = {"content-type": "application/json"}
PROBE_S = 5
BELIEVED_S = 1
"""How long what a planner serves is taken to be so: another model comes only with another process, which takes longer to start."""
SILENT = (aiohttp.ClientError, TimeoutError)
"""How a planner that does not say what it is shows."""
LOST = (*exchange.LOST, ValidationError)
"""How one shows that is lost, or says what is no plan."""
LAST = (PlanDone, PlanFailed)
KEPT_S = 2
"""How long a connection is kept for the next such question: less than the planner service keeps it (5 s, uvicorn's default)."""


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
        # What the environment says of proxies is for the world outside, and the planner is a neighbour: aiohttp does not heed it unless asked to.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S),
            timeout=aiohttp.ClientTimeout(total=PROBE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
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
        body = request.model_dump_json(exclude=None if request.written else {"written"}).encode()
        span = CURRENT.get().child("plan", "client", gen_ai__operation__name="chat", plan=request.id)
        headers = JSON | ({HEADER: span.traceparent} if span.traceparent else {})
        try:
            answer, events = await self._begun(body, headers)
            with closing(answer):
                while events:
                    for event in together(events):
                        yield event
                        if isinstance(event, LAST):
                            return
                    events = await _rest(answer)
                yield PlanFailed(code="engine_failed")
        except PlannerUnavailable:
            span.end(error="unavailable")
            raise
        finally:
            span.end()

    async def _asked_model(self) -> PlannerModel:
        for url in self._in_turn():
            try:
                return PlannerModel.model_validate_json(await self._got(f"{url}/v1/model"))
            except (*SILENT, ValidationError):
                log.warning("planner does not answer", exc_info=True, extra={"planner": url})
        raise PlannerUnavailable("the planner does not answer")

    def _in_turn(self) -> list[str]:
        """All of them, beginning with another each time; one that has just failed a plan comes last."""
        self._next = (self._next + 1) % len(self._urls)
        return self._urls[self._next :] + self._urls[: self._next]

    async def _got(self, url: str) -> bytes:
        async with self._session.get(url, allow_redirects=False, raise_for_status=True) as answer:
            return await answer.read()

    async def _is_ready(self, url: str) -> bool:
        try:
            await self._got(f"{url}/readyz")
        except SILENT:
            return False
        return True

    async def _begun(
        self, body: bytes, headers: Mapping[str, str]
    ) -> tuple[Exchange, list[PlanEvent | None]]:
        """The answer of the first planner that begins one, with its first events; to be closed."""
        for url in self._in_turn():
            with ExitStack() as opened:
                try:
                    asked = await exchange.ask(f"{url}/v1/plan", body, headers, self._silence_s)
                    answer = opened.enter_context(closing(asked))
                    await _require_accepted(answer)
                    if events := [known(line) for line in await answer.lines()]:
                        opened.pop_all()
                        return answer, events
                    log.warning("planner answers nothing", extra={"planner": url})
                except (*LOST, PlannerUnavailable):
                    log.warning("planner takes no plan", exc_info=True, extra={"planner": url})
        raise PlannerUnavailable("the planner does not answer")


async def _rest(answer: Exchange) -> list[PlanEvent | None]:
    """What follows, once there is some; nothing of a planner that is lost."""
    try:
        return [known(line) for line in await answer.lines()]
    except LOST:
        log.warning("planner lost within a plan", exc_info=True)
        return []


async def _require_accepted(answer: Exchange) -> None:
    status = await answer.status()
    if status < 300:
        return
    if not 400 <= status < 500:
        raise PlannerUnavailable("the planner refuses service")
    refusal = Refusal.model_validate_json(await answer.body())
    raise PlanRefused(
        refusal.message, "prompt_too_long" if refusal.code == "prompt_too_long" else "invalid_request"
    )
