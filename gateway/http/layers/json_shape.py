"""Counts what a JSON text holds while its bytes arrive, so that one that holds too much is refused before anything is made of it.

What a parsed body costs goes by its values, not its bytes: a list of a million empty objects is 3 MB as text and 2.6 GB as validated
models with their errors. It knows strings, brackets and commas; whether the text is JSON at all is the parser's to say.

All the work on bytes is done by C code of `bytes`, a few passes over each piece; what runs in Python is bounded by the limits.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.answer.errors import BodyTooLarge, InvalidRequest

OPENS = b"[{"
# Of numbers, punctuation and indentation.
MOST_BYTES_PER_VALUE = 100
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class ShapeLimits:
    """The most that a JSON text may hold: values of every kind, all levels taken together, and levels of nesting."""

    most_values: int
    most_depth: int


class JsonShape:
    """How much a JSON text holds, as far as it has been fed."""

    def __init__(self, limits: ShapeLimits) -> None:
        self._limits = limits
        # A text holds one value more than it has commas and opening brackets; names of members are counted by their quotes.
        self._values, self._quotes, self._depth, self._outside = 1, 0, 0, 0
        self._in_string = False
        # A backslash at the end of a piece, which escapes the first byte of the next one.
        self._held = b""

    def feed(self, piece: bytes) -> None:
        """Count more of it; pieces may end anywhere.

        Raises:
            InvalidRequest: it holds too much.
        """
        outside = self._outside_strings(piece)
        self._outside += len(outside)
        most = MOST_BYTES_PER_VALUE * self._limits.most_values
        if self._outside > most:
            raise BodyTooLarge(
                f"The body has at least {self._outside} bytes outside its strings; at most {most} are read."
            )
        self._values += outside.count(b",") + outside.count(b"[") + outside.count(b"{")
        self._check_values(self._values)
        self._nest(outside.translate(None, NO_BRACKETS))

    def _outside_strings(self, piece: bytes) -> bytes:
        """What of a piece is no part of a string."""
        plain = self._without_escapes(self._held + piece)
        self._quotes += plain.count(b'"')
        # Each value has at most one name, so four quotes.
        self._check_values(self._quotes // 4)
        runs = plain.split(b'"')
        outside = runs[1::2] if self._in_string else runs[::2]
        self._in_string ^= len(runs) % 2 == 0
        return b" ".join(outside)

    def _without_escapes(self, piece: bytes) -> bytes:
        """The piece without its escaped quotes and backslashes; a last backslash that may escape something is held back."""
        if b"\\" not in piece:
            self._held = b""
            return piece
        # Left to right, as a parser pairs them: what is left is a backslash that escapes what follows it.
        plain = piece.replace(b"\\\\", b"")
        self._held = b"\\" if plain.endswith(b"\\") else b""
        return plain.removesuffix(b"\\").replace(b'\\"', b"")

    def _nest(self, brackets: bytes) -> None:
        opened = brackets.count(b"[") + brackets.count(b"{")
        if 2 * (self._depth + opened) < self._depth + len(brackets):
            raise InvalidRequest(
                "The body is not valid JSON: it closes more than it opens.", code="invalid_json"
            )
        before, self._depth = self._depth, self._depth + 2 * opened - len(brackets)
        if before + opened <= self._limits.most_depth:
            return
        depth = before
        for bracket in brackets:
            depth += 1 if bracket in OPENS else -1
            if depth > self._limits.most_depth:
                raise InvalidRequest(
                    f"The body nests more than {self._limits.most_depth} levels deep; no more are read.",
                    code="body_too_deep",
                )

    def _check_values(self, count: int) -> None:
        if count > self._limits.most_values:
            raise InvalidRequest(
                f"The body holds at least {count} values; at most {self._limits.most_values} are read.",
                code="too_many_values",
            )
