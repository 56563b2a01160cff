import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weaver.cli.exits import Exit
from weaver.cli.main import EPILOG, app
from weaver.export.files import FORMS

PAGE = (Path(__file__).parents[4] / "docs" / "cli.md").read_text(encoding="utf-8")


def test_the_page_lists_every_command():
    listed = re.findall(r"^\| `weaver (\w+)", PAGE, flags=re.MULTILINE)
    commands = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    assert sorted(listed) == sorted([*commands, *(str(group.name) for group in app.registered_groups)])


def test_the_page_and_the_help_list_every_exit_status():
    codes = sorted(Exit)
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)] == codes
    assert [int(code) for code in re.findall(r"\b(\d+) ", EPILOG)] == codes


def test_the_page_lists_every_form_in_which_an_answer_is_written():
    assert re.findall(r"^\| `…(\.\w+)`", PAGE, flags=re.MULTILINE) == list(FORMS)


@pytest.mark.parametrize("command", ["ask", "chat", "fill", "resume", "list", "open", "status", "up"])
def test_the_help_speaks_of_options_as_people_do(command):
    told = CliRunner().invoke(app, [command, "--help"]).output
    assert re.search(r"^Usage: ", told, flags=re.MULTILINE)
    assert re.findall(r"<bool>|list\[|int range|Path|\\\[", told) == []
