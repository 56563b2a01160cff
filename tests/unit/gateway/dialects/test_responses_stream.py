"""Internal events as OpenAI's Responses API: pinned by golden files, and valid by the SDK's own types."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from gateway.answer import events as ev
from gateway.answer.document import Document, PictureState
from gateway.answer.errors import StoreUnavailable
from gateway.answer.failures import PICTURE_FAILURES
from gateway.answer.folding import fold
from gateway.dialects.common.wire import Inline
from gateway.dialects.responses.items import STATUS, response
from gateway.dialects.responses.stream import ResponsesRenderer
from tests.fakes import ask, blob
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare, plain
from visualizer_service.wire import FailureCode

SDK_EVENT = TypeAdapter(ResponseStreamEvent)
REQUEST = ask(f"resp_{'0' * 32}", previews=1, metadata={"a": "b"}, temperature=0.7)


def rendered(events, request=REQUEST):
    renderer = ResponsesRenderer(request)
    return [wire for event in events for wire in renderer.render(event)]


def known_code(data):
    """OpenAI's SDKs take any error code, though their types list only OpenAI's own."""
    if data["type"] != "response.failed":
        return {}
    failed = plain(data["response"])
    return {"response": failed | {"error": failed["error"] | {"code": "server_error"}}}


def test_a_whole_story_streams_as_the_golden_file():
    compare("responses_stream.json", [wire.data for wire in rendered(EVENTS)])


@pytest.mark.parametrize("ending", EARLY)
def test_an_early_end_streams_as_the_golden_file(ending):
    compare(f"responses_stream_{ending}.json", [wire.data for wire in rendered(EARLY[ending])][-3:])


def test_a_whole_story_is_the_golden_response():
    compare("responses_object.json", response(REQUEST, fold(EVENTS)))


def test_pictures_that_are_wanted_once_are_not_in_the_last_event():
    def results(wire_events):
        return [item["result"] for item in wire_events[-1].data["response"]["output"] if "result" in item]

    once = rendered(EVENTS, replace(REQUEST, pictures_once=True))
    assert results(once) == [None for _ in results(rendered(EVENTS))]
    assert once[:-1] == rendered(EVENTS)[:-1]
    told = [wire.data["item"] for wire in once if wire.type == "response.output_item.done"]
    assert any(isinstance(item.get("result"), Inline) for item in told)


@pytest.mark.parametrize("events", [EVENTS, *EARLY.values()], ids=["completed", *EARLY])
def test_every_event_is_valid_by_openais_sdk(events):
    for wire in rendered(events):
        assert wire.data["type"] == wire.type
        SDK_EVENT.validate_python(plain(wire.data) | known_code(wire.data))


@pytest.mark.parametrize("length", range(1, len(EVENTS) + 1))
def test_the_response_is_valid_by_the_sdk_at_any_time(length):
    Response.model_validate(plain(response(REQUEST, fold(EVENTS[:length]))))


def test_output_indices_rise_and_nothing_is_said_of_an_item_before_it_is_added():
    added = []
    for wire in rendered(EVENTS):
        if wire.type == "response.output_item.added":
            added.append(wire.data["output_index"])
        elif "output_index" in wire.data:
            assert wire.data["output_index"] in added
    assert added == [0, 1, 2]


def test_the_last_event_holds_the_whole_output_again():
    sent = [wire.data for wire in rendered(EVENTS)]
    done = {
        data["output_index"]: data["item"] for data in sent if data["type"] == "response.output_item.done"
    }

    assert sent[-1]["response"]["output"] == [done[index] for index in sorted(done)]
    assert sent[-1]["response"]["output"][1]["result"] == Inline(blob("img1"))


def test_only_the_event_that_brings_a_picture_says_when_it_was_published():
    assert [(wire.type, wire.published_at) for wire in rendered(EVENTS) if wire.published_at] == [
        ("response.output_item.done", 8)
    ]


@given(st.integers(0, len(EVENTS)), st.sampled_from(list(EARLY)))
def test_numbers_depend_on_what_happened_only(length, ending):
    events = EARLY[ending][:length]

    assert rendered(events) == rendered(events)
    assert [wire.data["sequence_number"] for wire in rendered(events)] == list(range(len(rendered(events))))


@pytest.mark.parametrize("after", range(-1, len(rendered(EVENTS))))
def test_a_reader_that_goes_on_anywhere_gets_exactly_the_rest(after):
    renderer = ResponsesRenderer(REQUEST, after)
    rest = [wire for event in EVENTS for wire in renderer.render(event)]
    assert rest == rendered(EVENTS)[after + 1 :]


def test_last_words_take_the_number_of_the_event_before_them():
    renderer = ResponsesRenderer(REQUEST)
    before = [wire for event in EVENTS[:5] for wire in renderer.render(event)][-1]

    words = renderer.last_words(StoreUnavailable())

    assert words.data["sequence_number"] == before.data["sequence_number"]
    assert "error" not in words.data  # the SDK takes a member of that name for a failed request
    SDK_EVENT.validate_python(words.data)


def test_urls_take_the_place_of_base64_everywhere():
    sent = rendered(EVENTS, ask(f"resp_{'0' * 32}", previews=1, delivery="url"))
    picture = sent[-1].data["response"]["output"][1]
    preview = next(wire.data for wire in sent if wire.type.endswith("partial_image"))

    assert not any("Inline" in repr(wire.data) for wire in sent)
    assert picture["url"] == f"/v1/files/file-{'0' * 32}-1/content"
    assert preview["url"] == f"/v1/files/file-{'0' * 32}-1-0/content"


def test_every_state_and_every_failure_of_a_picture_is_put_in_words():
    assert set(STATUS) == set(PictureState.__args__)
    assert set(FailureCode.__args__) - {"internal"} <= set(PICTURE_FAILURES)


def test_a_response_that_has_just_begun_has_no_output():
    begun = response(REQUEST, fold([ev.ResponseStarted(at=1)]))

    assert (begun["output"], begun["status"], begun["timeline"]) == ([], "in_progress", None)
    assert response(REQUEST, Document()) == begun
