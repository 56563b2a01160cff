"""Services on their way up, for the terminal: one line each, with the seconds it took. It knows only their names and states."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rich.spinner import Spinner
from rich.table import Table

from deploy.local.services import Stack
from deploy.local.supervisor import State

SIGNS: dict[State, str] = {"ready": "[green]✓[/]", "died": "[red]✗[/]", "stopped": "·"}


@dataclass(slots=True)
class _Line:
    state: State | None = None
    since: float = 0.0
    took_s: float = 0.0


class Starting:
    """A table for `rich.live.Live`, kept up to date by a supervisor's notices."""

    def __init__(self, stack: Stack) -> None:
        self._lines = {service.name: _Line() for stage in stack.stages for service in stage}
        self._spinner = Spinner("dots")

    def hear(self, name: str, state: State) -> None:
        """Take in what became of a service."""
        line = self._lines[name]
        now = time.monotonic()
        if state == "starting":
            line.since = now
        line.state, line.took_s = state, now - line.since

    def __rich__(self) -> Table:
        """One line for each service."""
        table = Table.grid(padding=(0, 2))
        for name, line in self._lines.items():
            if line.state == "starting":
                table.add_row(self._spinner, name, f"starting, {time.monotonic() - line.since:.0f} s")
            elif line.state is None:
                table.add_row(" ", f"[dim]{name}[/]", "")
            else:
                table.add_row(SIGNS[line.state], name, f"{line.state} after {line.took_s:.1f} s")
        return table
