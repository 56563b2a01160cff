"""Steps of a check, each with a limit of its own, so that one that hangs or breaks costs the others nothing."""

from __future__ import annotations

import json
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """A measurement by its name, and the seconds that it may take; figures are kept as they come."""

    name: str
    limit_s: float
    measure: Callable[[], Iterable[Figures]]


class Overdue(BaseException):
    """A step took too long; no `except Exception` of a library on its way may keep it."""


@dataclass(slots=True)
class Check:
    """Runs steps within `most_s` seconds in all, and after each writes to `out` what is known so far."""

    out: Path
    about: Mapping[str, Any]
    most_s: float
    figures: dict[str, float] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)

    def run(self, steps: Sequence[Step]) -> None:
        """Run them in order; one for which no time is left is said to be left out."""
        signal.signal(signal.SIGALRM, _overdue)
        ends_at = time.monotonic() + self.most_s
        for step in steps:
            limit_s = min(step.limit_s, ends_at - time.monotonic())
            began = time.monotonic()
            self.steps[step.name] = "left out" if limit_s < 1 else self._outcome(step, limit_s)
            print(f"{step.name:12} {time.monotonic() - began:6.1f} s  {self.steps[step.name]}", flush=True)
            self._write()

    def _outcome(self, step: Step, limit_s: float) -> str:
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        try:
            for part in step.measure():
                self.figures |= part
        except Overdue:
            return f"cut off after {limit_s:.0f} s"
        except Exception as error:
            traceback.print_exc()
            return f"broke: {type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return "done"

    def _write(self) -> None:
        self.out.parent.mkdir(exist_ok=True)
        whole = {**self.about, "steps": self.steps, "figures": self.figures}
        self.out.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _overdue(*_: object) -> None:
    raise Overdue
