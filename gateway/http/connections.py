"""The connections of a process: how many there may be, and how long one may take to ask or to read.

A connection holds a descriptor before it has said anything, so caps count all of them. Where one is reached, the connection that has
waited longest without asking makes room; only where all are being answered is a new one refused. So whoever opens many and says
nothing shuts nobody out.
"""

from __future__ import annotations

import json
import resource
from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.answer.errors import HeadersTooLarge, TooManyConnections
from gateway.http.peer import cut, taken_bytes
from gateway.http.problems import problem

# More are hardly of use to one process, and each costs memory.
MOST_DESCRIPTORS, MOST_CONNECTIONS = 65_536, 10_000
# Real clients send a dozen or two; parsing costs by the line.
MOST_HEADER_LINES = 100
MOST_HEADER_BYTES = 32_768
RETRY_AFTER_S = 5.0


def raise_descriptor_limit() -> int:
    """Let this process have as many descriptors as it may, and say how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return most
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


class _Group:
    """Some connections, and those among them that wait to be asked something, longest first."""

    def __init__(self, most: int) -> None:
        self.most, self.members = most, set[Connection]()
        # One that was asked before is a client's that will come again; one that never was may be nobody's.
        self.never_asked: dict[Connection, None] = {}
        self.idle: dict[Connection, None] = {}

    @property
    def is_full(self) -> bool:
        return len(self.members) >= self.most

    def expendable(self) -> Connection | None:
        return next(iter(self.never_asked), None) or next(iter(self.idle), None)


class Connections:
    """All connections of a process, at most `most`, and `most_per_address` of one peer.

    A request's headers may take `headers_s` seconds to come; a peer may take nothing for `write_s` seconds.
    """

    def __init__(self, most: int, most_per_address: int, headers_s: float, write_s: float) -> None:
        self.headers_s, self.write_s = headers_s, write_s
        self._all = _Group(most)
        self._most_per_address = most_per_address
        self._by_address: dict[str, _Group] = {}

    def protocol(self) -> type[Connection]:
        """The protocol for a server whose connections these are to be."""
        return type("Connection", (Connection,), {"held_in": self})

    def enter(self, connection: Connection) -> bool:
        """Take a new connection, if need be in the place of another; False if there is no place."""
        own = self._by_address.setdefault(connection.address, _Group(self._most_per_address))
        for group in (own, self._all):
            if group.is_full:
                other = group.expendable()
                if other is None:
                    return False
                self.leave(other)
                other.give_way()
        for group in (own, self._all):
            group.members.add(connection)
        return True

    def leave(self, connection: Connection) -> None:
        """A connection is no more."""
        self.works(connection)
        for group in self._groups(connection):
            group.members.discard(connection)
        own = self._by_address.get(connection.address)
        if own is not None and not own.members:
            del self._by_address[connection.address]

    def waits(self, connection: Connection) -> None:
        """A connection waits to be asked something."""
        for group in self._groups(connection):
            if connection in group.members:
                (group.idle if connection.was_asked else group.never_asked).setdefault(connection)

    def works(self, connection: Connection) -> None:
        """A connection is being answered."""
        for group in self._groups(connection):
            group.never_asked.pop(connection, None)
            group.idle.pop(connection, None)

    def _groups(self, connection: Connection) -> list[_Group]:
        own = self._by_address.get(connection.address)
        return [self._all] if own is None else [own, self._all]


class Connection(H11Protocol):
    """uvicorn's protocol, with deadlines for headers and for reading, and its place among the others."""

    held_in: Connections

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.address, self.was_asked = "", False
        self._header_lines = 0
        self._asking: TimerHandle | None = None
        self._reading: TimerHandle | None = None
        self._taken = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Take a place, or say that there is none."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if not self.held_in.enter(self):
            self._refuse(TooManyConnections(retry_after_s=RETRY_AFTER_S))
            return
        self._wait_to_be_asked()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place, and all else."""
        super().connection_lost(exc)
        # One that the peer has reset uvicorn would keep in memory for as long as one that may be asked again.
        self._unset_keepalive_if_required()
        self.held_in.leave(self)
        for timer in (self._asking, self._reading):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take more of a request."""
        if self.transport.is_closing():
            return
        if not self._is_answering:
            self._header_lines += data.partition(b"\r\n\r\n")[0].count(b"\n")
            if self._header_lines > MOST_HEADER_LINES:
                self._refuse(HeadersTooLarge(f"The request has more than {MOST_HEADER_LINES} headers."))
                return
        super().data_received(data)
        if self._is_answering:
            self._works()
        elif not self.transport.is_closing():
            self._wait_to_be_asked()

    def on_response_complete(self) -> None:
        """Wait for the next request, or go on with one that is there already."""
        super().on_response_complete()
        self._header_lines = 0
        if self._is_answering:
            self._works()
        else:
            self.held_in.waits(self)
        self._watch_reading()

    def pause_writing(self) -> None:
        """Write no more until the peer has read."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """Write on, for the peer has read."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if not self._is_answering:
            self._watch_reading()

    def give_way(self) -> None:
        """Make room for another connection; nothing is being answered here."""
        self.transport.close()
        self._watch_reading()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _works(self) -> None:
        self.was_asked = True
        self.held_in.works(self)
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _wait_to_be_asked(self) -> None:
        """Give the headers their time, once: more bytes bring no more of it."""
        self.held_in.waits(self)
        if self._asking is None:
            self._asking = self.loop.call_later(self.held_in.headers_s, self._asked_nothing)

    def _asked_nothing(self) -> None:
        self._asking = None
        if not self._is_answering:
            self.give_way()

    def _refuse(self, error: TooManyConnections | HeadersTooLarge) -> None:
        """Answer without having read a request, in the one form there is for whoever asks."""
        told = problem(error)
        body = json.dumps(told).encode()
        retry = f"retry-after: {error.retry_after_s:g}\r\n" if error.retry_after_s else ""
        head = (
            f"HTTP/1.1 {error.status} {told['title']}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.give_way()

    def _watch_reading(self) -> None:
        """See whether the peer reads what was written; a connection that is closed stays until it has, or is cut."""
        if self._reading is None and self.transport.get_write_buffer_size():
            self._taken = taken_bytes(self.transport)
            self._reading = self.loop.call_later(self.held_in.write_s, self._see_progress)

    def _see_progress(self) -> None:
        self._reading = None
        if not self.transport.get_write_buffer_size():
            return
        if taken_bytes(self.transport) > self._taken:
            self._watch_reading()
        else:
            cut(self.transport)
