"""The real stack with simulated models, and the simulation of the same, side by side: how far may the simulation be believed?"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from bench.load.mix import Kind, Mix
from bench.load.running import Progress, Target, run
from bench.load.scenarios import Load, Send, sends
from bench.serving.bed import bed
from bench.serving.figures import quantile
from bench.serving.script import Script
from bench.simulate.figures import outcome, pictures_per_s
from bench.simulate.model import Device, Story, System
from visualizer_service.engine.simulated import Simulation

STEPS, STEP_MS, SIDE_PX = 10, 400, 512
"""Slow, so that what the processors of this machine do in between counts little."""
BUSY_SHARE = 0.7
BURST_EACH = 3
LASTS_S = 40.0
PACE_S = 0.01
SCRIPT = Script(pictures=1, words=4, pace_s=PACE_S)


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both."""

    what: str
    workers: int
    real: float
    simulated: float

    @property
    def off(self) -> float:
        """By which share the simulation is off."""
        return self.simulated / self.real - 1


def compare(directory: Path, numbers: tuple[int, ...]) -> list[Pair]:
    """For each number of workers: pictures a second from a burst, and the median time to a picture under a load that leaves some idle."""
    directory.mkdir(parents=True, exist_ok=True)
    pairs: list[Pair] = []
    with bed(directory) as made:
        for workers in numbers:
            pool = f"compared-{workers}"
            simulation = Simulation(steps=STEPS, step_ms=STEP_MS, sizes=((SIDE_PX, SIDE_PX),))
            with made.gateway(pool) as front, made.visualizers(pool, workers, simulation):
                # The first of everything is slower, and is not what is compared.
                asyncio.run(run(Target(front.url, "weaver"), _burst(workers)[:workers], Progress(workers)))
                for what, asked in (("burst", _burst(workers)), ("steady", _steady(workers))):
                    progress = Progress(len(asked))
                    asyncio.run(run(Target(front.url, "weaver"), asked, progress))
                    pairs.append(_pair(what, workers, progress, asked))
    return pairs


def _mix() -> Mix:
    question = SCRIPT.question(delivery="url")
    prompt = question.pop("input")
    return Mix(question=(Kind(name="one", prompts=(prompt,), pictures=1, options=question),))


def _burst(workers: int) -> list[Send]:
    kind = _mix().question[0]
    return [Send(0.0, kind, kind.prompts[0])] * (BURST_EACH * workers)


def _steady(workers: int) -> list[Send]:
    per_s = BUSY_SHARE * workers * 1000 / (STEPS * STEP_MS)
    return sends(Load("steady", _mix(), per_s, LASTS_S))


def _pair(what: str, workers: int, progress: Progress, asked: list[Send]) -> Pair:
    device = Device("simulated", STEPS, {1: STEP_MS / 1000}, decode_s=0.004, beside_s=0.01)
    # Each piece of the script is a token to the simulation, and a picture's tag one more.
    story = Story(1, tokens=SCRIPT.words, description_tokens=1)
    system = System(device, workers, stream_tokens_per_s=1 / PACE_S, first_token_s=0.02)
    told = outcome(system, story, [send.at_s for send in asked])
    pictures = [took_s for record in progress.records for took_s in record.each_picture_s]
    assert len(pictures) == len(asked), json.dumps([record.code for record in progress.records])
    if what == "burst":
        real_s = [at_s for record in progress.records for at_s in record.pictures_s.values()]
        return Pair(
            "pictures a second of a burst",
            workers,
            pictures_per_s(real_s, workers),
            pictures_per_s(told.drawn_s, workers),
        )
    return Pair("seconds to a picture, p50", workers, quantile(pictures, 50), told.picture_p50_s)
