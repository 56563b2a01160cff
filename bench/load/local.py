"""`make load`: the whole system on this machine, and a load on it; flags as of `bench.load`.

The system is set by environment as `make run` is: LOCAL_VISUALIZERS=4, LOCAL_VISUALIZER_MODEL=simulated. In the scenario `rolling` the
visualizers are restarted one by one while the load is on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from pydantic_settings import CliApp
from rich.console import Console

from bench.load.__main__ import measure
from bench.load.settings import LoadSettings
from bench.logged import logged
from deploy.local import services
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady, Supervisor

READY_S = 60.0
POLL_S = 0.2


def main() -> None:
    """Start, test, stop, whatever happens."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    wished = CliApp.run(LoadSettings)
    local = LocalSettings(directory=Path("out/load-stack"))  # pyright: ignore[reportCallIssue]
    stack = services.build(local)
    settings = wished.model_copy(update={"url": stack.gateway_url, "model": local.public_model})
    local.directory.mkdir(parents=True, exist_ok=True)
    console = Console()
    with (local.directory / "services.log").open("w", encoding="utf-8", buffering=1) as lines:
        supervisor = logged(stack, local.start_timeout_s, lines)
        try:
            console.print(f"starting the system; its log is {lines.name}")
            with supervisor:
                told = _tested(settings, supervisor, console, local.visualizers)
        except NotReady as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit("stopped")
    sys.exit(1 if told["all"]["lost"] or told["all"]["doubled"] else 0)


def _tested(settings: LoadSettings, supervisor: Supervisor, console: Console, visualizers: int) -> dict:
    if settings.scenario != "rolling":
        return measure(settings, console)
    over = threading.Event()
    names = [f"visualizer-{number}" for number in range(1, visualizers + 1)]
    pause_s = settings.lasts_s / (len(names) + 1)
    rolling = threading.Thread(target=_roll, args=(supervisor, names, pause_s, over), name="rolling")
    rolling.start()
    try:
        return measure(settings, console)
    finally:
        over.set()
        rolling.join()


def _roll(supervisor: Supervisor, names: list[str], pause_s: float, over: threading.Event) -> None:
    """Ask one after the other to leave; the supervisor starts it anew, and the next is asked once it is ready."""
    for name in names:
        if over.wait(pause_s):
            return
        before = supervisor.pid(name)
        os.kill(before, signal.SIGTERM)
        for _ in range(round(READY_S / POLL_S)):
            if over.wait(POLL_S):
                return
            if supervisor.pid(name) != before and supervisor.is_ready(name):
                break


if __name__ == "__main__":
    main()
