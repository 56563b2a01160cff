from bench.serving.script import Script, read
from planner_service.language.segmenter import Segmenter
from planner_service.language.sentences import is_whole
from planner_service.wire import Slot, TextDelta

STORY = Script(pictures=2, words=3, pace_s=0.5)


def test_what_is_written_is_a_plan_whose_paragraphs_are_whole_sentences() -> None:
    segmenter = Segmenter()
    events = [event for piece in STORY.pieces() for event in segmenter.feed(piece)]
    texts = [""]
    for event in events:
        if isinstance(event, TextDelta):
            texts[-1] += event.text
        elif isinstance(event, Slot):
            texts.append("")
    assert len(texts) == STORY.pictures + 1
    assert len(set(texts)) == len(texts), "a planner that says the same for ever is stopped"
    assert all(text and is_whole(text) for text in texts)


def test_a_script_is_read_back_from_the_question_whatever_images_stand_before_it() -> None:
    asked = STORY.question(seed=1)
    assert (asked["mode"], asked["least_images"], asked["seed"]) == ("interleaved", 2, 1)
    assert read([{"role": "user", "content": f"[image in1]\n{asked['input']}"}]) == STORY


def test_a_script_without_pictures_asks_for_text() -> None:
    asked = Script(pictures=0, words=1, pace_s=0).question()
    assert (asked["mode"], asked["most_images"]) == ("text", 0)
