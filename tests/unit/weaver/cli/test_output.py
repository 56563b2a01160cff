import io
import threading

import pytest
from rich.console import Console

from tests.unit.weaver.client.answers import message, picture, response
from weaver import TextDelta, TextDone
from weaver.cli.inline import CHUNK_CHARS, iterm2, kitty, picture_encoder
from weaver.cli.jsonl import jsonable
from weaver.cli.output import LiveWriter, PlainWriter, Tail
from weaver.client.answer import answer
from weaver.client.answer import picture as drawn
from weaver.client.reading import read

KITTY, ITERM = {"KITTY_WINDOW_ID": "1"}, {"TERM_PROGRAM": "iTerm.app"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (KITTY, kitty),
        ({"TERM": "xterm-kitty"}, kitty),
        ({"TERM_PROGRAM": "ghostty"}, kitty),
        (ITERM, iterm2),
        ({"TERM_PROGRAM": "WezTerm"}, iterm2),
        ({"TERM": "xterm-256color"}, None),
        (KITTY | {"TMUX": "/tmp/tmux"}, None),
        (KITTY | {"TERM": "screen-256color"}, None),
    ],
)
def test_pictures_are_spelled_as_the_terminal_reads_them(environment, expected):
    assert picture_encoder(environment) is expected


def test_a_large_picture_reaches_kitty_in_chunks_of_which_only_the_last_says_so():
    large = drawn(picture("img1", result="AAAA" * 3000))
    chunks = kitty(large, 16).split("\x1b\\")[:-1]
    assert [chunk.partition(";")[0] for chunk in chunks] == [
        "\x1b_Ga=T,f=100,q=2,c=16,m=1",
        "\x1b_Gm=1",
        "\x1b_Gm=0",
    ]
    assert all(len(chunk.partition(";")[2]) <= CHUNK_CHARS for chunk in chunks)


def test_iterm_gets_a_picture_whole_with_its_size():
    assert iterm2(drawn(picture("img1", result="AAAA")), 16) == (
        "\x1b]1337;File=inline=1;size=3;width=16;preserveAspectRatio=1:AAAA\x07"
    )


def test_more_than_fits_shows_its_end():
    console = Console(width=20, height=4, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(Tail("\n".join("abcdef")))
    assert capture.get().split() == ["d", "e", "f"]


def test_what_a_model_writes_cannot_command_the_terminal(tmp_path):
    out = io.StringIO()
    console = Console(width=60, file=out, force_terminal=True, color_system=None)
    evil = "\x1b]0;owned\x07\x9b2J[bold]text[/bold]"
    item = picture("img1", description=evil)
    done = {"type": "response.output_item.done", "sequence_number": 3, "output_index": 1, "item": item}
    with LiveWriter(console, save=lambda _: tmp_path) as writer:
        for event in TextDelta(1, 0, evil), TextDone(2, 0, evil), read(done):
            assert event is not None
            writer.write(event)
    seen = out.getvalue()
    assert "\x1b]0" not in seen
    assert "\x9b" not in seen
    assert seen.count("[bold]text[/bold]") >= 2


def settled(**more):
    item = picture("img1", **more)
    event = read({"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": item})
    assert event is not None
    return event


@pytest.mark.parametrize("simulated", [True, False])
def test_a_picture_that_no_model_drew_says_so(simulated, tmp_path, capsys):
    out = io.StringIO()
    console = Console(width=60, file=out, force_terminal=True, color_system=None)
    for writer in LiveWriter(console, save=lambda _: tmp_path), PlainWriter(save=lambda _: tmp_path):
        with writer:
            writer.write(settled(simulated=simulated))

    assert ("simulated" in out.getvalue()) == simulated
    assert ("[img1, simulated: A fox" in capsys.readouterr().out) == simulated


def test_json_names_pictures_by_their_files_and_holds_no_bytes(tmp_path):
    as_data = jsonable(
        answer(response(message("Once."), picture("img1"))), save=lambda one: tmp_path / one.id
    )
    assert as_data["parts"][0] == {"text": "Once."}
    assert as_data["parts"][1]["path"] == str(tmp_path / "img1")
    assert as_data["parts"][1]["references"] == [{"id": "img1", "chosen_by": "policy"}]
    assert "data" not in as_data["parts"][1]


def test_what_moves_is_not_drawn_while_something_is_shown_for_good(monkeypatch, tmp_path):
    """rich would begin where the one ended before the other was there, and draw over lines that are to stay."""
    monkeypatch.setattr("weaver.cli.output.REFRESH_S", 0.001)
    is_showing, drawn_while_showing, is_drawn = threading.Event(), list[bool](), threading.Event()

    def show(item):
        is_showing.set()
        is_drawn.clear()
        is_drawn.wait(0.05)
        is_showing.clear()

    def refresh():
        drawn_while_showing.append(is_showing.is_set())
        is_drawn.set()

    console = Console(file=io.StringIO(), force_terminal=True, color_system=None)
    with LiveWriter(console, save=lambda _: tmp_path) as writer:
        monkeypatch.setattr(writer, "_show", show)
        monkeypatch.setattr(writer._live, "refresh", refresh)
        assert is_drawn.wait(20)
        for number in range(3):
            writer.write(TextDone(number, number, "A fox."))
    assert not any(drawn_while_showing)
