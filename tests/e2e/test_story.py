import base64
import io
from typing import Any

import httpx
import pytest
from openai import OpenAI
from PIL import Image

from tests.e2e.conftest import Running
from tests.e2e.streams import Event, asked, illustrated, resumed, until, whole

pytestmark = pytest.mark.e2e

ASKED = "Tell me a story about a fox at the sea, with 3 pictures"


def drawn(item: Any) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(item.result)))
    image.load()
    return image


def test_an_unchanged_openai_client_gets_text_and_three_pictures_in_order(client: OpenAI) -> None:
    with client.responses.stream(model="storybook", input=ASKED) as stream:
        kinds = [event.type for event in stream]
        answer = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert answer.output_text.strip()
    pictures = [item for item in answer.output if item.type == "image_generation_call"]
    assert [drawn(picture).format for picture in pictures] == ["PNG"] * 3
    assert [picture.model_extra["picture"] for picture in pictures] == ["img1", "img2", "img3"]
    assert all(picture.status == "completed" for picture in pictures)


def test_the_same_story_comes_whole_without_streaming(client: OpenAI) -> None:
    answer = client.responses.create(model="storybook", input=ASKED, extra_body={"seed": 7})
    again = client.responses.retrieve(answer.id)
    assert [item.type for item in answer.output].count("image_generation_call") == 3
    assert again.output == answer.output


def test_drawing_overlaps_with_planning(running: Running) -> None:
    seen = whole(running.slow_url, illustrated(4))
    first = next(
        event["output_index"]
        for event in seen
        if event["type"] == "response.image_generation_call.in_progress"
    )
    generating = position(seen, "response.image_generation_call.generating", first)
    completed = position(seen, "response.image_generation_call.completed", first)
    later = [
        at
        for at, event in enumerate(seen)
        if event["type"] == "response.output_text.delta" and event["output_index"] > first
    ]
    assert any(generating < at < completed for at in later), (
        "the next text streams while the first picture is drawn"
    )
    times = seen[-1]["response"]["timeline"]
    assert len(times["slots"]) == 4
    assert times["slots"][0]["started"] < times["plan_ended"], "the first job starts before the plan ends"


def position(seen: list[Event], type: str, output_index: int) -> int:
    return next(
        at for at, event in enumerate(seen) if event["type"] == type and event["output_index"] == output_index
    )


def test_a_reader_who_comes_back_anywhere_gets_exactly_the_rest(running: Running) -> None:
    seen = whole(running.url, illustrated(2))
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    with httpx.Client(base_url=running.url, timeout=120) as http:
        for cut in range(len(seen)):
            assert resumed(http, seen[0]["response"]["id"], after=cut) == seen[cut + 1 :]


def test_a_stream_that_breaks_is_resumed_while_the_answer_is_still_made(running: Running) -> None:
    with asked(running.slow_url, illustrated(4)) as stream:
        seen = until(stream, "response.image_generation_call.generating")
    with httpx.Client(base_url=running.slow_url, timeout=120) as http:
        seen += resumed(http, seen[0]["response"]["id"], after=seen[-1]["sequence_number"])
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    assert seen[-1]["type"] == "response.completed"


def test_the_same_seed_draws_the_same_pictures(client: OpenAI) -> None:
    ask = {"least_images": 1, "most_images": 1, "mode": "image", "seed": 3}
    one, two = (
        client.responses.create(model="storybook", input="Draw a blue owl", extra_body=ask) for _ in range(2)
    )
    assert [item.result for item in one.output] == [item.result for item in two.output]


def test_a_picture_sent_in_guides_the_answer(client: OpenAI) -> None:
    png = io.BytesIO()
    Image.new("RGB", (128, 128), "teal").save(png, "PNG")
    file = client.files.create(file=("cat.png", png.getvalue()), purpose="vision")
    question: Any = [
        {
            "type": "input_image",
            "file_id": file.id,
            "description": "A cat sitting in the meadow.",
            "detail": "auto",
        },
        {"type": "input_text", "text": "Draw this cat on the beach"},
    ]
    answer = client.responses.create(
        model="storybook",
        input=[{"role": "user", "content": question}],
        extra_body={"mode": "image", "references": ["in1"]},
    )
    (picture,) = [item for item in answer.output if item.type == "image_generation_call"]
    assert picture.model_extra["references"] == [{"id": "in1", "chosen_by": "client"}]
    assert drawn(picture).format == "PNG"
