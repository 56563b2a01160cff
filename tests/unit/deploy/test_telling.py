import json

import pytest

from deploy.local.telling import People, Programs, Telling


def told(telling: Telling) -> None:
    telling.state("redis", "ready")
    telling.line("redis", "[bold]a line[/bold]")
    telling.up("http://here", "storybook")
    telling.stopped()
    telling.failed("planner [died]")


def test_programs_are_told_in_json_a_value_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    told(Programs())

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "state", "service": "redis", "state": "ready"},
        {"event": "log", "service": "redis", "line": "[bold]a line[/bold]"},
        {"event": "up", "url": "http://here", "model": "storybook"},
        {"event": "stopped"},
        {"event": "error", "message": "planner [died]"},
    ]


def test_people_are_told_what_to_try_and_why_nothing_came_up(capsys: pytest.CaptureFixture[str]) -> None:
    told(People(["redis"]))
    said = capsys.readouterr()

    assert "redis is ready" in said.out
    assert "redis [bold]a line[/bold]" in said.out
    assert "curl -N http://here/v1/responses" in said.out
    assert said.err == "planner [died]\n"
