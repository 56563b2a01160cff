"""The device's errors reach the loop in its own words, and what runs beside the steps waits for no more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import torch

from visualizer_service.engine.device import Device
from visualizer_service.engine.family import NoMemory


@pytest.fixture
def cpu() -> Device:
    return Device("cpu", torch.float32)


def test_an_allocation_that_fails_is_no_memory(cpu: Device) -> None:
    with pytest.raises(NoMemory), cpu.errors():
        torch.empty(2**55, dtype=torch.uint8)


def test_other_errors_stay_what_they_are(cpu: Device) -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), cpu.errors():
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_work_beside_the_main_stream_keeps_no_gradients(cpu: Device) -> None:
    with cpu.decoding(cpu.mark()):
        assert torch.is_inference_mode_enabled()
    assert not torch.is_inference_mode_enabled()
    assert cpu.free_bytes() is None


@dataclass
class Streams:
    """A device's module that carries nothing out and writes down what was queued where, and whom the host waited for."""

    queued: list[str] = field(default_factory=list)
    names: Iterator[str] = field(default_factory=lambda: iter(("encoding", "decoding")))
    running: str = "main"

    def current_stream(self, _device: torch.device) -> Stream:
        return Stream("main", self)

    def Stream(self) -> Stream:
        return Stream(next(self.names), self)

    def Event(self) -> Event:
        return Event(self)

    @contextmanager
    def stream(self, stream: Stream) -> Iterator[None]:
        before, self.running = self.running, stream.name
        yield
        self.running = before

    def work(self, what: str) -> None:
        self.queued.append(f"{self.running}: {what}")


@dataclass
class Stream:
    name: str
    streams: Streams

    def wait_event(self, event: Event) -> None:
        self.streams.queued.append(f"{self.name}: after {event.place}")


@dataclass
class Event:
    streams: Streams
    place: str = "nothing"
    has_come: bool = False

    def record(self, stream: Stream) -> None:
        self.place = f"{stream.name} {len(self.streams.queued)}"

    def query(self) -> bool:
        return self.has_come

    def synchronize(self) -> None:
        self.streams.queued.append(f"host: after {self.place}")


def test_encoders_wait_for_no_step_and_only_the_step_that_needs_them_waits_for_them() -> None:
    streams = Streams()
    device = Device("cpu", torch.bfloat16, streams)
    streams.work("a step")
    with device.encoding() as arrival:
        streams.work("encoders")
    assert not arrival.is_there()
    streams.work("a step of others")
    arrival.hand_over([torch.ones(1)])
    streams.work("the first step")
    assert streams.queued == [
        "main: a step",
        "encoding: encoders",
        "main: a step of others",
        "main: after encoding 2",
        "main: the first step",
    ]


def test_a_picture_is_decoded_beside_the_steps_that_come_after_its_last() -> None:
    streams = Streams()
    device = Device("cpu", torch.bfloat16, streams)
    streams.work("the last step")
    mark = device.mark()
    streams.work("a step of others")
    with device.decoding(mark):
        streams.work("decoder")
    assert streams.queued[2:] == ["decoding: after main 1", "decoding: decoder", "host: after decoding 4"]


def test_the_host_is_never_more_than_a_step_ahead_and_never_waits_for_the_newest() -> None:
    streams = Streams()
    device = Device("cpu", torch.bfloat16, streams)
    for number in range(3):
        streams.work(f"step {number}")
        device.keep_pace()
    assert streams.queued == [
        "main: step 0",
        "main: step 1",
        "host: after main 1",
        "main: step 2",
        "host: after main 2",
    ]
