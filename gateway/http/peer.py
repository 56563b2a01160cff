"""The other end of a connection as the kernel knows it: how much it has taken, which tells a slow reader from one that does not read."""

from __future__ import annotations

import os
import socket
import struct
from asyncio import Transport
from typing import Final

_ACKNOWLEDGED_AT: Final = 120
"""Where `tcpi_bytes_acked` stands in Linux's `struct tcp_info` (include/uapi/linux/tcp.h, since 4.1): 8 bytes."""


def taken_bytes(transport: Transport) -> int:
    """A count that grows whenever the peer takes some more; where the kernel does not tell, whenever the kernel does.

    The kernel holds megabytes for a peer, so to a process a slow reader seems to take nothing for a long time, and then much.
    """
    waiting = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    if connection is None or not hasattr(socket, "TCP_INFO"):
        return -waiting
    with _kernels(connection) as kernels:
        told = kernels.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED_AT + 8)
    if len(told) < _ACKNOWLEDGED_AT + 8:
        return -waiting
    return struct.unpack_from("=Q", told, _ACKNOWLEDGED_AT)[0]


def cut(transport: Transport) -> None:
    """End a connection at once; what the kernel still holds for the peer is thrown away with it."""
    if (connection := transport.get_extra_info("socket")) is not None:
        with _kernels(connection) as kernels:
            kernels.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _kernels(connection: socket.socket) -> socket.socket:
    """The kernel's socket, where an event loop shows less than all of it."""
    return socket.socket(fileno=os.dup(connection.fileno()))
