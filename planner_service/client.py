"""How to call the planner: `Planner`, an HTTP client that yields `PlanEvent`s. It needs httpx and pydantic only."""

from __future__ import annotations

from collections.abc import AsyncGenerator
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

JSON = {"content-type": "application/json"}
CONNECT_S = 5
PROBE_S = 5


class Planner:
    """A planner service, as an async context manager.

    Args:
        base_url: `http://host:port`.
        silence_s: how long the planner may say nothing; above its own deadline for a plan, which should end first.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self, base_url: str, *, silence_s: float = 320, transport: httpx.AsyncBaseTransport | None = None
    ):
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(silence_s, connect=CONNECT_S),
            # One connection for each open plan; how many there may be is the caller's admission to decide.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def model(self) -> PlannerModel:
        """What the planner serves.

        Raises:
            PlannerUnavailable: it does not answer.
        """
        try:
            response = await self._client.get("/v1/model", timeout=PROBE_S)
            response.raise_for_status()
            return PlannerModel.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise PlannerUnavailable("the planner does not answer") from error

    async def ready(self) -> bool:
        """Whether it can plan now."""
        try:
            return (await self._client.get("/readyz", timeout=PROBE_S)).is_success
        except httpx.HTTPError:
            return False

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan; the last event is a `PlanDone` or a `PlanFailed`. Closing the generator aborts the plan.

        Raises:
            PlanRefused: before the first event; its text is meant for the client.
            PlannerUnavailable: before the first event. A connection that breaks later ends in a `PlanFailed`.
        """
        body = request.model_dump_json()
        span = CURRENT.get().child("plan", "client", gen_ai__operation__name="chat", plan=request.id)
        headers = JSON | ({HEADER: span.traceparent} if span.traceparent else {})
        begun = False
        try:
            async with self._client.stream("POST", "/v1/plan", content=body, headers=headers) as response:
                await _require_accepted(response)
                async for line in _lines(response):
                    event = PLAN_EVENT.validate_json(line)
                    begun = True
                    yield event
                    if isinstance(event, PlanDone | PlanFailed):
                        return
        except (httpx.HTTPError, ValidationError) as error:
            span.end(error="unavailable")
            if not begun:
                raise PlannerUnavailable("the planner does not answer") from error
        finally:
            span.end()
        if not begun:
            raise PlannerUnavailable("the planner does not answer")
        yield PlanFailed(code="engine_failed")


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
