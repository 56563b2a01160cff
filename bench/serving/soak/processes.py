"""The processes that this one has started, and theirs; Linux only."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from bench.serving.crowd.process import resident_mb


def started() -> dict[int, str]:
    """Their ids, with the name of what each runs; those of readers and of this benchmark itself are left out."""
    children = defaultdict[int, list[int]](list)
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if (parent := _parent(pid)) is not None:
            children[parent].append(pid)
    found, waiting = dict[int, str](), [os.getpid()]
    while waiting:
        for pid in children[waiting.pop()]:
            waiting.append(pid)
            if name := _name(pid):
                found[pid] = name
    return found


def memory_mb(pids: dict[int, str]) -> dict[int, float]:
    """What is resident of each that is still there, in MiB."""
    told = dict[int, float]()
    for pid in pids:
        try:
            told[pid] = resident_mb(pid)
        except (OSError, ValueError):
            continue
    return told


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return None


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    if "-m" in words:
        name = words[words.index("-m") + 1]
        return "" if name.startswith("bench.") else name.removesuffix(".main")
    return Path(words[0].split(" ")[0]).name
