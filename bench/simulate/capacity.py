"""How many of everything a load needs, and where one of it ends: arithmetic first, then a simulation that checks it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from bench.simulate.figures import Outcome, simulate
from bench.simulate.model import Story, System

BUSY_SHARE: Final = 0.8
"""A pool that is busier than this has a queue most of the time."""
GATEWAY_SHARE: Final = 0.5
"""A gateway that uses more of its core makes text stutter when many streams speak at once."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a load needs."""

    stories_per_min: float
    visualizers: int
    gateways: int
    planners: int
    streams: float


def need(system: System, story: Story, stories_per_min: float) -> Need:
    """By arithmetic: work that arrives in a second ÷ what one does in a second ÷ how busy it may be."""
    per_s = stories_per_min / 60
    written = (story.pictures + 1) * story.tokens
    planned = written + story.pictures * story.description_tokens
    core_s = written * system.gateway_token_s + story.pictures * system.gateway_picture_s
    writing_s = system.first_token_s + planned / system.stream_tokens_per_s
    return Need(
        stories_per_min,
        max(1, math.ceil(per_s * story.pictures / system.device.pictures_per_s / BUSY_SHARE)),
        max(1, math.ceil(per_s * core_s / GATEWAY_SHARE)),
        max(1, math.ceil(per_s * planned / system.planner_tokens_per_s / BUSY_SHARE)),
        per_s * writing_s,
    )


def checked(system: System, story: Story, wanted: Need, lasts_s: float) -> Outcome:
    """The same, simulated."""
    sized = replace(
        system,
        visualizers=wanted.visualizers,
        gateways=wanted.gateways,
        planner_tokens_per_s=wanted.planners * system.planner_tokens_per_s,
    )
    return simulate(sized, story, wanted.stories_per_min / 60, lasts_s)
