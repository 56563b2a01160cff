"""A thread of its own that decodes latents to pictures, so that the next step need not wait."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class PendingPicture:
    """A picture asked for: the preview `index` of a task, or its final picture where that is None."""

    task_id: str
    index: int | None
    picture: Future[Image]


class DecodeThread:
    """Makes pictures in the order in which they were asked for.

    One that takes longer than `stuck_s` will never come. `is_inline`: they are made where they are asked for, while nothing else is done.
    """

    def __init__(
        self,
        stuck_s: float = math.inf,
        *,
        is_inline: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._pending: deque[PendingPicture] = deque()
        self._stuck_s = stuck_s
        self._is_inline = is_inline
        self._clock = clock
        self._began: float | None = None

    def __len__(self) -> int:
        return len(self._pending)

    def submit(self, task_id: str, index: int | None, make: Callable[[], Image]) -> None:
        """Ask for a picture."""
        picture = self._thread.submit(self._timed, make)
        if self._is_inline:
            wait([picture])
        self._pending.append(PendingPicture(task_id, index, picture))

    def is_stuck(self) -> bool:
        """Whether a picture has been in the making for too long, be it one that was forgotten: others wait behind it."""
        began = self._began
        return began is not None and self._clock() - began > self._stuck_s

    def ready(self, most_wait_s: float) -> list[PendingPicture]:
        """Pictures made, or failed, since the last call; waits for one only if there is any to wait for."""
        if self._pending:
            wait([self._pending[0].picture], timeout=most_wait_s)
        ready = []
        while self._pending and self._pending[0].picture.done():
            ready.append(self._pending.popleft())
        return ready

    def forget(self, task_id: str) -> None:
        """Cancel a task's pictures; one being made is thrown away."""
        for pending in self._pending:
            if pending.task_id == task_id:
                pending.picture.cancel()
        self._pending = deque(one for one in self._pending if one.task_id != task_id)

    def close(self) -> None:
        """Wait for the picture being made and end the thread."""
        self._thread.shutdown(cancel_futures=True)
        self._pending.clear()

    def _timed(self, make: Callable[[], Image]) -> Image:
        # In the thread itself: how long a picture waited for those before it says nothing of the device.
        self._began = self._clock()
        try:
            return make()
        finally:
            self._began = None
