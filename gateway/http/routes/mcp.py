"""The gateway as an MCP server at `/mcp`, so that agents can have texts illustrated and pictures drawn.

Each request stands for itself, so any gateway process can answer any of them. It is served in the process, by the same container as every
other dialect.

Source:
    modelcontextprotocol.io, streamable HTTP; mcp 2.3 (PyPI).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mcp import types
from mcp.server import Server, ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.answer.checks import check_at_most
from gateway.answer.document import Document
from gateway.answer.errors import FOREIGN, GatewayError, named
from gateway.answer.folding import apply
from gateway.answer.request import Request
from gateway.dialects.mcp.answer import failed, progress, result
from gateway.dialects.mcp.tools import TOOLS, accept, tool_list
from gateway.http.container import Container
from gateway.http.problems import invalid
from gateway.http.routes.answers import check_capacity, start
from gateway.store.idempotency import nobody_asks
from gateway.tenants.caller import CALLER

NAME = "weaver"
PATH = "/mcp"
# Above what any tool has; each that is unknown would be told by an error of its own.
MOST_ARGUMENTS = 50
INSTRUCTIONS = "Writes texts with pictures in them, and draws pictures, in one answer and in order."

Context = ServerRequestContext[Any, Any]


def _release() -> str:
    """Of this tree; where it was copied and not installed, as into an image, nobody has noted it."""
    try:
        return version("weaver-serve")
    except PackageNotFoundError:
        return "unknown"


class Endpoint:
    """The ASGI app at `/mcp`; it answers while its `run` is entered."""

    def __init__(self, most_body_bytes: int) -> None:
        server: Server[Any] = Server(
            NAME,
            version=_release(),
            instructions=INSTRUCTIONS,
            on_list_tools=_tools,
            on_call_tool=_call,
        )
        # Who may ask is known by keys, as everywhere else; a page's origin says nothing here.
        self._manager = StreamableHTTPSessionManager(
            server, stateless=True, max_request_body_size=most_body_bytes
        )

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Be able to answer. The manager's tasks have one of their own, for whoever enters a lifespan need not be who leaves it."""
        begun, over = asyncio.Event(), asyncio.Event()

        async def manage() -> None:
            async with self._manager.run():
                begun.set()
                await over.wait()

        managing = asyncio.create_task(manage(), name="mcp")
        await begun.wait()
        try:
            yield
        finally:
            over.set()
            await managing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await self._manager.handle_request(scope, receive, send)


def route(endpoint: Endpoint) -> Route:
    """Where agents find it."""
    return Route(PATH, endpoint=endpoint, include_in_schema=False)


async def _tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    return types.ListToolsResult(tools=tool_list())


async def _call(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    assert context.request is not None, "it came over HTTP"
    container: Container = context.request.app.state.container
    tenant: str = context.request.state.tenant
    # The manager's tasks know nothing of the layers around this.
    CALLER.set(context.request.state.caller)
    form = TOOLS.get(params.name)
    if form is None:
        return failed(f"There is no tool {params.name[:80]}; there are {', '.join(TOOLS)}.")
    arguments = params.arguments or {}
    try:
        check_at_most(len(arguments), MOST_ARGUMENTS, "arguments", "arguments")
        call = form.model_validate(arguments)
        check_capacity(context.request, container, None)
        accepted = await accept(
            call, tenant, await container.backends.of(None).pool.limits(), container.intake.of_one()
        )
        request = await start(accepted, context.request, container, nobody_asks)
        document = await container.streams.unless_closing(_follow(request, container, context))
        return await result(request, document, container.intake.blobs)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        return _refused(invalid(found, arguments), container)
    except (GatewayError, *FOREIGN) as error:
        return _refused(named(error), container)


def _refused(error: GatewayError, container: Container) -> types.CallToolResult:
    container.meter.refused(error.code)
    return failed(error.message)


async def _follow(request: Request, container: Container, context: Context) -> Document:
    """The answer once it has ended; the agent learns how far it is. If it leaves, nobody reads any more."""
    document, reported = Document(), -1.0
    async with aclosing(container.follower.follow(request.id)) as events:
        async for _, event in events:
            document = apply(document, event)
            drawn, words = progress(document)
            # A picture that is begun anew does not go back for agents: progress only ever rises.
            if drawn > reported:
                reported = drawn
                await context.session.report_progress(drawn, _total(request), words)
    return document


def _total(request: Request) -> float | None:
    return float(request.most_images) if request.least_images == request.most_images else None
