"""`make run`: keep the whole system up, say what to try, and pass every service's log on until Ctrl-C.

`python -m deploy.local.run --visualizers 4` scales the pool; `--help` lists the rest.
"""

from __future__ import annotations

import signal
import sys

from pydantic import Field
from pydantic_settings import CliApp
from rich.console import Console
from rich.text import Text

from deploy.local import services
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady, Supervisor

COLOURS = ("cyan", "magenta", "green", "yellow", "blue")

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


class RunSettings(LocalSettings):
    """A local stack under the address that people expect."""

    gateway_port: int = Field(8080, ge=0, le=65535)


def main() -> None:
    """Run until stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    console = Console(highlight=False)
    settings = CliApp.run(RunSettings)
    stack = services.build(settings)
    names = [service.name for stage in stack.stages for service in stage]

    def echo(name: str, line: str) -> None:
        colour = COLOURS[names.index(name) % len(COLOURS)]
        console.print(Text.assemble((f"{name:>13} ", colour), line), soft_wrap=True)

    supervisor = Supervisor(
        stack, settings.start_timeout_s, echo, lambda name, state: echo(name, f"is {state}")
    )
    try:
        with supervisor:
            console.print(TO_TRY.format(url=stack.gateway_url, model=settings.public_model))
            signal.pause()
    except NotReady as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        console.print("stopped")


if __name__ == "__main__":
    main()
