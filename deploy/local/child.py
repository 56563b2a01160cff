"""One child process: started in a session of its own, its output passed on line by line, and stopped with all that it started.

It knows nothing of what the process does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

Echo = Callable[[str, str], None]
"""Takes a process's name and a line of its output."""


class Child:
    """A running process and its descendants."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], echo: Echo) -> None:
        self.name = name
        tether = [sys.executable, "-m", "deploy.local.tether", str(os.getpid())]
        self._process = subprocess.Popen(
            [*tether, *command],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=self._pass_on, args=(echo,), name=f"{name}-output", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while the process runs; negative for a signal."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process alone: it knows how to stop its own children."""
        if self.exit_code is None:
            self._process.terminate()

    def end(self, grace_s: float) -> None:
        """Wait for a process that was asked to stop, then end its whole group and collect what is left of its output."""
        with contextlib.suppress(subprocess.TimeoutExpired):  # the end of the group is the answer to that
            self._process.wait(grace_s)
        self.sweep()
        self._process.wait()
        self._reader.join(timeout=5)

    def sweep(self) -> None:
        """Kill every process of the group, also those that a dead leader left behind."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _pass_on(self, echo: Echo) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                echo(self.name, line.rstrip("\n"))
