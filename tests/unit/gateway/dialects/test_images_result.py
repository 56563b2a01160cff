"""Internal events as OpenAI's Images API: pinned by golden files, and valid by the SDK's own types."""

import pytest
from openai.types import ImageGenStreamEvent, ImagesResponse
from pydantic import TypeAdapter

from gateway.answer.errors import AnswerFailed
from gateway.answer.events import ResponseCancelled, ResponseFailed
from gateway.answer.folding import fold
from gateway.dialects.images.result import ImagesRenderer, result
from tests.fakes import ask
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import EARLY, compare, plain

REQUEST = ask(f"resp_{'0' * 32}", previews=1)
SDK_EVENT = TypeAdapter(ImageGenStreamEvent)


def rendered(events, request=REQUEST, kind="image_generation"):
    renderer = ImagesRenderer(request, kind)
    return [wire for event in events for wire in renderer.render(event)]


def test_pictures_stream_as_the_golden_file():
    compare("images_stream.json", [wire.data for wire in rendered(EVENTS)])


def test_pictures_are_the_golden_result():
    compare("images_object.json", result(REQUEST, fold(EVENTS)))


def test_what_has_a_name_of_openais_is_valid_by_its_sdk():
    ImagesResponse.model_validate(plain(result(REQUEST, fold(EVENTS))))
    for wire in rendered(EVENTS):
        data = plain(wire.data)
        assert data["type"] == wire.type
        if not wire.type.endswith("failed"):
            no_tokens = {"input_tokens": 0, "input_tokens_details": {"image_tokens": 0, "text_tokens": 0}}
            usage = data.get("usage") or no_tokens | {"output_tokens": 0, "total_tokens": 0}
            SDK_EVENT.validate_python(data | {"usage": usage})


def test_edits_have_names_of_their_own():
    assert [wire.type for wire in rendered(EVENTS, kind="image_edit")] == [
        "image_edit.partial_image",
        "image_edit.completed",
        "image_edit.failed",
    ]


def test_no_picture_at_all_is_an_error_that_says_why():
    failed = [event for event in EVENTS if getattr(event, "item", 2) == 2]
    cancelled = EARLY["cancelled"]

    with pytest.raises(AnswerFailed) as error:
        result(
            REQUEST,
            fold(
                [
                    event.model_copy(update={"item": 0}) if hasattr(event, "item") else event
                    for event in failed
                ]
            ),
        )
    assert error.value.code == "incomplete_description"
    assert rendered(cancelled)[-1].data["error"]["code"] == "cancelled"
    assert rendered(EARLY["failed"])[-1].data["error"]["code"] == "gateway_lost"


@pytest.mark.parametrize(
    "last", [ResponseFailed(at=9, code="deadline", message="Late."), ResponseCancelled(at=9)]
)
def test_pictures_that_came_before_the_answer_broke_off_are_delivered(last):
    sent = result(REQUEST, fold([*EVENTS[:-1], last]))

    assert len(sent["data"]) == 1
    assert sent["failed"][0]["error"]["code"] == "incomplete_description"


def test_urls_take_the_place_of_base64():
    sent = rendered(EVENTS, ask(f"resp_{'0' * 32}", previews=1, delivery="url"))

    assert [wire.data["b64_json"] for wire in sent[:2]] == [None, None]
    assert [wire.data["url"] for wire in sent[:2]] == [
        f"/v1/files/file-{'0' * 32}-1-0/content",
        f"/v1/files/file-{'0' * 32}-1/content",
    ]
