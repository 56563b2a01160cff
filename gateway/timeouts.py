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
    # A restart of Redis with its data takes seconds, a failover ten; after this a reader is told to come back later.
    store_s: float = 30.0
    # How long a gateway has an answer to itself before it must say again that it is at it. Half of that is how long something must
    # look lost before it is believed.
    owner_lost_s: float = 10.0
    beat_s: float = 1.0

    @property
    def doubt_s(self) -> float:
        """How long something must look lost before a reader believes it."""
        return self.owner_lost_s / 2

    @property
    def silence_s(self) -> float:
        """No response is silent for longer, whatever became of those who made it."""
        return self.response_s + 3 * self.owner_lost_s

    @property
    def read_mark_ttl_s(self) -> float:
        """How long a response counts as read after a reader said so."""
        return 2 * self.beat_s
