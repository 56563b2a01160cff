"""What else an unchanged OpenAI client can do: chats, pictures alone, files, and answers that are made in the background."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from PIL import Image

from gateway.dialects.chat.marks import PictureMark, split_marks
from tests.e2e.conftest import Running
from tests.e2e.streams import illustrated

pytestmark = pytest.mark.e2e

ONE = {"mode": "interleaved", "least_images": 1, "most_images": 1, "seed": 11}
CHAT: dict[str, Any] = {
    "model": "storybook",
    "messages": [{"role": "user", "content": "A story about a fox at the sea"}],
    "temperature": 0,
    "extra_body": ONE,
}
DRAW: dict[str, Any] = {"model": "storybook", "prompt": "Draw a fox on the beach", "extra_body": {"seed": 11}}


def drawn(base64_of: str | None) -> bytes:
    """A picture's pixels."""
    assert base64_of
    image = Image.open(io.BytesIO(base64.b64decode(base64_of)))
    assert (image.format, image.size) == ("PNG", (128, 128))
    return image.tobytes()


def told(message: Any) -> list[str | bytes]:
    """What a chat's answer consists of, in order: texts, and the pixels of pictures."""
    pictures = {image["file_id"]: image["image_url"]["url"] for image in message.images}
    return [
        drawn(pictures[part.file_id].split(",")[1]) if isinstance(part, PictureMark) else part
        for part in split_marks(message.content)
    ]


@pytest.fixture
def slow(running: Running) -> Iterator[OpenAI]:
    """A client of the gateway whose pictures take seconds."""
    with OpenAI(base_url=f"{running.slow_url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        yield client


def test_a_chat_is_answered_alike_whole_and_streamed(client: OpenAI) -> None:
    whole = client.chat.completions.create(**CHAT)
    with client.chat.completions.stream(**CHAT) as stream:
        kinds = {event.type for event in stream}
        streamed = stream.get_final_completion()
    answer = told(whole.choices[0].message)

    assert "content.delta" in kinds
    assert told(streamed.choices[0].message) == answer
    assert [type(part) for part in answer[:2]] == [str, bytes]
    assert whole.choices[0].finish_reason == streamed.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert whole.usage.completion_tokens > 0


def test_a_picture_is_drawn_and_edited_whole_and_streamed(client: OpenAI) -> None:
    whole = client.images.generate(**DRAW)
    *looks, last = client.images.generate(**DRAW, stream=True, partial_images=2)
    assert whole.data is not None
    picture = drawn(whole.data[0].b64_json)

    assert [look.type for look in looks] == ["image_generation.partial_image"] * 2
    assert (last.type, drawn(last.b64_json)) == ("image_generation.completed", picture)

    change: dict[str, Any] = DRAW | {
        "prompt": "Give her a blue scarf",
        "image": base64.b64decode(last.b64_json),
    }
    edit = client.images.edit(**change)
    *looks, last = client.images.edit(**change, stream=True, partial_images=1)
    assert edit.data is not None
    assert [look.type for look in looks] == ["image_edit.partial_image"]
    assert (last.type, drawn(last.b64_json)) == ("image_edit.completed", drawn(edit.data[0].b64_json))
    assert edit.data[0].model_extra["references"] == [{"id": "in1", "chosen_by": "client"}]
    assert drawn(edit.data[0].b64_json) != picture


def test_files_are_sent_found_read_and_deleted(client: OpenAI) -> None:
    png = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(png, "PNG")
    sent = client.files.create(file=("sea.png", png.getvalue()), purpose="vision")

    assert client.files.retrieve(sent.id) == sent
    assert sent.id in [file.id for file in client.files.list()]
    kept = client.files.content(sent.id).content
    assert len(kept) == sent.bytes
    assert Image.open(io.BytesIO(kept)).getpixel((0, 0)) == (0, 128, 128)
    assert client.files.delete(sent.id).deleted
    assert sent.id not in [file.id for file in client.files.list()]


def test_a_drawn_picture_is_a_file(client: OpenAI) -> None:
    answer = client.responses.create(model="storybook", input="A story about a fox", extra_body=ONE)
    (picture,) = [item for item in answer.output if item.type == "image_generation_call"]

    assert (
        picture.result
        == base64.b64encode(client.files.content(picture.model_extra["file_id"]).content).decode()
    )


def test_an_answer_in_the_background_is_read_from_the_middle_and_cancelled(slow: OpenAI) -> None:
    ask = illustrated(3)
    more = {name: ask[name] for name in ("mode", "least_images", "most_images")}
    begun = slow.responses.create(model="storybook", input=ask["input"], background=True, extra_body=more)
    numbers = []
    with slow.responses.retrieve(begun.id, stream=True, starting_after=3) as rest:
        for event in rest:
            numbers.append(event.sequence_number)
            if event.type == "response.image_generation_call.generating" and event.model_extra["step"] == 0:
                slow.responses.cancel(begun.id)

    assert begun.status == "in_progress"
    assert numbers == list(range(4, 4 + len(numbers)))
    assert (event.type, event.response.status) == ("response.incomplete", "cancelled")
    assert slow.responses.retrieve(begun.id).status == "cancelled"
