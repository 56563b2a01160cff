"""Moto's S3 server in a process of its own, with an empty bucket `pictures`."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ENVIRONMENT = Path(__file__).parents[1] / "build" / "s3"
INSTALLED = (ENVIRONMENT / ".installed").exists()
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The URL of the bucket; while it runs, the variables of Amazon's clients point at it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address)
        httpx.put(f"{address}/pictures").raise_for_status()
        with pointing_at(address):
            yield "s3://pictures/some/where"
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def pointing_at(address: str) -> Iterator[None]:
    """Let clients of S3 find this server, in this process and in those started from it."""
    told = KEYS | {"AWS_ENDPOINT_URL": address}
    before = {name: os.environ.get(name) for name in told}
    os.environ |= told
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _wait_for(address: str) -> None:
    give_up_at = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{address}/moto-api/")
        except httpx.TransportError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return
