"""A stack whose processes say what they say in a file, while the terminal is for what is measured."""

from __future__ import annotations

from typing import TextIO

from deploy.local.services import Stack
from deploy.local.supervisor import Supervisor


def logged(stack: Stack, start_timeout_s: float, lines: TextIO) -> Supervisor:
    """The stack, to be entered as a context; `lines` takes what every process says, and what becomes of it."""

    def keep(name: str, line: str) -> None:
        lines.write(f"{name:>14} | {line}\n")

    return Supervisor(stack, start_timeout_s, keep, keep)
