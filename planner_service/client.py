"""How to call the planner: `Planner`, an HTTP client that yields `PlanEvent`s. It needs httpx and pydantic only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

import httpx
from pydantic import ValidationError

from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.wire import (
    PLAN_EVENT,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlannerModel,
    PlanRequest,
    Refusal,
)
from telemetry.traces import CURRENT, HEADER

__all__ = ["PlanRefused", "Planner", "PlannerUnavailable"]

log = logging.getLogger(__name__)

JSON = {"content-type": "application/json"}
CONNECT_S = 5
PROBE_S = 5


class Planner:
    """One or more planner services that serve the same model, as an async context manager. Each plan goes to the next that takes it.

    Args:
        base_urls: `http://host:port`, several with commas between them.
        silence_s: how long a planner may say nothing; above its own deadline for a plan, which should end first.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self, base_urls: str, *, silence_s: float = 320, transport: httpx.AsyncBaseTransport | None = None
    ):
        self._clients = [
            httpx.AsyncClient(
                base_url=url.strip(),
                transport=transport,
                # The planner is a neighbour: what the environment says of proxies is for the world outside.
                trust_env=False,
                timeout=httpx.Timeout(silence_s, connect=CONNECT_S),
                # One connection for each open plan; how many there may be is the caller's admission to decide.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            )
            for url in base_urls.split(",")
        ]
        self._next = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()

    async def model(self) -> PlannerModel:
        """What the planners serve.

        Raises:
            PlannerUnavailable: none answers.
        """
        for client in self._in_turn():
            try:
                response = await client.get("/v1/model", timeout=PROBE_S)
                response.raise_for_status()
                return PlannerModel.model_validate_json(response.content)
            except (httpx.HTTPError, ValidationError):
                log.warning("planner does not answer", exc_info=True, extra={"planner": str(client.base_url)})
        raise PlannerUnavailable("the planner does not answer")

    async def ready(self) -> bool:
        """Whether one of them can plan now."""
        return any(await asyncio.gather(*map(_is_ready, self._clients)))

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
            for client in self._in_turn():
                try:
                    async with aclosing(_planned(client, body, headers)) as events:
                        async for event in events:
                            yield event
                    return
                except PlannerUnavailable:
                    log.warning(
                        "planner takes no plan", exc_info=True, extra={"planner": str(client.base_url)}
                    )
            span.end(error="unavailable")
            raise PlannerUnavailable("the planner does not answer")
        finally:
            span.end()

    def _in_turn(self) -> list[httpx.AsyncClient]:
        """All of them, beginning with another each time; one that has just failed a plan comes last."""
        self._next = (self._next + 1) % len(self._clients)
        return self._clients[self._next :] + self._clients[: self._next]


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz", timeout=PROBE_S)).is_success
    except httpx.HTTPError:
        return False


async def _planned(
    client: httpx.AsyncClient, body: str, headers: dict[str, str]
) -> AsyncGenerator[PlanEvent]:
    begun = False
    try:
        async with client.stream("POST", "/v1/plan", content=body, headers=headers) as response:
            await _require_accepted(response)
            async for line in _lines(response):
                event = _known(line)
                begun = True
                if event is None:
                    continue
                yield event
                if isinstance(event, PlanDone | PlanFailed):
                    return
    except (httpx.HTTPError, ValidationError) as error:
        if not begun:
            raise PlannerUnavailable("the planner does not answer") from error
    if not begun:
        raise PlannerUnavailable("the planner does not answer")
    yield PlanFailed(code="engine_failed")


def _known(line: bytes) -> PlanEvent | None:
    """An event of this release; one of another release's, whose name is not known here, is passed over."""
    try:
        return PLAN_EVENT.validate_json(line)
    except ValidationError as error:
        if {found["type"] for found in error.errors()} == {"union_tag_invalid"}:
            log.info("an event of the planner's is not known here")
            return None
        raise


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes]:
    """The lines of a body. httpx's own splitter would also break a line at U+2028 and its like, which a plan's text may hold."""
    held = b""
    async for piece in response.aiter_bytes():
        *lines, held = (held + piece).split(b"\n")
        for line in lines:
            yield line
    if held:
        yield held


async def _require_accepted(response: httpx.Response) -> None:
    if response.is_success:
        return
    await response.aread()
    if not response.is_client_error:
        raise PlannerUnavailable("the planner refuses service")
    refusal = Refusal.model_validate_json(response.content)
    raise PlanRefused(
        refusal.message, "prompt_too_long" if refusal.code == "prompt_too_long" else "invalid_request"
    )
