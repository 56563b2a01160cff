"""What `/openapi.json` says of answers is what answers are: the golden ones fit its models, with nothing left over."""

import json

import pytest

from gateway.dialects.chat.schemas import ChatCompletion
from gateway.dialects.images.schemas import ImagesResult
from gateway.dialects.responses.schemas import ResponseObject
from tests.unit.gateway.dialects.goldens import GOLDEN

WHOLE = {
    "responses_object.json": ResponseObject,
    "chat_object.json": ChatCompletion,
    "images_object.json": ImagesResult,
}
STREAMS = ("", "_cancelled", "_failed", "_incomplete")


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_is_as_described(name):
    golden = json.loads((GOLDEN / name).read_text(encoding="utf-8"))

    assert json.loads(WHOLE[name].model_validate(golden).model_dump_json()) == golden


@pytest.mark.parametrize("name", STREAMS)
def test_an_answer_in_progress_and_however_it_ends_is_as_described(name):
    events = json.loads((GOLDEN / f"responses_stream{name}.json").read_text(encoding="utf-8"))
    sent = [event["response"] for event in events if "response" in event]

    assert sent
    for response in sent:
        ResponseObject.model_validate(response)
