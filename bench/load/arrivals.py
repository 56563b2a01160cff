"""When requests are sent: seconds from the start of a load test, known before it begins and the same for the same seed.

The load is open: a request is sent when its time has come, whatever became of those before. A client that waited for its answer would send
least while the server is slowest, and so hide what everybody else would feel.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path


def poisson(chance: random.Random, per_s: float, lasts_s: float) -> Iterator[float]:
    """As people come who know nothing of each other."""
    at_s = chance.expovariate(per_s)
    while at_s < lasts_s:
        yield at_s
        at_s += chance.expovariate(per_s)


def constant(per_s: float, lasts_s: float) -> Iterator[float]:
    """Evenly."""
    for number in range(round(per_s * lasts_s)):
        yield number / per_s


def stages(chance: random.Random, rates_per_s: list[float], each_s: float) -> Iterator[float]:
    """Poisson, at one rate after the other."""
    for number, per_s in enumerate(rates_per_s):
        for at_s in poisson(chance, per_s, each_s):
            yield number * each_s + at_s


def bursts(
    chance: random.Random, per_s: float, lasts_s: float, every_s: float, at_once: int
) -> Iterator[float]:
    """Poisson, and now and then many in the same moment; the first burst after half of `every_s`."""
    times = list(poisson(chance, per_s, lasts_s))
    at_s = every_s / 2
    while at_s < lasts_s:
        times += [at_s] * at_once
        at_s += every_s
    yield from sorted(times)


def trace(file: Path) -> Iterator[float]:
    """As a file says: one time in seconds a line, in any order; empty lines and lines that begin with # say nothing.

    Raises:
        ValueError: a line is no time; the message names it.
    """
    times: list[float] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        try:
            at_s = float(said)
        except ValueError:
            raise ValueError(f"{file}, line {number}: {said!r} is no time in seconds") from None
        if not 0 <= at_s < float("inf"):
            raise ValueError(f"{file}, line {number}: {said} s is no time of a load test")
        times.append(at_s)
    yield from sorted(times)
