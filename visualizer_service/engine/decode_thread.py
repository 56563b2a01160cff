"""One thread beside the step loop that turns latents into pictures, so that the next step need not wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Ordered:
    """A picture that was ordered: the preview `index` of a task, or its final picture where that is None."""

    task_id: str
    index: int | None
    picture: Future[Image]


class SideThread:
    """Makes pictures in the order in which they were asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._orders: deque[Ordered] = deque()

    def __len__(self) -> int:
        return len(self._orders)

    def order(self, task_id: str, index: int | None, make: Callable[[], Image]) -> None:
        """Ask for a picture."""
        self._orders.append(Ordered(task_id, index, self._thread.submit(make)))

    def ready(self, most_wait_s: float) -> list[Ordered]:
        """Pictures made, or failed, since the last call; waits for one only if there is any to wait for."""
        if self._orders:
            wait([self._orders[0].picture], timeout=most_wait_s)
        ready = []
        while self._orders and self._orders[0].picture.done():
            ready.append(self._orders.popleft())
        return ready

    def forget(self, task_id: str) -> None:
        """Cancel a task's pictures; one being made is thrown away."""
        for order in self._orders:
            if order.task_id == task_id:
                order.picture.cancel()
        self._orders = deque(order for order in self._orders if order.task_id != task_id)

    def close(self) -> None:
        """Wait for the picture being made and end the thread."""
        self._thread.shutdown(cancel_futures=True)
        self._orders.clear()
