"""What a model thinks is no part of what it answers."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerBase

from planner_service.engines.reasoning import Thoughts, thinks
from tests.integration.planner.planner_models import CHAT_TEMPLATE, THINKING_TEMPLATE, tiny_tokenizer


def read(prompt: str, answer: str, size: int, *, may_think: bool = True) -> tuple[str, str]:
    thoughts = Thoughts(prompt, may_think=may_think)
    pieces = [thoughts.split(answer[at : at + size]) for at in range(0, len(answer), size)]
    return "".join(thought for thought, _ in pieces), "".join(text for _, text in pieces)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("assistant\n", "<think>\nA fox </i?\n</think>\n\nOnce."),
        ("assistant\n<think>\n", "\nA fox </i?\n</think>\n\nOnce."),
    ],
    ids=["opened by the model", "opened by the template"],
)
def test_thoughts_are_told_apart_from_the_text(prompt: str, answer: str, size: int):
    assert read(prompt, answer, size) == ("\nA fox </i?\n", "Once.")


@pytest.mark.parametrize("size", [1, 100])
def test_an_answer_without_thoughts_is_all_text(size: int):
    assert read("<think>\n\n</think>\n\n", "<think> is a tag", size) == ("", "<think> is a tag")
    assert read("assistant\n", " <think>Once.", size, may_think=False) == ("", " <think>Once.")


def test_a_model_that_was_to_think_and_does_not_is_asked_to_write_after_empty_thoughts():
    thoughts = Thoughts("assistant\n", may_think=True)
    assert thoughts.split("<b>Once.</b>") == ("", "")
    assert thoughts.are_missing
    assert thoughts.before("") == "<think>\n</think>\n\n"
    assert thoughts.split("Once.") == ("", "Once.")


def test_thoughts_that_found_no_end_are_ended_before_the_answer_goes_on():
    thoughts = Thoughts("assistant\n", may_think=True)
    thoughts.split("<think>A fox")
    assert thoughts.are_open
    assert thoughts.before("") == "<think>A fox\n</think>\n\n"
    assert thoughts.split("Once.") == ("", "Once.")


def test_a_mark_in_what_was_written_opens_no_thoughts():
    assert "<think>" not in Thoughts("<think>\n\n</think>\n\n", may_think=True).before("Once <think> a fox.")
    assert Thoughts("", may_think=False).before("Once <think> a fox.") == "Once <think> a fox."


@pytest.mark.parametrize(("template", "expected"), [(CHAT_TEMPLATE, False), (THINKING_TEMPLATE, True)])
def test_a_template_shows_whether_its_model_thinks(template: str, expected: bool):
    tokenizer: PreTrainedTokenizerBase = tiny_tokenizer()
    tokenizer.chat_template = template
    assert thinks(tokenizer) is expected
