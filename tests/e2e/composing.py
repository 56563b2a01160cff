"""The compose file on a real Docker engine, as a project of its own."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.probe import succeeds

ROOT = Path(__file__).parents[2]
SLOW = {
    "VISUALIZER_MODEL": "simulated",
    "VISUALIZER_SIMULATION": json.dumps({"steps": 10, "step_ms": 400, "sizes": [[128, 128]]}),
}


@dataclass(frozen=True, slots=True)
class Compose:
    """A project of its own, so that nothing else on the engine is touched."""

    command: tuple[str, ...]
    files: tuple[Path, ...]
    port: int
    profiles: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    project: str = "weaver-test"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, *arguments: str) -> str:
        files = [word for file in self.files for word in ("-f", str(file))]
        profiles = [word for profile in self.profiles for word in ("--profile", profile)]
        environment = {
            **os.environ,
            "GATEWAY_BIND": f"127.0.0.1:{self.port}",
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_DOCKER_CLI_BUILD": "0",
            **self.environment,
        }
        outcome = subprocess.run(
            [*self.command, "-p", self.project, *files, *profiles, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-3000:]
        return outcome.stdout

    def containers(self, service: str) -> list[str]:
        return self("ps", "-q", service).split()

    def await_ready(self, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not succeeds(f"{self.url}/readyz", timeout_s=2):
            assert time.monotonic() < deadline, self("logs", "--tail", "40")
            time.sleep(1)


def compose_command() -> tuple[str, ...]:
    """Compose as a plugin of docker, else the program of old."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ("docker", "compose")
    assert shutil.which("docker-compose"), "neither `docker compose` nor docker-compose is installed"
    return ("docker-compose",)
