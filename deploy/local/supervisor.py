"""Starts a stack stage by stage, restarts what dies, and stops everything in reverse order.

It knows nothing of what the services do, only when each is ready. Nothing that it started outlives it: see `tether` and `child`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, Self

from deploy.local.child import Child, Echo
from deploy.local.services import Service, Stack

State = Literal["starting", "ready", "died", "stopped"]
Notice = Callable[[str, State], None]
"""Takes a service's name and what became of it."""

POLL_S = 0.2
GRACE_S = 15.0  # more than any service takes, see `services.DEFAULTS`
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 30.0
STEADY_S = 60.0  # a service that ran this long starts its back-off anew
LINES_KEPT = 40

log = logging.getLogger(__name__)


class NotReady(Exception):
    """A service ended or did not become ready in time; the message has the end of its output."""


class _Post:
    """A service, its present process, and when it may be started again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.child: Child | None = None
        self.started_at = 0.0
        self.back_off_s = FIRST_BACK_OFF_S
        self.restart_at: float | None = None


class Supervisor:
    """A running stack, as a context manager: entering starts it, leaving stops it."""

    def __init__(self, stack: Stack, start_timeout_s: float, echo: Echo, notice: Notice) -> None:
        self._stages = [[_Post(service) for service in stage] for stage in stack.stages]
        self._posts = {post.service.name: post for stage in self._stages for post in stage}
        self._start_timeout_s = start_timeout_s
        self._echo = echo
        self._notice = notice
        self._last_lines: dict[str, deque[str]] = {name: deque(maxlen=LINES_KEPT) for name in self._posts}
        self._stopping, self._watched, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor")

    def __enter__(self) -> Self:
        """Start every stage and wait for it.

        Raises:
            NotReady: the stack could not be started; what had started is stopped.
        """
        try:
            for stage in self._stages:
                for post in stage:
                    self._start(post)
                self._await_ready(stage)
        except BaseException:
            self._stop_all()
            raise
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything, the service that people meet first."""
        self._stopping.set()
        self._watched.wait()  # what it starts now would be stopped by nobody
        try:
            self._stop_all()
        finally:
            self._stopped.set()
            self._watcher.join()

    def pid(self, name: str) -> int:
        """The process now at this post."""
        child = self._posts[name].child
        assert child is not None
        return child.pid

    def is_ready(self, name: str) -> bool:
        """Ask the service itself."""
        return self._posts[name].service.ready()

    def _start(self, post: _Post) -> None:
        post.child = Child(post.service.name, post.service.command, post.service.env, self._hear)
        post.started_at, post.restart_at = time.monotonic(), None
        self._notice(post.service.name, "starting")

    def _hear(self, name: str, line: str) -> None:
        self._last_lines[name].append(line)
        self._echo(name, line)

    def _await_ready(self, stage: list[_Post]) -> None:
        waiting = list(stage)
        deadline = time.monotonic() + self._start_timeout_s
        while waiting:
            for post in list(waiting):
                if post.child is None or post.child.exit_code is not None:
                    raise NotReady(self._account(post.service.name, "ended while starting"))
                if post.service.ready():
                    waiting.remove(post)
                    self._notice(post.service.name, "ready")
            if waiting and time.monotonic() > deadline:
                raise NotReady(self._account(waiting[0].service.name, "was not ready in time"))
            time.sleep(POLL_S)

    def _account(self, name: str, what: str) -> str:
        return "\n".join((f"{name} {what}; its last words:", *self._last_lines[name]))

    def _watch(self) -> None:
        """Look after all posts until they are to be stopped.

        The thread lives until they are: what it started is tethered to it, and would be asked to stop out of its turn.
        """
        try:
            while not self._stopping.wait(POLL_S):
                for post in self._posts.values():
                    self._try_to_look_after(post)
        finally:
            self._watched.set()
            self._stopped.wait()

    def _try_to_look_after(self, post: _Post) -> None:
        try:
            self._look_after(post, time.monotonic())
        except Exception:  # whatever it was, the next look may do better
            log.exception("can't look after %s, trying again", post.service.name)

    def _look_after(self, post: _Post, now: float) -> None:
        if post.restart_at is not None:
            if now >= post.restart_at:
                self._start(post)
            return
        if post.child is None or post.child.exit_code is None:
            return
        post.child.sweep()  # a dead leader may have left its own children behind
        self._notice(post.service.name, "died")
        if now - post.started_at > STEADY_S:
            post.back_off_s = FIRST_BACK_OFF_S
        post.restart_at = now + post.back_off_s
        post.back_off_s = min(2 * post.back_off_s, LONGEST_BACK_OFF_S)

    def _stop_all(self) -> None:
        for stage in reversed(self._stages):
            running = [post.child for post in stage if post.child is not None]
            for child in running:
                child.ask_to_stop()
            deadline = time.monotonic() + GRACE_S
            for child in running:
                child.end(max(0.0, deadline - time.monotonic()))
                self._notice(child.name, "stopped")
