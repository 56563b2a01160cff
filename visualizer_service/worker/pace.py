"""How long a picture occupies this worker: what a pool's backlog is reckoned by. It knows nothing of jobs."""

from __future__ import annotations

from typing import Final

SHARE: Final = 0.1
"""What the newest picture counts in the average: after a change of sizes, twenty pictures make it nearly right."""


class Pace:
    """`picture_s` is a moving average of seconds of work a picture; None before the first one.

    Pictures that are drawn side by side share the time, so a worker that draws eight in four seconds has half a second each.
    """

    def __init__(self) -> None:
        self.picture_s: float | None = None
        self._busy_s = 0.0

    def note(self, busy_s: float, pictures: int) -> None:
        """Some work was done, and so many pictures were finished by it."""
        self._busy_s += busy_s
        if not pictures:
            return
        each_s, self._busy_s = self._busy_s / pictures, 0.0
        for _ in range(pictures):
            self.picture_s = (
                each_s if self.picture_s is None else (1 - SHARE) * self.picture_s + SHARE * each_s
            )
