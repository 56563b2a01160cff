"""One process that a test may kill, stop for a while and tell to leave."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.probe import succeeds
from tests.faulty_gateway import BUSY_S

READY_S = 180.0
LEAVE_S = 40.0


class Program:
    """A process under a name, which says at `url` whether it is ready. What it says else goes to `log`."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path, url: str | None = None
    ) -> None:
        self.name, self.url = name, url
        self._command, self._env, self._log = list(command), os.environ | dict(env), log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            # What Python ignores is left ignored, so that for Redis a file that may not grow is an error and not its end.
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._env, stdout=log, stderr=log, restore_signals=False
            )
        await self.ready()

    async def ready(self) -> None:
        """Wait until it is ready."""
        async with asyncio.timeout(READY_S):
            while not await self.is_ready():
                assert self.is_running, f"{self.name} ended while it started; see {self._log}"
                await asyncio.sleep(0.1)

    async def is_ready(self) -> bool:
        return self.url is None or await asyncio.to_thread(succeeds, f"{self.url}/readyz", 2)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def leave(self) -> int:
        """Tell it to leave, and wait until it has; answers its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), LEAVE_S)

    async def be_busy(self) -> None:
        """Hold up its event loop, if it is a `faulty_gateway`, and wait until it goes on."""
        os.kill(self.pid, signal.SIGUSR2)
        await asyncio.sleep(BUSY_S)

    async def stop_for(self, stopped_s: float) -> None:
        """Stop it in the middle of whatever it does, and let it go on."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(stopped_s)
        finally:
            os.kill(self.pid, signal.SIGCONT)
