"""A conversation of three turns by `previous_response_id`: a story, a change to its picture, a question about it."""

from __future__ import annotations

import base64
import io
from statistics import mean
from typing import Any

import pytest
from openai import OpenAI
from PIL import Image

from training import oracle

pytestmark = pytest.mark.e2e

STRANGERS = ("a bear", "an owl", "a mouse")
OTHERS = (
    ("a rabbit with a green hat", "give her a blue hat"),
    ("a cat with a yellow cape", "give her a red cape"),
    ("a fox in the forest", "give her green boots"),
)
"""Of one picture alone the character may be too faint to be told from another."""
SEED = 11


def pictures(answer: Any) -> list[Any]:
    return [item for item in answer.output if item.type == "image_generation_call"]


def read(picture: str) -> oracle.Reading:
    return oracle.read(Image.open(io.BytesIO(base64.b64decode(picture))))


def say(client: OpenAI, words: str, before: Any = None, **more: Any) -> Any:
    """One turn, as likely as can be, so that it goes the same way each time."""
    return client.responses.create(
        model="storybook",
        input=words,
        previous_response_id=before and before.id,
        temperature=0,
        extra_body={"seed": SEED} | more,
    )


@pytest.fixture(scope="module")
def turns(running) -> list[Any]:
    with OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        story = say(client, "Tell me a story about a fox with a red scarf, with 2 pictures")
        edit = say(client, "give her a blue scarf", story)
        return [story, edit, say(client, "what colour is her scarf?", edit)]


def test_the_change_is_one_picture_guided_by_an_earlier_one(turns: list[Any]) -> None:
    story, edit, _ = turns
    (changed,) = pictures(edit)

    assert [picture.model_extra["picture"] for picture in pictures(story)] == ["img1", "img2"]
    assert changed.model_extra["picture"] == "img3"
    guides = changed.model_extra["references"]
    assert [guide["chosen_by"] for guide in guides] == ["planner"]
    assert guides[0]["id"] in ("img1", "img2")
    assert changed.model_extra["missing_references"] == []
    assert "fox" in changed.model_extra["description"]
    assert "blue scarf" in changed.model_extra["description"]


def test_the_answer_about_it_is_text_that_names_the_colour(turns: list[Any]) -> None:
    answer = turns[2]

    assert [item.type for item in answer.output] == ["message"]
    assert "blue" in answer.output_text.lower()
    assert "red" not in answer.output_text.lower()


def test_changed_pictures_show_the_same_characters(turns: list[Any], client: OpenAI) -> None:
    """The same descriptions are drawn from the same noise, guided by strangers instead: only who guides them can make the difference."""
    conversations = [turns[:2], *(changed_story(client, *words) for words in OTHERS)]
    distances = [identity_distances(client, *conversation) for conversation in conversations]
    same, strange = (mean(one) for one in zip(*distances, strict=True))
    print(f"identity distance: {same:.3f} to their own guides, {strange:.3f} drawn after strangers")
    assert same < strange


def changed_story(client: OpenAI, who: str, change: str) -> list[Any]:
    """A story, and a change to its picture."""
    story = say(client, f"Tell me a story about {who}, with 2 pictures")
    return [story, say(client, change, story)]


def identity_distances(client: OpenAI, story: Any, edit: Any) -> tuple[float, float]:
    """How far the changed picture's character is from its guide's, and how far where strangers guide it; from 0 to 1."""
    (changed,) = pictures(edit)
    facts = changed.model_extra
    shown = {picture.model_extra["picture"]: picture for picture in pictures(story)}
    guide = shown[facts["references"][0]["id"]]
    again, *others = [
        redrawn(client, facts, file_id)
        for file_id in (guide.model_extra["file_id"], *(stranger(client, who) for who in STRANGERS))
    ]
    assert again == changed.result, "the guide makes the picture, together with its words and its seed"
    same = oracle.identity_distance(read(guide.result), read(changed.result))
    return same, mean(oracle.identity_distance(read(guide.result), read(other)) for other in others)


def stranger(client: OpenAI, who: str) -> str:
    """The file of a picture of somebody else."""
    (picture,) = pictures(say(client, f"Draw {who} in the forest", mode="image", seed=SEED + len(who)))
    return picture.model_extra["file_id"]


def redrawn(client: OpenAI, facts: dict[str, Any], guide: str) -> str:
    """The picture of the same words and noise, guided by another."""
    drawn = client.post(
        "/images/edits",
        cast_to=dict[str, Any],
        body={
            "prompt": facts["description"],
            "planner": False,
            "seed": facts["seed"],
            "size": f"{facts['width']}x{facts['height']}",
            "images": [{"file_id": guide}],
        },
    )
    return drawn["data"][0]["b64_json"]
