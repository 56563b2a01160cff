"""Internal events as Google's Gemini API: pinned by golden files, and valid by the SDK's own types."""

import base64
import json

import pytest
from google.genai.types import GenerateContentResponse

from gateway.answer import events as ev
from gateway.answer.errors import GatewayError, InvalidRequest, NotFound, StoreUnavailable
from gateway.answer.folding import fold
from gateway.dialects.gemini.accept import RATIO, _size
from gateway.dialects.gemini.answer import GeminiRenderer, generated
from gateway.dialects.gemini.errors import as_google
from tests.fakes import LIMITS, ask
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare

REQUEST = ask(f"resp_{'0' * 32}")


def rendered(events):
    renderer = GeminiRenderer(REQUEST)
    return [wire for event in events for wire in renderer.render(event)]


def test_a_whole_story_streams_as_the_golden_file():
    compare("gemini_stream.json", [wire.data for wire in rendered(EVENTS)])


@pytest.mark.parametrize("ending", EARLY)
def test_an_early_end_streams_as_the_golden_file(ending):
    compare(f"gemini_stream_{ending}.json", [wire.data for wire in rendered(EARLY[ending])][-3:])


def test_a_whole_story_is_the_golden_answer():
    compare("gemini_object.json", generated(REQUEST, fold(EVENTS)))


def test_answers_are_valid_by_the_sdk():
    sent = [generated(REQUEST, fold(EVENTS)), *(wire.data for wire in rendered(EVENTS))]

    for response in sent:
        text = json.dumps(response, default=lambda inline: base64.b64encode(inline.blob.encode()).decode())
        GenerateContentResponse.model_validate_json(text)


def test_what_follows_a_picture_is_held_until_the_picture_is_there():
    early = [*EVENTS[:14], ev.TextStarted(at=8, item=3), ev.TextDelta(at=8, item=3, text="The end.")]
    sent = [wire.data["candidates"][0]["content"]["parts"][0] for wire in rendered(early)]

    assert sent == [{"text": "One "}, {"text": "fox."}]
    later = [*early, EVENTS[14], EVENTS[15]]
    parts = [wire.data["candidates"][0]["content"]["parts"][0] for wire in rendered(later)]
    assert [part.get("text", "picture")[:14] for part in parts[2:]] == [
        "picture",
        "[img2 is missi",
        "The end.",
    ]


@pytest.mark.parametrize(("ending", "status"), [("failed", "UNAVAILABLE"), ("cancelled", "INTERNAL")])
def test_half_an_answer_is_an_error(ending, status):
    with pytest.raises(GatewayError):
        generated(REQUEST, fold(EARLY[ending]))
    assert rendered(EARLY[ending])[-1].data["error"]["status"] == status


def test_only_the_event_that_brings_a_picture_says_when_it_was_published():
    assert [wire.published_at for wire in rendered(EVENTS) if wire.published_at] == [8]


def test_errors_name_status_reason_and_field_as_googles_do():
    error = as_google(NotFound("There is no such model.", code="model_not_found", param="model"))["error"]

    assert (error["code"], error["status"]) == (404, "NOT_FOUND")
    assert [detail.get("reason") for detail in error["details"]] == ["MODEL_NOT_FOUND", None]
    assert error["details"][1]["fieldViolations"] == [
        {"field": "model", "description": "There is no such model."}
    ]
    assert GeminiRenderer(REQUEST).last_words(StoreUnavailable()).data["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("ratio", "size"), [(None, "auto"), ("1:1", "64x64"), ("16:9", "80x64"), ("9:21", "64x96")]
)
def test_a_ratio_is_drawn_as_near_to_the_models_own_area_as_its_grid_allows(ratio, size):
    assert _size(ratio, LIMITS) == size


def test_of_a_models_sizes_the_one_with_the_ratio_is_drawn_and_any_other_ratio_refused():
    some = LIMITS.model_copy(update={"sizes": ((64, 48), (128, 96), (64, 64))})

    assert _size("4:3", some) == "64x48"
    with pytest.raises(InvalidRequest, match="16:9; it must be one of 1:1, 4:3") as refused:
        _size("16:9", some)
    assert refused.value.param == RATIO
