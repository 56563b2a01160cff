"""Server-sent events from bytes in pieces of any length. It knows nothing of what the events say."""

from __future__ import annotations


class Decoder:
    r"""Collects pieces of a stream, and gives the data of each event as soon as its blank line is there.

    Lines end in \n or \r\n. Comments, names and ids are passed over: our events bear their type and number in their data.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that are whole with this piece."""
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._held, lines[0]])
            self._held = []
        self._held.append(rest)
        return [data for line in lines if (data := self._take(line.removesuffix(b"\r"))) is not None]

    def _take(self, line: bytes) -> bytes | None:
        if line.startswith(b"data:"):
            self._data.append(line.removeprefix(b"data:").removeprefix(b" "))
        if line or not self._data:
            return None
        data, self._data = b"\n".join(self._data), []
        return data
