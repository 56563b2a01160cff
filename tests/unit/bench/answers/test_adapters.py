"""The adapters against servers that speak as the vendors document."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from bench.answers.answer import Answer, Picture, Text
from bench.answers.systems.asking import DIALECTS
from bench.answers.systems.system import Asked, CannotAsk, Conversation
from tests.unit.bench.answers.vendors import OTHER, PNG, Vendor, ask, plain, stream

PNG64, OTHER64 = base64.b64encode(PNG).decode(), base64.b64encode(OTHER).decode()
EARLIER = Answer(
    (Text("A fox."), Picture(OTHER, description="a fox"), Picture(None, failure="late")), "completed"
)
TWO_TURNS = Conversation([Asked("Draw a fox"), Asked("Make it red")], (EARLIER,))


def shape(answer: Answer) -> list[str | bytes | None]:
    return [part.text if isinstance(part, Text) else part.data for part in answer.parts]


# OpenAI's Responses API


def call(result: str | None, **more: object) -> dict[str, object]:
    return {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": result, **more}


def message(text: str) -> dict[str, object]:
    return {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": []}]}


def ended(status: str, *output: dict[str, object], **more: object) -> dict[str, object]:
    response = {"status": status, "output": output, "usage": {"output_tokens": 40}, **more}
    return {"type": f"response.{status}", "response": response}


async def test_responses_are_read_in_the_order_of_their_items() -> None:
    vendor = Vendor(
        stream(
            {"type": "response.created", "response": {}},
            {"type": "response.output_text.delta", "output_index": 0, "delta": "Once"},
            {"type": "response.image_generation_call.completed", "output_index": 1, "item_id": "ig_1"},
            {"type": "reasoning.of.some.kind"},
            ended("completed", {"type": "reasoning"}, message("Once."), call(PNG64), message("The end.")),
        )
    )
    answer = await ask(vendor, plain())
    assert shape(answer) == ["Once.", PNG, "The end."]
    assert (answer.outcome, answer.tokens) == ("completed", 40)
    assert answer.first_text_s is not None
    assert answer.first_picture_s is not None


async def test_what_only_our_gateway_tells_is_read() -> None:
    told = {
        "picture": "img2",
        "revised_prompt": "a fox",
        "references": [{"id": "img1", "chosen_by": "planner"}],
        "missing_references": ["img9"],
        "timings": {"started_at": 10.0, "done_at": 12.5},
    }
    (picture,) = (await ask(Vendor(stream(ended("completed", call(PNG64, **told)))), plain())).pictures
    assert (picture.name, picture.description, picture.drawing_s) == ("img2", "a fox", 2.5)
    assert (picture.references, picture.missing_references) == (("img1",), ("img9",))


async def test_a_picture_that_did_not_come_says_why() -> None:
    failed = call(None, error={"message": "Too late."})
    (picture,) = (await ask(Vendor(stream(ended("completed", failed))), plain())).pictures
    assert (picture.data, picture.failure) == (None, "Too late.")


async def test_responses_are_asked_with_images_and_seed() -> None:
    vendor = Vendor(stream(ended("completed")))
    await ask(vendor, plain("Who is this?", PNG, seed=7), describe_images=True, more={"quality": "low"})
    assert vendor.requests[0].url == "https://vendor.test/v1/responses"
    assert vendor.requests[0].headers["authorization"] == "Bearer secret"
    assert vendor.body == {
        "model": "m/1",
        "stream": True,
        "seed": 7,
        "quality": "low",
        "tools": [{"type": "image_generation"}],
        "input": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_image",
                        "image_url": f"data:image/png;base64,{PNG64}",
                        "description": "a fox",
                    },
                    {"type": "input_text", "text": "Who is this?"},
                ],
            }
        ],
    }


async def test_earlier_answers_go_back_as_items() -> None:
    vendor = Vendor(stream(ended("completed")))
    await ask(vendor, TWO_TURNS)
    kinds = [item.get("type", item.get("role")) for item in vendor.body["input"]]
    assert kinds == ["user", "assistant", "image_generation_call", "user"]
    assert vendor.body["input"][2]["result"] == OTHER64


@pytest.mark.parametrize(
    ("event", "outcome", "why"),
    [
        (ended("failed", error={"message": "no planner"}), "failed", "no planner"),
        (
            ended("incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete",
            "max_output_tokens",
        ),
        ({"type": "error", "message": "store lost"}, "failed", "store lost"),
        ({"type": "response.created", "response": {}}, "failed", "The stream ended before the answer did."),
    ],
)
async def test_how_a_response_ended_is_told(event: dict[str, object], outcome: str, why: str) -> None:
    answer = await ask(Vendor(stream(event)), plain())
    assert (answer.outcome, answer.failure) == (outcome, why)


# Chat Completions with images


def chunk(finish: str | None = None, **delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def image(data: str, **more: object) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}, "index": 0, **more}


async def test_chat_pictures_stand_where_they_came() -> None:
    vendor = Vendor(
        stream(
            chunk(role="assistant", content=""),
            chunk(content="One "),
            chunk(content="fox."),
            chunk(images=[image(PNG64)]),
            chunk(content="Another."),
            chunk(images=[image(OTHER64)]),
            chunk(finish="stop"),
            "[DONE]",
        )
    )
    answer = await ask(vendor, plain(), dialect="chat")
    assert shape(answer) == ["One fox.", PNG, "Another.", OTHER]
    assert answer.outcome == "completed"
    assert vendor.body["modalities"] == ["text", "image"]


async def test_chat_pictures_that_the_text_marks_stand_at_their_marks() -> None:
    vendor = Vendor(
        stream(
            chunk(content="One.\n\n![a \\[red\\] fox](/v1/files/file-1/content)\n\nTwo."),
            chunk(content="\n\n![a boat](/v1/files/file-2/content?sig=a_b)\n\nThree."),
            chunk(images=[image(OTHER64, file_id="file-2", description="a boat")]),
            chunk(images=[image(PNG64, file_id="file-1")]),
            chunk(finish="length"),
        )
    )
    answer = await ask(vendor, plain(), dialect="chat")
    assert [one.strip() if isinstance(one, str) else one for one in shape(answer)] == [
        "One.",
        PNG,
        "Two.",
        OTHER,
        "Three.",
    ]
    assert (answer.outcome, answer.failure) == ("incomplete", "length")


async def test_chat_takes_images_and_its_own_answers_back() -> None:
    vendor = Vendor(stream(chunk(finish="stop")))
    await ask(
        vendor, replace(TWO_TURNS, turns=[*plain("Draw", PNG).turns, Asked("Make it red")]), dialect="chat"
    )
    first, back, _ = vendor.body["messages"]
    assert [part["type"] for part in first["content"]] == ["image_url", "text"]
    assert back == {
        "role": "assistant",
        "content": "A fox.",
        "images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{OTHER64}"}}],
    }


async def test_an_error_within_a_chat_ends_the_answer() -> None:
    answer = await ask(Vendor(stream({"error": {"message": "overloaded"}})), plain(), dialect="chat")
    assert (answer.outcome, answer.failure) == ("failed", "overloaded")


# Gemini


def parts(*parts: dict[str, object], **candidate: object) -> dict[str, object]:
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **candidate}]}


async def test_gemini_parts_are_read_in_order_without_thoughts() -> None:
    blob = {"inlineData": {"mimeType": "image/png", "data": PNG64}}
    vendor = Vendor(
        stream(
            parts({"text": "let me think", "thought": True}, {**blob, "thought": True}),
            parts({"text": "A "}, {"text": "fox."}),
            parts(blob),
            parts({"text": "Gone."}, finishReason="STOP") | {"usageMetadata": {"candidatesTokenCount": 9}},
        )
    )
    answer = await ask(vendor, plain("Draw", OTHER, seed=3), dialect="gemini")
    assert shape(answer) == ["A fox.", PNG, "Gone."]
    assert (answer.outcome, answer.tokens) == ("completed", 9)
    sent = vendor.requests[0]
    assert str(sent.url) == "https://vendor.test/v1beta/models/m%2F1:streamGenerateContent?alt=sse"
    assert sent.headers["x-goog-api-key"] == "secret"
    assert vendor.body["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"], "seed": 3}
    assert [list(part) for part in vendor.body["contents"][0]["parts"]] == [["inlineData"], ["text"]]


async def test_gemini_gets_its_own_turns_back() -> None:
    vendor = Vendor(stream(parts({"text": "ok"}, finishReason="STOP")))
    await ask(vendor, TWO_TURNS, dialect="gemini")
    assert [content["role"] for content in vendor.body["contents"]] == ["user", "model", "user"]
    assert [list(part) for part in vendor.body["contents"][1]["parts"]] == [["text"], ["inlineData"]]


@pytest.mark.parametrize(
    ("event", "outcome", "why"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "failed", "SAFETY"),
        ({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, "incomplete", "IMAGE_SAFETY"),
        ({"error": {"code": 503, "message": "busy"}}, "failed", "busy"),
    ],
)
async def test_what_gemini_will_not_do_is_told(event: dict[str, object], outcome: str, why: str) -> None:
    answer = await ask(Vendor(stream(event)), plain(), dialect="gemini")
    assert (answer.outcome, answer.failure) == (outcome, why)


# DashScope's wan2.6-image


def piece(content: list[dict[str, object]], finish: str = "null") -> dict[str, object]:
    choice = {"finish_reason": finish, "message": {"role": "assistant", "content": content}}
    return {
        "output": {"choices": [choice], "finished": finish != "null"},
        "usage": {"image_count": 1, "output_tokens": 5},
    }


async def test_dashscope_deltas_are_read_and_its_links_fetched() -> None:
    vendor = Vendor(
        stream(
            piece([{"type": "text", "text": "A "}]),
            piece([{"type": "text", "text": "fox."}]),
            piece([{"type": "image", "image": "https://oss.test/1.png"}]),
            piece([{"type": "text", "text": "Gone."}]),
            piece([{"type": "image", "image": "https://oss.test/gone.png"}]),
            piece([], "stop"),
        ),
        files={"https://oss.test/1.png": PNG},
    )
    answer = await ask(vendor, plain("Draw", OTHER, seed=3), dialect="dashscope")
    assert shape(answer) == ["A fox.", PNG, "Gone.", None]
    assert answer.pictures[1].failure == "Its link answers 404."
    assert answer.outcome == "completed"
    sent = vendor.requests[0]
    assert sent.url.path == "/api/v1/services/aigc/multimodal-generation/generation"
    assert sent.headers["x-dashscope-sse"] == "enable"
    assert vendor.body["parameters"] == {
        "enable_interleave": True,
        "stream": True,
        "n": 1,
        "max_images": 5,
        "seed": 3,
    }
    assert vendor.body["input"]["messages"][0]["content"] == [
        {"text": "Draw"},
        {"image": f"data:image/png;base64,{OTHER64}"},
    ]


async def test_dashscope_errors_are_told() -> None:
    event = {"code": "InvalidParameter", "message": "num_images_per_prompt must be 1", "request_id": "r"}
    answer = await ask(Vendor(stream(event)), plain(), dialect="dashscope")
    assert answer.failure == "InvalidParameter: num_images_per_prompt must be 1"


@pytest.mark.parametrize(
    ("said", "why"), [(TWO_TURNS, "a single turn"), (plain("Both", PNG, OTHER), "one image")]
)
async def test_what_dashscope_cannot_be_asked_is_not_asked(said: Conversation, why: str) -> None:
    vendor = Vendor(stream(piece([], "stop")))
    with pytest.raises(CannotAsk, match=why):
        await ask(vendor, said, dialect="dashscope")
    assert vendor.requests == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_no_answer_has_a_word_of_the_key(dialect: str) -> None:
    answer = await ask(Vendor(stream("{")), plain(), dialect=dialect)
    assert answer.outcome == "failed"
    assert "secret" not in repr(answer)
