"""Ports for processes that take long to start, or are ended and started again."""

from __future__ import annotations

import contextlib
import random
import socket

_RANGE = range(20_000, 32_000)
"""Below those that outgoing connections get, of which one might take a port while the process that it belongs to is not there."""


def lasting_ports(count: int) -> list[int]:
    """So many ports that nobody listens at."""
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            break
    return found
