from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gateway.answer.events import GatewayEvent, TextDelta, TextDone, TextStarted
from gateway.answer.stitching.text import TextRuns


def written(*pieces: str) -> list[GatewayEvent]:
    runs = TextRuns(itertools.count().__next__)
    events = [event for piece in pieces for event in runs.write(piece, 0)]
    return [*events, *runs.end(0)]


def test_text_streams_piece_by_piece_and_ends_whole():
    assert written("Once upon", " a time") == [
        TextStarted(at=0, item=0),
        TextDelta(at=0, item=0, text="Once upon"),
        TextDelta(at=0, item=0, text=" a time"),
        TextDone(at=0, item=0, text="Once upon a time"),
    ]


def test_white_space_alone_makes_no_item():
    assert written("\n", " \n") == []


def test_a_new_run_after_the_end_is_a_new_item():
    runs = TextRuns(itertools.count().__next__)
    first = [*runs.write("one \n", 0), *runs.end(0)]
    second = [*runs.write("\ntwo", 0), *runs.end(0)]
    assert [event.item for event in (*first, *second)] == [0, 0, 0, 1, 1, 1]
    assert second[-1] == TextDone(at=0, item=1, text="two")


@given(st.lists(st.text(alphabet="ab \n\t", max_size=4)))
def test_however_text_is_cut_its_deltas_add_up_to_its_trimmed_whole(pieces: list[str]):
    events = written(*pieces)
    whole = "".join(pieces).strip()
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == whole
    assert [event.text for event in events if isinstance(event, TextDone)] == ([whole] if whole else [])
