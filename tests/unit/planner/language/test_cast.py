"""Looks and style are put into descriptions once, whoever mentions them."""

from planner_service.language.cast import expanded
from planner_service.wire import Figure

RUSTY = Figure(name="Rusty", looks="a small red fox")


def test_a_mention_gets_its_looks_once_and_every_description_the_style():
    told = expanded("@Rusty runs, and @rusty jumps.", (RUSTY,), "ink")
    assert told == "Rusty (a small red fox) runs, and rusty jumps. Style: ink"


def test_a_style_that_the_planner_wrote_itself_is_not_said_twice():
    written = "Rusty runs. Style: Ink"
    assert expanded(written, (RUSTY,), "ink") == written
