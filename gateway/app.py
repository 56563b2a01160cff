"""The gateway as an ASGI app: its routes and the layers around them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from gateway.assembly import wired
from gateway.http.container import Container
from gateway.http.layers.access import AccessLog
from gateway.http.layers.authentication import Authentication
from gateway.http.layers.bodies import Bodies, BodyLimits
from gateway.http.layers.encodings import Encodings
from gateway.http.layers.json_shape import ShapeLimits
from gateway.http.layers.paths import Paths
from gateway.http.layers.quotas import RequestQuotas
from gateway.http.layers.request_id import RequestId
from gateway.http.openapi import complete
from gateway.http.problems import answer_with_problems
from gateway.http.routes import (
    admin,
    admin_pools,
    chat,
    copies,
    docs,
    files,
    gemini,
    gemini_files,
    images,
    mcp,
    metrics,
    responses,
    service,
    shares,
    studio,
    ui,
    usage,
)
from gateway.settings import Settings

SUMMARY = "One request in, one answer out in which text and pictures alternate."
# What a page elsewhere may read of our answers' heads, beside what every page may.
EXPOSED = (
    "x-request-id",
    "x-weaver-warnings",
    "retry-after",
    "x-should-retry",
    "ratelimit",
    "ratelimit-policy",
    "etag",
    "content-range",
)
Wire = Callable[[Settings], AbstractAsyncContextManager[Container]]


def create_app(settings: Settings, wire: Wire = wired) -> FastAPI:
    """The gateway as an ASGI app; its container lives as long as its lifespan."""
    agents = mcp.Endpoint(min(settings.most_json_bytes, settings.most_body_bytes))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with wire(settings) as container, agents.run():
            app.state.container = container
            yield

    app = FastAPI(
        title="Weaver",
        summary=SUMMARY,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    optional = [studio, shares, copies] * settings.studio + [metrics] * (settings.metrics_port is None)
    optional += [admin, admin_pools] * (settings.admin_key is not None)
    for routes in (responses, chat, gemini, gemini_files, images, docs, files, service, ui, usage, *optional):
        app.include_router(routes.router)
    app.router.routes.append(mcp.route(agents))
    complete(app)
    answer_with_problems(app, lambda code: app.state.container.meter.refused(code))
    app.add_middleware(Bodies, limits=_body_limits(settings))
    app.add_middleware(Encodings)
    app.add_middleware(RequestQuotas)
    app.add_middleware(Authentication)
    app.add_middleware(Paths, public_url=settings.public_url)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    app.add_middleware(AccessLog)
    app.add_middleware(RequestId)
    return app


def _body_limits(settings: Settings) -> BodyLimits:
    return BodyLimits(
        min(settings.most_json_bytes, settings.most_body_bytes),
        settings.most_body_bytes,
        settings.most_image_bytes,
        settings.most_body_bytes_at_once,
        ShapeLimits(settings.most_json_values, settings.most_json_depth),
        settings.body_s,
    )
