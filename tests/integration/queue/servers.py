"""Servers that the tests of addresses start for themselves."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import redis as blocking

from deploy.local import redis_server

START_S = 30.0


class Server:
    """A Redis or a sentinel on a port of its own."""

    def __init__(self, folder: Path, port: int, *words: str) -> None:
        self.port = port
        folder.mkdir()
        self._process = subprocess.Popen(
            [redis_server.program(), *words, "--port", str(port), "--bind", "127.0.0.1"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    def ask(self, *command: str) -> object:
        with closing(blocking.Redis(port=self.port, socket_timeout=5)) as client:
            return client.execute_command(*command)

    def until(self, says: str, *command: str) -> None:
        """Wait until it says this when asked that."""
        give_up_at = time.monotonic() + START_S
        while True:
            with suppress(blocking.ConnectionError):
                if says in str(self.ask(*command)):
                    return
            assert time.monotonic() < give_up_at, f"{command} never says {says}"
            time.sleep(0.05)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        """From now on it takes connections and commands, and answers none."""
        self._process.send_signal(signal.SIGSTOP)
