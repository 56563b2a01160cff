"""The planner's HTTP side: `POST /v1/plan`, `GET /v1/model`, `/healthz`, `/readyz`, `/metrics`.

It knows HTTP and plans, not what writes them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Receive, Scope, Send

from planner_service.backend import Backend
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.metrics import Metrics
from planner_service.plans import Plan, Plans
from planner_service.wire import PLAN_EVENT, PlanDone, PlanFailed, PlannerModel, PlanRequest, Refusal
from telemetry import logs, traces


class PlanResponse(StreamingResponse):
    """A plan as NDJSON. However the response ends, the plan is closed with it: the generator alone might wait for collection."""

    def __init__(self, plan: Plan, span: traces.Span):
        super().__init__(_lines(plan, span), media_type="application/x-ndjson")
        self._plan, self._span = plan, span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the plan; the reader's going away cancels this."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._plan.close()
            self._span.end()


async def _lines(plan: Plan, span: traces.Span) -> AsyncIterator[str]:
    while True:
        events = await plan.next_events()
        yield "".join(PLAN_EVENT.dump_json(event).decode() + "\n" for event in events)
        match events[-1]:
            case PlanDone(usage=usage):
                span.tell(
                    gen_ai__usage__input_tokens=usage.input_tokens,
                    gen_ai__usage__output_tokens=usage.output_tokens,
                )
                return
            case PlanFailed(code=code):
                span.end(error=code)
                return


def build_app(backend: Backend, plans: Plans, metrics: Metrics) -> FastAPI:
    """Wire the routes to one backend and its plans."""
    app = FastAPI(title="planner", openapi_url=None)

    @app.post("/v1/plan")
    async def plan(request: PlanRequest, http: Request) -> PlanResponse:
        logs.begin(plan=request.id)
        span = traces.begin(
            "write plan",
            http.headers.get(traces.HEADER),
            "server",
            plan=request.id,
            gen_ai__operation__name="chat",
            gen_ai__output__type="text",
        )
        try:
            return PlanResponse(await plans.begin(request), span)
        except Exception as error:
            span.end(error=type(error).__name__)
            raise

    @app.get("/v1/model")
    async def model() -> PlannerModel:
        return backend.model

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        ready = not plans.draining and await backend.ready()
        return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503)

    @app.get("/metrics")
    async def figures() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.add_exception_handler(PlanRefused, _refused)
    app.add_exception_handler(PlannerUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PlanRefused)
    return _answer(422, Refusal(code=error.code, message=str(error)))


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    return _answer(503, Refusal(code="unavailable", message=str(error) or "the planner is down"))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"] if step != "body")
    return _answer(422, Refusal(code="invalid_request", message=f"{where or 'body'}: {first['msg']}"))


def _answer(status: int, refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.model_dump(), status)
