"""Looks and style are put into descriptions once, whoever mentions them."""

import pytest

from planner_service.language.cast import Preamble, expanded
from planner_service.wire import MOST_FIGURES, Figure, PlanRequest
from tests.unit.planner.scripted import plan_request

RUSTY = Figure(name="Rusty", looks="a small red fox")


def test_a_mention_gets_its_looks_once_and_every_description_the_style():
    told = expanded("@Rusty runs, and @rusty jumps.", (RUSTY,), "ink")
    assert told == "Rusty (a small red fox) runs, and rusty jumps. Style: ink"


def test_a_style_that_the_planner_wrote_itself_is_not_said_twice():
    written = "Rusty runs. Style: Ink"
    assert expanded(written, (RUSTY,), "ink") == written


MIA = Figure(name="Mia", looks="a girl with red boots")
CAST, STYLE = "<cast>\nMia = a girl with red boots\n</cast>", "<style>ink</style>"
CAPITALS = "<Cast>\nMia = a girl with red boots\n</CAST >"


def read(text: str, size: int) -> tuple[str, Preamble]:
    """What is shown of an answer, and its preamble."""
    preamble = Preamble()
    shown = "".join(preamble.feed(text[at : at + size]) for at in range(0, len(text), size))
    return shown + ("" if preamble.is_over else preamble.finish()), preamble


@pytest.mark.parametrize("size", [1, 5, 500])
@pytest.mark.parametrize(
    "blocks",
    [f"{STYLE}\n{CAST}", f"{CAST}\n{STYLE}", f"{CAPITALS}\n<Style>ink</Style>", f"\n{STYLE}{CAPITALS}"],
)
def test_a_preamble_is_read_in_either_order_and_in_capitals(blocks: str, size: int):
    shown, preamble = read(f"{blocks}\n\nOnce there was Mia.", size)
    assert shown == "Once there was Mia."
    assert preamble.text == blocks
    assert (preamble.told((), None).figures, preamble.told((), None).style) == ((MIA,), "ink")


@pytest.mark.parametrize("block", [CAST, STYLE])
@pytest.mark.parametrize("size", [1, 500])
def test_one_block_alone_is_a_preamble_and_a_second_of_its_kind_is_text(block: str, size: int):
    assert read(f"{block}\n", size)[0] == ""
    assert read(f"{block}\nOnce.", size)[0] == "Once."
    assert read(f"{block}\n{block}", size)[0] == block


def test_no_more_figures_are_told_than_a_planner_that_goes_on_may_be_given():
    mine = tuple(Figure(name=f"F{n}", looks="a fox") for n in range(MOST_FIGURES))
    preamble = read(f"{CAST}Once.", 500)[1]
    assert preamble.told(mine, None).figures == mine
    assert preamble.told(mine[1:], None).figures == (*mine[1:], MIA)
    gone_on_with = plan_request().model_copy(update={"cast": preamble.told(mine, None).figures})
    PlanRequest.model_validate_json(gone_on_with.model_dump_json())
