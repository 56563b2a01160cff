"""Two ways of telling how a local stack is: to people, every service in a colour, and to programs, JSON, a value a line."""

from __future__ import annotations

import json
import sys
from typing import Protocol

from rich.console import Console
from rich.text import Text

from deploy.local.supervisor import State

COLOURS = ("cyan", "magenta", "green", "yellow", "blue")
NAME_COLUMNS = 13

TO_TRY = """
The gateway is up: open [bold]{url}[/] in a browser, or try what follows. Ctrl-C stops everything.

[dim]# text and pictures as they come[/]
curl -N {url}/v1/responses -H 'content-type: application/json' \\
  -d '{{"model": "{model}", "input": "Tell me a story about a fox at the sea, with 3 pictures", "stream": true, "delivery": "url"}}'

[dim]# the same with OpenAI's Python client[/]
from openai import OpenAI
client = OpenAI(base_url="{url}/v1", api_key="none")
answer = client.responses.create(model="{model}", input="Tell me a story about a fox at the sea, with 3 pictures")
for item in answer.output:
    print(item.type)

[dim]# who is there, and how busy[/]
curl {url}/v1/models
curl {url}/metrics
"""


class Telling(Protocol):
    """Whoever hears of the stack."""

    def line(self, service: str, line: str) -> None:
        """A service wrote a line."""
        ...

    def state(self, service: str, state: State) -> None:
        """Something became of a service."""
        ...

    def up(self, url: str, model: str) -> None:
        """All of it is ready."""
        ...

    def stopped(self) -> None:
        """Somebody stopped it."""
        ...

    def failed(self, why: str) -> None:
        """It did not come up."""
        ...


class People:
    """Those who watch a terminal."""

    def __init__(self, services: list[str]) -> None:
        self._console = Console(highlight=False)
        self._services = services

    def line(self, service: str, line: str) -> None:
        """With the service's name before it."""
        colour = COLOURS[self._services.index(service) % len(COLOURS)]
        told = Text.assemble((f"{service:>{NAME_COLUMNS}} ", colour), line)
        self._console.print(told, soft_wrap=True)

    def state(self, service: str, state: State) -> None:
        """As a line among its own."""
        self.line(service, f"is {state}")

    def up(self, url: str, model: str) -> None:
        """With what to try."""
        self._console.print(TO_TRY.format(url=url, model=model))

    def stopped(self) -> None:
        """In a word."""
        self._console.print("stopped")

    def failed(self, why: str) -> None:
        """On stderr."""
        Console(stderr=True, highlight=False).print(Text(why))


class Programs:
    """Those who read stdout."""

    def line(self, service: str, line: str) -> None:
        """Event `log`."""
        self._say("log", service=service, line=line)

    def state(self, service: str, state: State) -> None:
        """Event `state`."""
        self._say("state", service=service, state=state)

    def up(self, url: str, model: str) -> None:
        """Event `up`: from now on the gateway can be asked."""
        self._say("up", url=url, model=model)

    def stopped(self) -> None:
        """Event `stopped`."""
        self._say("stopped")

    def failed(self, why: str) -> None:
        """Event `error`."""
        self._say("error", message=why)

    def _say(self, event: str, **told: str) -> None:
        sys.stdout.write(json.dumps({"event": event, **told}) + "\n")
        sys.stdout.flush()
