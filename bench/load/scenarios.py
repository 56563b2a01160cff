"""The loads that can be laid on a server, as lists of requests with the times at which they are sent. Pure: the same seed, the same list."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from bench.load import arrivals
from bench.load.mix import Kind, Mix

Scenario = Literal["steady", "ramp", "burst", "noisy", "slow", "soak", "rolling", "trace"]

EVERYBODY, NOISY, SLOW = "everybody", "noisy", "slow"
NOISY_TIMES: Final = 10.0
"""How much more the noisy tenant asks than everybody else together."""
SLOW_SHARE: Final = 0.25
SLOW_PAUSE_S: Final = 0.5
"""A slow reader takes a piece of 4 KiB, then waits this long."""
BURST_SHARE: Final = 5.0
"""A burst is as many requests at once as otherwise come in so many seconds."""


@dataclass(frozen=True, slots=True)
class Send:
    """One request to be sent `at_s` seconds after the start."""

    at_s: float
    kind: Kind
    prompt: str
    group: str = EVERYBODY
    read_pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked. `rate_per_s` is the highest of a ramp, the base of a burst, and the quiet tenants' beside a noisy one."""

    scenario: Scenario
    mix: Mix
    rate_per_s: float
    lasts_s: float
    even: bool = False
    stages: int = 8
    seed: int = 1
    trace: Path | None = None

    @property
    def rates_per_s(self) -> list[float]:
        """Of a ramp: equal steps up to the highest."""
        return [self.rate_per_s * (number + 1) / self.stages for number in range(self.stages)]

    @property
    def stage_s(self) -> float:
        """How long each rate of a ramp is held."""
        return self.lasts_s / self.stages


def sends(load: Load) -> list[Send]:
    """Every request of a load, in order of time.

    Raises:
        ValueError: a trace is asked for and none is there, or it is none.
        OSError: it cannot be read.
    """
    chance = random.Random(load.seed)
    asked = [Send(at_s, *load.mix.choose(chance)) for at_s in _times(load, chance)]
    match load.scenario:
        case "noisy":
            more = arrivals.poisson(chance, NOISY_TIMES * load.rate_per_s, load.lasts_s)
            asked += [Send(at_s, *load.mix.choose(chance), group=NOISY) for at_s in more]
        case "slow":
            asked = [_slowed(send) if chance.random() < SLOW_SHARE else send for send in asked]
    return sorted(asked, key=lambda send: send.at_s)


def _slowed(send: Send) -> Send:
    return replace(send, group=SLOW, read_pause_s=SLOW_PAUSE_S)


def _times(load: Load, chance: random.Random) -> Iterator[float]:
    match load.scenario:
        case "trace":
            if load.trace is None:
                raise ValueError("the scenario `trace` needs a file of times: --trace FILE")
            return arrivals.trace(load.trace)
        case "ramp":
            return arrivals.stages(chance, load.rates_per_s, load.stage_s)
        case "burst":
            at_once = max(1, round(BURST_SHARE * load.rate_per_s))
            return arrivals.bursts(chance, load.rate_per_s, load.lasts_s, load.lasts_s / 3, at_once)
    if load.even:
        return arrivals.constant(load.rate_per_s, load.lasts_s)
    return arrivals.poisson(chance, load.rate_per_s, load.lasts_s)
