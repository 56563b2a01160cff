"""The system as a discrete-event simulation: the same queue, workers, slots and holds as the services have, and measured times for all else.

What is left out: Redis and the network cost nothing, nobody cancels, nothing breaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import simpy

from bench.simulate.model import Answer, Story, System

PIECE_TOKENS = 8
"""Tokens that are told together: text costs a gateway by the token, and simulating each would take hours."""

Process = Generator[simpy.Event]


@dataclass(slots=True)
class _Job:
    done: simpy.Event
    steps_left: int


@dataclass(slots=True)
class _Pool:
    """The line, and the workers that wait for somebody to stand in it."""

    line: deque[_Job] = field(default_factory=deque)
    idle: deque[simpy.Event] = field(default_factory=deque)


class Simulation:
    """One run. `answers` has what came of each request."""

    def __init__(self, system: System) -> None:
        self.env = simpy.Environment()
        self.answers: list[Answer] = []
        self.drawn_s: list[float] = []
        self.most_open = 0
        self._system = system
        self._pool = _Pool()
        self._open = 0
        self._planned = 0
        self._gateways = [simpy.Resource(self.env) for _ in range(system.gateways)]
        for _ in range(system.visualizers):
            self.env.process(self._worker())

    def run(self, asked_s: Sequence[float], story: Story) -> None:
        """Ask for the story at each of these times, and go on until every answer is whole."""
        for number, at_s in enumerate(asked_s):
            self.env.process(self._ask(at_s, self._gateways[number % len(self._gateways)], story))
        self.env.run(self.env.process(self._until(len(asked_s))))

    def _until(self, answers: int) -> Process:
        while len(self.answers) < answers:
            yield self.env.timeout(1)

    def _ask(self, at_s: float, gateway: simpy.Resource, story: Story) -> Process:
        yield self.env.timeout(at_s)
        answer = Answer(at_s)
        self._open += 1
        self._planned += 1
        self.most_open = max(self.most_open, self._open)
        yield self.env.timeout(self._system.first_token_s)
        pictures: list[simpy.Process] = []
        anchor: simpy.Event | None = None
        for number in range(story.pictures + 1):
            yield from self._write(answer, gateway, story.tokens, told=True)
            if number == story.pictures:
                break
            yield from self._write(answer, gateway, story.description_tokens, told=False)
            picture = self.env.process(self._picture(answer, gateway, anchor))
            anchor = anchor or (picture if story.anchored else None)
            pictures.append(picture)
        self._planned -= 1
        yield self.env.all_of(pictures)
        answer.whole_s = self.env.now - at_s
        self._open -= 1
        self.answers.append(answer)

    def _write(self, answer: Answer, gateway: simpy.Resource, tokens: int, told: bool) -> Process:
        """The planner writes at its pace, which all plans share; what it writes is told by the gateway, one piece after the other."""
        while tokens > 0:
            piece = min(PIECE_TOKENS, tokens)
            tokens -= piece
            pace = min(
                self._system.stream_tokens_per_s, self._system.planner_tokens_per_s / max(self._planned, 1)
            )
            yield self.env.timeout(piece / pace)
            if told:
                self.env.process(self._tell(answer, gateway, piece))

    def _tell(self, answer: Answer, gateway: simpy.Resource, tokens: int) -> Process:
        began_s = self.env.now
        yield from self._work(gateway, tokens * self._system.gateway_token_s)
        answer.text_late_s = max(answer.text_late_s, self.env.now - began_s)
        answer.first_text_s = answer.first_text_s or self.env.now - answer.asked_s

    def _picture(self, answer: Answer, gateway: simpy.Resource, anchor: simpy.Event | None) -> Process:
        if anchor is not None and not anchor.processed:
            yield anchor
        job = _Job(self.env.event(), self._system.device.steps)
        self._pool.line.append(job)
        if self._pool.idle:
            self._pool.idle.popleft().succeed()
        yield job.done
        yield from self._work(gateway, self._system.gateway_picture_s)
        answer.pictures_s.append(self.env.now - answer.asked_s)
        self.drawn_s.append(self.env.now)

    def _work(self, gateway: simpy.Resource, seconds: float) -> Process:
        """A gateway does one thing at a time."""
        with gateway.request() as turn:
            yield turn
            yield self.env.timeout(seconds)

    def _worker(self) -> Process:
        """Claim while there is room, move all on by a step, hand on what is drawn; what joins is prepared between two steps."""
        device, line = self._system.device, self._pool.line
        beside = simpy.Resource(self.env)
        active: list[_Job] = []
        while True:
            joining = min(len(line), device.slots - len(active))
            active += [line.popleft() for _ in range(joining)]
            if not active:
                woken = self.env.event()
                self._pool.idle.append(woken)
                yield woken
                yield self.env.timeout(self._system.dispatch_s)
                continue
            yield self.env.timeout((device.prepare_s if joining else 0) + device.step(len(active)))
            for job in active:
                job.steps_left -= 1
            drawn = [job for job in active if not job.steps_left]
            active = [job for job in active if job.steps_left]
            for job in drawn:
                # The device decodes what the host then writes; steps and decoding take it from each other.
                yield self.env.timeout(device.decode_s)
                self.env.process(self._finish(beside, job))

    def _finish(self, beside: simpy.Resource, job: _Job) -> Process:
        with beside.request() as turn:
            yield turn
            yield self.env.timeout(self._system.device.beside_s)
        job.done.succeed()
