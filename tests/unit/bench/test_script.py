from bench.serving.script import Script, read
from planner_service.check import PlanReader
from planner_service.language import Language
from planner_service.wire import Slot, TextDelta

STORY = Script(pictures=2, words=3, pace_s=0.5)


def test_what_is_written_is_a_plan_that_begins_and_ends_with_text() -> None:
    reader = PlanReader(Language(least=2, most=2))
    events = [event for piece in STORY.pieces() for event in reader.feed(piece)]
    events += reader.finish(cut=False)
    assert isinstance(events[0], TextDelta)
    assert isinstance(events[-1], TextDelta)
    assert [event.index for event in events if isinstance(event, Slot)] == [0, 1]


def test_a_script_is_read_back_from_the_question_whatever_images_stand_before_it() -> None:
    asked = STORY.question(seed=1)
    assert (asked["mode"], asked["least_images"], asked["seed"]) == ("interleaved", 2, 1)
    assert read([{"role": "user", "content": f"[image in1]\n{asked['input']}"}]) == STORY


def test_a_script_without_pictures_asks_for_text() -> None:
    asked = Script(pictures=0, words=1, pace_s=0).question()
    assert (asked["mode"], asked["most_images"]) == ("text", 0)
