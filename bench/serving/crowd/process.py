"""What a process takes of the machine; Linux only."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """The CPU time that a process has taken so far, the kernel's for it included, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int, peak: bool = False) -> float:
    """The memory that it has, or has had at most, in MiB."""
    name = "VmHWM:" if peak else "VmRSS:"
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def reset_peak(pid: int) -> None:
    """Count the most memory anew from here on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="utf-8")
