"""`make run`: keep the whole system up, say what to try, and pass every service's log on until Ctrl-C.

`python -m deploy.local.run --visualizers 4` scales the pool; `--help` lists the rest.
"""

from __future__ import annotations

import signal
import sys

from pydantic import Field
from pydantic_settings import CliApp, CliImplicitFlag

from deploy.local import services
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady, Supervisor
from deploy.local.telling import People, Programs, Telling


class RunSettings(LocalSettings):
    """A local stack under the address that people expect."""

    gateway_port: int = Field(8080, ge=0, le=65535)
    as_json: CliImplicitFlag[bool] = Field(False, description="tell it to programs: JSON, a line each")


def main() -> None:
    """Run until stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = CliApp.run(RunSettings)
    stack = services.build(settings)
    names = [service.name for stage in stack.stages for service in stage]
    telling: Telling = Programs() if settings.as_json else People(names)
    supervisor = Supervisor(stack, settings.start_timeout_s, telling.line, telling.state)
    try:
        with supervisor:
            telling.up(stack.gateway_url, settings.public_model)
            signal.pause()
    except NotReady as error:
        telling.failed(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        telling.stopped()


if __name__ == "__main__":
    main()
