"""`python -m weaver.mcp_stdio`: the gateway's tools over standard input and output, for agents that start their servers themselves.

It knows no tool: it passes on what a gateway at `WEAVER_URL` offers and says, `WEAVER_API_KEY` with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from weaver.client.config import CONNECT_S, http_options

NAME, PATH = "weaver", "/mcp"
# Between two events of a call, which tell of each step, a gateway may be silent for as long as one picture waits.
TIMEOUT = httpx2.Timeout(300, connect=CONNECT_S)

Context = ServerRequestContext[Any, Any]


def proxy(gateway: Client) -> Server[Any]:
    """A server that has nothing of its own."""

    async def tools(_: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return await gateway.list_tools(cursor=params.cursor if params else None)

    async def call(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        report = context.session.report_progress
        return await gateway.call_tool(params.name, params.arguments, progress_callback=report)

    return Server(NAME, instructions=gateway.instructions, on_list_tools=tools, on_call_tool=call)


async def main() -> None:
    """Serve until standard input ends."""
    config = http_options(None, None)
    async with (
        httpx2.AsyncClient(headers=config["headers"], timeout=TIMEOUT) as http,
        Client(streamable_http_client(config["base_url"] + PATH, http_client=http)) as gateway,
        stdio_server() as (read, write),
    ):
        server = proxy(gateway)
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
