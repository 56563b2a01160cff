"""How long the gateway waits for what, and how often it says that it is alive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All in seconds."""

    # A cold planner may compile a grammar before its first token.
    plan_start_s: float = 30.0
    # Long enough for a held chain of pictures, each with its own deadline.
    response_s: float = 900.0
    # A reader that lost its connection gets this long to come back before a foreground response is cancelled.
    reader_grace_s: float = 5.0
    # A restart of Redis with its data takes seconds; after this an answer in progress is given up.
    store_s: float = 30.0
    # Half of it is a heartbeat's life, half a reader's doubt: a heartbeat may be missing right after a restart of Redis.
    owner_lost_s: float = 10.0
    beat_s: float = 1.0

    @property
    def heartbeat_ttl_s(self) -> float:
        """How long a gateway process is believed alive after a beat."""
        return self.owner_lost_s / 2

    @property
    def doubt_s(self) -> float:
        """How long something must look lost before a reader believes it."""
        return self.owner_lost_s / 2

    @property
    def silence_s(self) -> float:
        """No response is silent for longer, whatever became of its owner."""
        return self.response_s + self.owner_lost_s

    @property
    def read_mark_ttl_s(self) -> float:
        """How long a response counts as read after a reader said so."""
        return 2 * self.beat_s
