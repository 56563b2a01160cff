"""What a simulated system is made of: measured times, how many there are of everything, and what is asked. Seconds, unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Device:
    """One visualizer. `step_s` says how long a step takes by how many pictures share it; between two numbers it is interpolated.

    `prepare_s` is a call that encodes the texts of all that join together, `decode_s` what the device needs to decode a picture, and
    `beside_s` what is done of it on the host while the next is drawn: writing the file, storing it.
    """

    name: str
    steps: int
    step_s: Mapping[int, float]
    prepare_s: float = 0.0
    decode_s: float = 0.0
    beside_s: float = 0.0

    @property
    def slots(self) -> int:
        """The most pictures that share a step."""
        return max(self.step_s)

    def step(self, rows: int) -> float:
        """How long a step of so many pictures takes."""
        if rows in self.step_s:
            return self.step_s[rows]
        below = max(known for known in self.step_s if known < rows)
        above = min(known for known in self.step_s if known > rows)
        share = (rows - below) / (above - below)
        return (1 - share) * self.step_s[below] + share * self.step_s[above]

    @property
    def pictures_per_s(self) -> float:
        """What it draws with work enough: the slower of device and host."""
        rows = self.slots
        drawn = rows / (self.prepare_s + self.steps * self.step(rows) + rows * self.decode_s)
        return min(drawn, 1 / self.beside_s) if self.beside_s else drawn


@dataclass(frozen=True, slots=True)
class Story:
    """What is asked: paragraphs with a picture between each two. Each picture after the first waits for it if `anchored`."""

    pictures: int
    tokens: int = 60
    """Of a paragraph."""
    description_tokens: int = 80
    anchored: bool = True


@dataclass(frozen=True, slots=True)
class System:
    """How many there are, and what everything costs."""

    device: Device
    visualizers: int
    gateways: int = 1
    stream_tokens_per_s: float = 40.0
    planner_tokens_per_s: float = 2500.0
    first_token_s: float = 0.1
    gateway_token_s: float = 340e-6
    gateway_picture_s: float = 0.006
    dispatch_s: float = 0.002
    """From queued to claimed, where a worker is idle."""


@dataclass(slots=True)
class Answer:
    """What came of one request; times count from when it was asked."""

    asked_s: float
    first_text_s: float = 0.0
    pictures_s: list[float] = field(default_factory=list)
    whole_s: float = 0.0
    text_late_s: float = 0.0
    """The longest that a piece of text waited for its gateway."""


# One H100 80GB HBM3 on 2026-11-26, torch 2.11, diffusers 0.42.1, bfloat16, random weights; see docs/capacity.md.
H100_KLEIN_4B_1024: Final = Device(
    "FLUX.2 klein-4B at 1024², 4 steps, H100",
    steps=4,
    step_s={1: 0.0719, 4: 0.280},
    prepare_s=0.055,
    decode_s=0.165,
    beside_s=0.099,
)
H100_KLEIN_4B_512: Final = Device(
    "FLUX.2 klein-4B at 512², 4 steps, H100",
    steps=4,
    step_s={1: 0.0249, 4: 0.0858},
    prepare_s=0.048,
    decode_s=0.036,
    beside_s=0.032,
)
