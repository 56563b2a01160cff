"""How images are sent to a server."""

from __future__ import annotations

import pytest

from planner_service.engines.upstream import messages_of
from planner_service.errors import PlanRefused
from planner_service.prompts.turns import Picture, Turn


def test_images_are_sent_as_data_and_the_assistants_own_open_the_next_user_turn():
    messages = list(
        messages_of(
            [
                Turn("user", ("[image in1]", Picture("in1", "iVBORw0"), "\n", "Draw")),
                Turn("assistant", ("<imagine>A fox.</imagine>", Picture("img1", "/9j/4A"))),
                Turn("user", ("Again",)),
            ]
        )
    )
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[0]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,iVBORw0"},
    }
    assert messages[1]["content"] == "<imagine>A fox.</imagine>"
    assert messages[2]["content"] == [
        {"type": "text", "text": "[image img1]"},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4A"}},
        {"type": "text", "text": "Again"},
    ]


def test_an_image_of_another_format_is_refused():
    with pytest.raises(PlanRefused, match="in1"):
        list(messages_of([Turn("user", (Picture("in1", "R0lGOD"),))]))
