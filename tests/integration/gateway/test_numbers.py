"""Numbers that JSON can write and nobody can count with."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
async def test_a_number_without_end_is_refused_by_field(http, number):
    body = f'{{"contents": "a", "generationConfig": {{"topK": {number}}}}}'
    told = await http.post("/v1beta/models/storybook:generateContent", content=body)

    assert told.status_code == 400, told.text
    assert "topK" in told.text


@pytest.mark.parametrize("number", ["9223372036854775808", "1" + "0" * 30])
async def test_more_words_than_there_are_are_all_of_them(http, planner, number):
    for path, said in (
        ("responses", '"input": "a"'),
        ("chat/completions", '"messages": [{"role": "user", "content": "a"}]'),
    ):
        told = await http.post(f"/v1/{path}", content=f'{{{said}, "top_k": {number}, "mode": "text"}}')
        assert (told.status_code, planner.asked[-1].top_k) == (200, None), told.text
