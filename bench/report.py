"""What a benchmark leaves behind: a file with everything, its figures, and a line for each goal."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.bars import Bar, verdicts


def report(
    name: str, figures: Mapping[str, float], about: Mapping[str, Any], bars: Iterable[Bar]
) -> dict[str, Any]:
    """Write `out/bench-NAME.json`, print figures and verdicts, and return what was written; `about` says what was measured where."""
    whole = {**figures, **about, "date": time.strftime("%Y-%m-%d", time.gmtime())}
    out = Path(f"out/bench-{name}.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    print(*(f"{key:32} {value:8.3f}" for key, value in figures.items()), f"written to {out}", sep="\n")
    print(*verdicts(figures, bars), sep="\n")
    return whole


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
