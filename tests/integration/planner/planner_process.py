"""A planner service as a process of its own, as an operator would run it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from tests.ports import lasting_ports

START_S = 420
STOP_S = 30


class PlannerProcess:
    """`python -m planner_service.main`, or what stands in for it, with settings of ours; the context ends with nothing of it left."""

    module = "planner_service.main"

    def __init__(self, log: Path, **settings: str):
        [port] = lasting_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "PLANNER_PORT": str(port),
            **{f"PLANNER_{name.upper()}": value for name, value in settings.items()},
        }

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", self.module]
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        try:
            self._await_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/readyz", timeout=5).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(f"the planner did not start:\n{self._log.read_text(errors='replace')[-4000:]}")

    def _end(self) -> None:
        left = self.children() if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        finally:
            for process in [*left, self.process]:
                if process.is_running() if isinstance(process, psutil.Process) else process.poll() is None:
                    process.kill()
