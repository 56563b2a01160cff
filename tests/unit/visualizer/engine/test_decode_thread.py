"""The decode thread says that the device hangs of a picture that is too long in the making, and of no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PIL import Image

from visualizer_service.engine.decode_thread import DecodeThread

STUCK_S = 60


@dataclass
class HeldPicture:
    """A picture that says when it is begun and is done when it `may_end`."""

    is_begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> Image.Image:
        self.is_begun.set()
        assert self.may_end.wait(30)
        return Image.new("L", (1, 1))


class Bench:
    """A decode thread by a clock of the test's, and two pictures asked of it, of which the first is begun."""

    def __init__(self) -> None:
        self.now = 0.0
        self.first, self.second = HeldPicture(), HeldPicture()
        self.thread = DecodeThread(STUCK_S, clock=lambda: self.now)
        self.thread.submit("first", None, self.first)
        self.thread.submit("second", None, self.second)
        assert self.first.is_begun.wait(30)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.first.may_end.set()
    bench.second.may_end.set()
    bench.thread.close()


def test_a_picture_is_not_blamed_for_the_time_of_a_forgotten_one(bench: Bench) -> None:
    bench.now = 50
    bench.thread.forget("first")
    bench.first.may_end.set()
    assert bench.second.is_begun.wait(30)
    bench.now = 50 + STUCK_S
    assert not bench.thread.is_stuck()
    bench.now += 1
    assert bench.thread.is_stuck()


def test_a_picture_is_not_blamed_for_the_time_that_it_waited_for_another(bench: Bench) -> None:
    bench.now = 50
    bench.first.may_end.set()
    assert bench.second.is_begun.wait(30)
    bench.now = 50 + STUCK_S
    assert not bench.thread.is_stuck()


def test_a_forgotten_picture_that_never_comes_is_noticed_all_the_same(bench: Bench) -> None:
    bench.thread.forget("first")
    bench.thread.forget("second")
    bench.now = STUCK_S
    assert not bench.thread.is_stuck()
    bench.now += 1
    assert bench.thread.is_stuck()
