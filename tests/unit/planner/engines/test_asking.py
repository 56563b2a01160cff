"""Where a new message goes on from a text, a blank comes between them if one belongs there."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from planner_service.backend import Chunk
from planner_service.engines.asking import joined

THERE = [
    ("A fox sat on a hill.", "The fox ran."),
    ("The fox walks to the", "big hill"),
    ("A fox sat.", '"Hello," it said.'),
    ('"Hello."', "The fox ran."),
    ("A fox sat.", "\u201cHello.\u201d"),
    ("A fox sat.", "- one"),
    ("\uc5ec\uc6b0\uac00", "\ub2ec\ub838\ub2e4"),
]
NONE = [
    ("A fox sat. ", "It ran."),
    ("A fox sat.\n", "It ran."),
    ("A fox sat.", " It ran."),
    ("A fox sat.", "\n\nIt ran."),
    ("A fox sat", ", and it ran."),
    ("The fox", "\u2019s tail"),
    ("The fox", "'s tail"),
    ("a well", "-known fox"),
    ("a well-", "known fox"),
    ("a fox (", "a red one)"),
    ('It said, "', "Hello."),
    ('It said, "Hello.', '" And ran.'),
    ("in 19", "84"),
    ("\u72d0\u72f8\u5750\u7740\u3002", "\u5b83\u8dd1\u4e86\u3002"),
    ("\u0e2a\u0e38\u0e19\u0e31\u0e02", "\u0e27\u0e34\u0e48\u0e07"),
    ('Once. <imagine id="img1">A fox.</imagine>', "It ran."),
    ("", "It ran."),
]


async def join(before: str, *pieces: str) -> str:
    async def chunks() -> AsyncGenerator[Chunk]:
        for piece in pieces:
            yield Chunk(piece)
        yield Chunk("", "stop")

    return "".join([chunk.text async for chunk in joined(chunks(), before)])


@pytest.mark.parametrize(("before", "after"), THERE)
async def test_a_blank_comes_between_two_words(before: str, after: str):
    assert await join(before, "", after, "On") == f" {after}On"


@pytest.mark.parametrize(("before", "after"), NONE)
async def test_none_comes_where_one_is_or_none_belongs(before: str, after: str):
    assert await join(before, "", after, "On") == f"{after}On"
