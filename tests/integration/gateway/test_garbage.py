"""What a service has loaded by the time it is ready stays; no search for garbage goes through it again, for that would take long."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

pytestmark = pytest.mark.integration

SERVICES = {
    "gateway": ("/healthz", {}),
    "planner": ("/healthz", {"PLANNER_BACKEND": "openai"}),
    "visualizer": ("/readyz", {"VISUALIZER_MODEL": "simulated"}),
}
RUN = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count())); from {0}.main import main; main()"
START_S = 60


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_loaded_at_the_start_is_not_searched_again(name: str, redis_url: str) -> None:
    path, settings = SERVICES[name]
    package = name if name == "gateway" else f"{name}_service"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {f"{name.upper()}_PORT": str(port), f"{name.upper()}_REDIS_URL": redis_url, **settings}
    command = [sys.executable, "-c", RUN.format(package)]
    with subprocess.Popen(command, env=os.environ | env, stdout=subprocess.PIPE, text=True) as process:
        try:
            await_success(f"http://127.0.0.1:{port}{path}")
            process.send_signal(signal.SIGTERM)
            frozen, _ = process.communicate(timeout=START_S)
        finally:
            process.kill()
    assert int(frozen) > 10_000


def await_success(url: str) -> None:
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url).is_success:
                return
        time.sleep(0.05)
    raise AssertionError("the service did not start")
