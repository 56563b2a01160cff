"""Internal events as the AI SDK's UI message stream, pinned by golden files; tests/node reads it with the SDK's own parser."""

import pytest

from gateway.answer import events as ev
from gateway.answer.errors import StoreUnavailable
from gateway.dialects.common.wire import Inline
from gateway.dialects.ui.stream import UiRenderer
from tests.fakes import ask, blob
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare

REQUEST = ask(f"resp_{'0' * 32}")


def rendered(events, request=REQUEST):
    renderer = UiRenderer(request)
    return [wire for event in events for wire in renderer.render(event)]


def parts(events, kind, **changes):
    sent = [wire.data for wire in rendered(events, ask(f"resp_{'0' * 32}", **changes))]
    return [part for part in sent if part["type"].startswith(kind)]


def test_a_whole_story_streams_as_the_golden_file():
    compare("ui_stream.json", [wire.data for wire in rendered(EVENTS)])


@pytest.mark.parametrize("ending", EARLY)
def test_an_early_end_streams_as_the_golden_file(ending):
    compare(f"ui_stream_{ending}.json", [wire.data for wire in rendered(EARLY[ending])][-4:])


@pytest.mark.parametrize("events", [EVENTS, *EARLY.values()], ids=["completed", *EARLY])
def test_every_text_is_opened_and_closed_and_every_picture_has_one_outcome(events):
    started = [part["id"] for part in parts(events, "text-start")]
    pictures = sum(event.type == "picture_opened" for event in events)

    assert started == [part["id"] for part in parts(events, "text-end")] == ["text-0"]
    assert len(parts(events, "file") + parts(events, "data-failed-picture")) == pictures


def test_what_follows_a_picture_is_held_while_its_progress_is_told_at_once():
    early = [*EVENTS[:14], ev.TextStarted(at=8, item=3), ev.TextDelta(at=8, item=3, text="The end.")]

    assert [part["delta"] for part in parts(early, "text-delta")] == ["One ", "fox."]
    assert parts(early, "data-picture")[-1]["data"]["state"] == "drawing"
    later = [*early, EVENTS[14], EVENTS[15]]
    assert [part["type"] for part in parts(later, "")][-4:] == [
        "file",
        "data-failed-picture",
        "text-start",
        "text-delta",
    ]


def test_pictures_and_looks_come_as_data_urls_or_as_urls():
    (shown,), (look,) = parts(EVENTS, "file"), parts(EVENTS, "data-preview")
    (linked,), (far_look,) = (parts(EVENTS, kind, delivery="url") for kind in ("file", "data-preview"))

    assert shown["url"] == Inline(blob("img1"), "image/png")
    assert look["data"]["url"] == Inline(blob("look"), "image/png")
    assert linked["url"] == f"/v1/files/file-{'0' * 32}-1/content"
    assert far_look["data"]["url"] == f"/v1/files/file-{'0' * 32}-1-0/content"


def test_only_the_part_that_brings_a_picture_says_when_it_was_published():
    assert [wire.published_at for wire in rendered(EVENTS) if wire.published_at] == [8]


def test_last_words_are_an_error_part():
    last = UiRenderer(REQUEST).last_words(StoreUnavailable()).data

    assert last == {"type": "error", "errorText": "The gateway's store cannot be reached."}
