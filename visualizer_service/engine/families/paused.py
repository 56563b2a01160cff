"""A call in a thread of its own that stops at every `pause` until `go_on` is called. Knows nothing of drawing."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class _Abandoned(BaseException):
    """Unwinds an abandoned call; no `except Exception` on its way may keep it."""


class PausedCall(Generic[T]):
    """Runs only while `go_on` waits for it, so caller and call never run at once."""

    def __init__(self, call: Callable[[Callable[[], None]], T]) -> None:
        self._call = call
        self._may_run = Semaphore(0)
        self._stops: SimpleQueue[bool] = SimpleQueue()
        self._abandoned = False
        self._outcome: T | BaseException | None = None
        self._thread = Thread(target=self._run, name="paused-call", daemon=True)
        self._thread.start()

    def go_on(self) -> bool:
        """Let the call run to its next pause; True when it has ended instead.

        Raises:
            BaseException: what the call raised.
        """
        self._may_run.release()
        ended = self._stops.get()
        if ended and isinstance(self._outcome, BaseException):
            raise self._outcome
        return ended

    def result(self) -> T:
        """What the ended call returned."""
        assert not isinstance(self._outcome, BaseException | None), "the call has not ended well"
        return self._outcome

    def abandon(self) -> None:
        """Unwind the call from where it stopped, and wait until that is done."""
        self._abandoned = True
        self._may_run.release()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._wait_to_go_on()
            self._outcome = self._call(self._pause)
        except BaseException as error:
            self._outcome = error
        self._stops.put(True)

    def _pause(self) -> None:
        self._stops.put(False)
        self._wait_to_go_on()

    def _wait_to_go_on(self) -> None:
        self._may_run.acquire()
        if self._abandoned:
            raise _Abandoned
