"""How the app is served over HTTP: uvicorn, with connections that are counted and timed.

h11 parses, because it goes on in HTTP/1.1 where a client offers an upgrade that is not taken, and frames answers to HTTP/1.0 rightly.
"""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from gateway.http.connections import (
    MOST_CONNECTIONS,
    MOST_HEADER_BYTES,
    Connections,
    raise_descriptor_limit,
)
from gateway.settings import Settings

# asyncio accepts as many connections at a stretch as may wait, before any is counted or closed again; so few may wait for it, and
# many for the kernel.
MOST_ACCEPTED, MOST_UNACCEPTED = 32, 2048

KEEP_ALIVE_S = 75
"""How long a connection may be silent between two requests: longer than clients keep theirs (5 s in httpx, 60 s in load balancers), or a request
would be cut that is sent in the moment in which it is closed here. One that is needed elsewhere is closed before."""


class Server(uvicorn.Server):
    """uvicorn's server, with room in the kernel for a rush of new connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                with socket.socket(fileno=listener.dup().detach()) as kernels:
                    kernels.listen(MOST_UNACCEPTED)


def server_config(app: ASGIApp, settings: Settings, **options: Any) -> uvicorn.Config:
    """The configuration of a server of this app; `options` are uvicorn's own."""
    # The other half is for Redis, the planner and files.
    most = settings.most_connections or min(MOST_CONNECTIONS, raise_descriptor_limit() // 2)
    per_address = settings.most_connections_per_address or max(1, most // 2)
    connections = Connections(most, per_address, settings.headers_s, settings.write_s)
    return uvicorn.Config(
        app,
        http=connections.protocol(),
        ws="none",
        backlog=MOST_ACCEPTED,
        timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        # Who is believed is said in one place, `gateway/http/public_url.py`.
        proxy_headers=False,
        **options,
    )
