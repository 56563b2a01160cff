"""The step loop's promises, on a family without a model: who steps when, and who pays when something breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PIL import Image

from tests.unit.visualizer.engine.drive import NEVER, make_reference, make_task, run_all
from tests.unit.visualizer.engine.fakes import FakeFamily, FakeRow
from visualizer_service.engine.caps import Caps, CapTable, TokenCap
from visualizer_service.engine.decode_thread import DecodeThread
from visualizer_service.engine.family import DeviceBroken, NoMemory
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Stepped


def loop(family: FakeFamily, most_rows: int = 8, slots: int = 8) -> StepLoop:
    return StepLoop(family, Caps(most_rows), slots)


def stepped(events: list[EngineEvent]) -> list[str]:
    return [event.id for event in events if isinstance(event, Stepped)]


def endings(events: list[EngineEvent]) -> dict[str, object]:
    ends = [event for event in events if isinstance(event, Drawn | Broke)]
    assert len({event.id for event in ends}) == len(ends), "a task ended twice"
    return {event.id: event.code if isinstance(event, Broke) else "drawn" for event in ends}


def test_a_task_joins_those_that_run_in_the_next_tick_and_shares_their_call() -> None:
    family = FakeFamily()
    engine = loop(family)
    engine.admit(make_task("early", steps=5))
    engine.tick()
    engine.admit(make_task("late", steps=5))
    assert sorted(stepped(engine.tick())) == ["early", "late"]
    assert family.calls == [["early"], ["early", "late"]]


def test_a_task_that_is_still_being_encoded_holds_up_none_that_is_drawn() -> None:
    family = FakeFamily(encoding={"late"})
    engine = loop(family, slots=2)
    engine.admit(make_task("early", steps=5))
    engine.tick()
    engine.admit(make_task("late", steps=1))
    assert [stepped(engine.tick()) for _ in range(2)] == [["early"], ["early"]]
    assert engine.room() == 0
    family.encoding.clear()
    assert sorted(stepped(engine.tick())) == ["early", "late"]


def test_what_comes_while_another_is_encoded_is_encoded_after_it() -> None:
    family = FakeFamily(encoding={"first"})
    engine = loop(family)
    engine.admit(make_task("drawn", steps=9))
    engine.tick()
    for name in ("first", "second"):
        engine.admit(make_task(name, steps=1))
        assert stepped(engine.tick()) == ["drawn"]
    family.encoding.clear()
    assert [sorted(stepped(engine.tick())) for _ in range(2)] == [["drawn", "first"], ["drawn", "second"]]


def test_where_nothing_else_is_drawn_the_device_itself_waits_for_what_it_encodes() -> None:
    family = FakeFamily(encoding={"a"})
    engine = loop(family)
    engine.admit(make_task("a", steps=2))
    assert [stepped(engine.tick()) for _ in range(2)] == [["a"], ["a"]]


def test_a_task_that_is_encoded_can_be_dropped_and_be_late() -> None:
    family = FakeFamily(encoding={"dropped", "late"})
    now = [0.0]
    engine = StepLoop(family, Caps(8), 8, clock=lambda: now[0])
    engine.admit(make_task("drawn", steps=5))
    engine.tick()
    for name in ("dropped", "late"):
        engine.admit(make_task(name, deadline=5.0))
    engine.tick()
    engine.drop("dropped")
    now[0] = 6.0
    assert endings(engine.tick()) == {"late": "deadline"}
    assert family.dropped == ["dropped", "late"]
    assert engine.room() == 7


def test_a_dropped_task_takes_no_further_step_and_frees_its_slot() -> None:
    family = FakeFamily()
    engine = loop(family, slots=2)
    for name in "ab":
        engine.admit(make_task(name, steps=5))
    engine.tick()
    assert engine.room() == 0
    engine.drop("a")
    assert engine.room() == 1
    assert {event.id for event in run_all(engine)} == {"b"}
    assert all(call == ["b"] for call in family.calls[1:])


def test_a_task_dropped_while_its_picture_is_decoded_is_not_heard_of_again() -> None:
    family = FakeFamily()
    family.decoder.clear()
    engine = loop(family)
    engine.admit(make_task("a", steps=1))
    assert stepped(engine.tick()) == ["a"]
    engine.drop("a")
    family.decoder.set()
    assert [engine.tick() for _ in range(3)] == [[], [], []]


def test_decoding_does_not_hold_up_the_steps_of_others() -> None:
    family = FakeFamily()
    family.decoder.clear()
    engine = loop(family)
    engine.admit(make_task("done", steps=1))
    engine.admit(make_task("going", steps=4))
    events = [event for _ in range(4) for event in engine.tick()]
    assert stepped(events) == ["done", "going", "going", "going", "going"]
    assert endings(events) == {}
    family.decoder.set()
    assert endings(run_all(engine)) == {"done": "drawn", "going": "drawn"}


def test_shapes_step_in_calls_of_their_own_and_none_waits() -> None:
    family = FakeFamily()
    engine = loop(family)
    engine.admit(make_task("square", size=(64, 64)))
    engine.admit(make_task("wide", size=(128, 64)))
    engine.tick()
    assert sorted(family.calls) == [["square"], ["wide"]]


def test_the_earliest_deadline_goes_first_when_a_call_is_full() -> None:
    family = FakeFamily()
    engine = loop(family, most_rows=1)
    engine.admit(make_task("later", steps=2, deadline=NEVER))
    engine.admit(make_task("sooner", steps=2, deadline=3e9))
    events = run_all(engine)
    assert stepped(events) == ["sooner", "sooner", "later", "later"]


def test_long_pictures_that_cannot_share_calls_are_done_one_after_the_other() -> None:
    engine = loop(FakeFamily(), most_rows=1)
    for number in range(8):
        engine.admit(make_task(str(number), steps=50, deadline=3e9 + number))
    assert stepped(run_all(engine)) == [str(number) for number in range(8) for _ in range(50)]


def test_the_part_of_the_engine_that_a_picture_takes_counts_its_references() -> None:
    table = CapTable(
        model="fake",
        device="none",
        caps=(TokenCap(tokens=64, rows=4, row_bytes=1), TokenCap(tokens=128, rows=2, row_bytes=1)),
    )
    engine = StepLoop(FakeFamily(), Caps(8, table), 8)
    reference = make_reference(1)
    shares = [engine.share(64, 64, (reference,) * count) for count in (0, 1, 2)]
    assert shares == [1 / 4, 1 / 2, 1]


def test_a_preview_that_cannot_even_be_begun_costs_the_worker_nothing() -> None:
    class NoPreviews(FakeFamily):
        def preview(self, row: FakeRow) -> Callable[[], Image.Image]:
            raise NoMemory

    engine = loop(NoPreviews())
    engine.admit(make_task("a", steps=4, previews=2))
    assert endings(run_all(engine)) == {"a": "drawn"}


def test_a_decoding_that_hangs_ends_the_engine() -> None:
    now = [0.0]
    family = FakeFamily()
    family.decoder.clear()
    decode_thread = DecodeThread(60, clock=lambda: now[0])
    engine = StepLoop(family, Caps(8), 8, decode_thread=decode_thread)
    engine.admit(make_task("a", steps=1))
    engine.tick()
    assert family.begun.wait(30)
    now[0] = 59
    engine.tick()
    now[0] = 61
    with pytest.raises(DeviceBroken, match="too long"):
        engine.tick()
    family.decoder.set()


def test_where_parts_come_and_go_a_picture_is_decoded_while_nothing_else_runs() -> None:
    class Watched(FakeFamily):
        decoding = False

        def step(self, rows: Sequence[FakeRow]) -> None:
            assert not self.decoding
            super().step(rows)

        def decode(self, row: FakeRow) -> Callable[[], Image.Image]:
            self.decoding = True

            def make() -> Image.Image:
                self.decoding = False
                return self._picture(row.task, "")

            return make

    engine = StepLoop(Watched(), Caps(1), 1, decode_thread=DecodeThread(is_inline=True))
    for name in "ab":
        engine.admit(make_task(name, steps=2))
    assert endings(run_all(engine)) == {"a": "drawn", "b": "drawn"}


def test_no_memory_halves_the_cap_and_every_task_is_drawn_all_the_same() -> None:
    family = FakeFamily(fits=2)
    engine = loop(family)
    for name in "abcd":
        engine.admit(make_task(name, steps=3))
    assert endings(run_all(engine)) == dict.fromkeys("abcd", "drawn")
    assert [len(call) for call in family.calls[:5]] == [4, 1, 1, 1, 1]
    assert max(len(call) for call in family.calls[5:]) == 2
    assert family.released


def test_only_the_task_that_cannot_fit_fails() -> None:
    engine = loop(FakeFamily())
    engine.admit(make_task("a"))
    engine.admit(make_task("b", description="huge"))
    assert endings(run_all(engine)) == {"a": "drawn", "b": "no_memory"}


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("reject", "rejected"),
        ("poison prepare", "internal"),
        ("poison step", "internal"),
        ("poison decode", "internal"),
    ],
)
def test_a_poisoned_task_fails_alone(wish: str, code: str) -> None:
    engine = loop(FakeFamily())
    for name in "abc":
        engine.admit(make_task(name, description=wish if name == "b" else "a fox"))
    assert endings(run_all(engine)) == {"a": "drawn", "b": code, "c": "drawn"}
    assert engine.room() == 8


def test_a_preview_that_fails_does_not_fail_the_task() -> None:
    engine = loop(FakeFamily())
    engine.admit(make_task("a", steps=4, previews=2, description="poison preview"))
    assert endings(run_all(engine)) == {"a": "drawn"}


@pytest.mark.parametrize(
    ("steps", "wanted", "shown"), [(6, 0, 0), (6, 1, 1), (6, 2, 2), (6, 3, 3), (2, 3, 1), (1, 3, 0)]
)
def test_as_many_previews_come_as_were_asked_for_and_the_steps_allow(
    steps: int, wanted: int, shown: int
) -> None:
    engine = loop(FakeFamily())
    engine.admit(make_task("a", steps=steps, previews=wanted))
    events = run_all(engine)
    assert [event.index for event in events if isinstance(event, Previewed)] == list(range(shown))
    assert isinstance(events[-1], Drawn)


def test_an_overdue_task_breaks_and_leaves() -> None:
    now = [0.0]
    engine = StepLoop(FakeFamily(), Caps(8), 8, clock=lambda: now[0])
    engine.admit(make_task("a", steps=9, deadline=10))
    engine.admit(make_task("b", steps=9, deadline=99))
    engine.tick()
    now[0] = 11
    assert endings(engine.tick()) == {"a": "deadline"}
    assert engine.room() == 7


def test_a_broken_device_ends_the_engine() -> None:
    engine = loop(FakeFamily())
    engine.admit(make_task("a", description="break device"))
    with pytest.raises(DeviceBroken):
        engine.tick()


def test_tasks_wait_until_memory_is_free_but_never_for_an_empty_device() -> None:
    table = CapTable(model="fake", device="none", caps=(TokenCap(tokens=64, rows=8, row_bytes=10),))
    family = FakeFamily(free=15)
    engine = StepLoop(family, Caps(8, table), 8)
    for name in "ab":
        engine.admit(make_task(name, steps=2))
    events = engine.tick()
    family.free = 5
    events += run_all(engine)
    assert stepped(events) == ["a", "a", "b", "b"]
    assert endings(events) == {"a": "drawn", "b": "drawn"}


def test_warming_up_draws_and_a_model_that_cannot_is_found_out() -> None:
    family = FakeFamily()
    loop(family).warm_up()
    assert [len(rows) for rows in family.calls] == [1]
    with pytest.raises(RuntimeError, match="first picture"):
        loop(FakeFamily(fits=0)).warm_up()


def test_warming_up_for_compiled_code_draws_in_company_and_alone() -> None:
    family = FakeFamily()
    family.limits = family.limits.model_copy(
        update={"sizes": ((1024, 1024), (64, 64)), "default_size": (1024, 1024), "most_references": 1}
    )
    StepLoop(family, Caps(8), 8, warms_up_company=True).warm_up()
    assert [len(rows) for rows in family.calls] == [1, 1] + 2 * [2, 2, 1]
    # Two pictures join at once, and when the shorter is done a third joins the longer, which is then at another step.
    (one, _), (other, late), (alone,) = family.calls[2:5]
    assert one == other == alone != late


def test_an_idle_tick_has_nothing_to_say() -> None:
    assert loop(FakeFamily()).tick() == []
