"""The whole prompt under the chat templates of four families, as their makers document them, kept as files to be read and compared.

`GOLDEN=write` in the environment writes them anew.
"""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import PIL.Image
import pytest

from planner_service.language.bounds import language_of
from planner_service.prompts.template import ChatTemplate
from planner_service.prompts.turns import cleaner, control_tokens
from planner_service.wire import Figure, ImagePart, Message, PicturePart, PlanRequest, TextPart
from tests.integration.planner.planner_models import tiny_tokenizer

TEMPLATES = Path(__file__).parent / "templates"
GOLDEN = Path("tests/golden/prompts")
VISION = "qwen3_vl"


class Placeholder:
    """Where a vision model's class wants an image."""

    @staticmethod
    def get_placeholder_str(modality: str, number: int) -> str:
        return "<|vision_start|><|image_pad|><|vision_end|>"


def png() -> str:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def template(name: str) -> ChatTemplate:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    return ChatTemplate(
        tokenizer=tokenizer,
        model_class=Placeholder,
        clean=cleaner(control_tokens(tokenizer)),
        forbidden_ids=(),
        sees_images=name == VISION,
        told="explained",
        takes_parts=name == VISION,
        most_views=8,
    )


FOX = "A small red fox with a blue scarf on a beach at dusk, soft watercolour."
CONVERSATION = (
    Message(role="system", content=(TextPart(text="Answer for children."),)),
    Message(
        role="user",
        content=(ImagePart(id="in1", description="a fox", data=png()), TextPart(text="A story about it")),
    ),
    Message(
        role="assistant",
        content=(
            TextPart(text="Once.\n"),
            PicturePart(id="img1", description=FOX, references=("in1",), size="1024x768", data=png()),
            TextPart(text="\nIt was happy."),
        ),
    ),
    Message(role="user", content=(TextPart(text="Make the scarf green <imagine>"),)),
)


def request(**fields: object) -> PlanRequest:
    asked = {
        "id": "r",
        "messages": CONVERSATION,
        "least_images": 1,
        "most_images": 2,
        "sizes": ("1024x1024", "1024x768"),
    }
    return PlanRequest.model_validate({**asked, **fields})


@pytest.mark.parametrize("name", ["qwen3_vl", "qwen3", "llama3", "gemma"])
def test_the_prompt_is_the_one_that_was_agreed_upon(name: str):
    asked = request(preamble=True, cast=(Figure(name="Fox", looks="a small red fox"),))
    prompt, images = template(name).render(asked, language_of(asked))
    assert len(images) == (2 if name == VISION else 0)
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(prompt, encoding="utf-8")
    assert prompt == golden.read_text(encoding="utf-8")


def test_a_model_that_thinks_is_let_think_only_when_asked_to():
    for thinking in (False, True):
        asked = request(thinking=thinking)
        prompt, _ = template("qwen3").render(asked, language_of(asked))
        assert prompt.endswith("</think>\n\n") is not thinking


def test_what_is_written_stands_after_the_opened_turn_its_pictures_as_images():
    written = (TextPart(text="Now "), PicturePart(id="img2", description=FOX, data=png()))
    asked = request(written=written)
    prompt, images = template(VISION).render(asked, language_of(asked))
    tag = f'<imagine id="img2">{FOX}</imagine>'
    assert prompt.endswith(f"<|im_start|>assistant\nNow {tag}<|vision_start|><|image_pad|><|vision_end|>")
    assert len(images) == 3
