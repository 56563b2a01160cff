import asyncio
import json
import logging
import sys

from telemetry.logs import JsonLines, TextLines, begin, bind


def record(message: str, *args: object, exc_info=None, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("a.room").makeRecord(
        "a.room", logging.WARNING, "file", 1, message, args, exc_info, extra=extra
    )
    made.created, made.msecs = 0.25, 250.0
    return made


def test_a_line_for_people_has_everything_that_was_said() -> None:
    line = TextLines().format(record("job %s ended", 7, outcome="done", response="resp_1"))
    assert line == "1970-01-01T00:00:00.250Z WARNING a.room: job 7 ended outcome=done response=resp_1"


def test_a_line_for_programs_is_one_json_object() -> None:
    line = JsonLines("gateway").format(record("two\nlines", job="j", size=(1, 2)))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "WARNING",
        "service": "gateway",
        "logger": "a.room",
        "message": "two\nlines",
        "job": "j",
        "size": [1, 2],
    }


def test_what_json_does_not_know_is_written_as_text() -> None:
    told = json.loads(JsonLines("x").format(record("m", where=ValueError("odd"))))
    assert told["where"] == "odd"


def test_a_traceback_stands_beneath_or_within() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        failed = record("failed", exc_info=sys.exc_info())
    assert TextLines().format(failed).endswith("ValueError: broken")
    assert "ValueError: broken" in json.loads(JsonLines("x").format(failed))["traceback"]


def test_a_field_cannot_pretend_to_be_the_message() -> None:
    told = json.loads(JsonLines("x").format(record("true", level_of="x", service="other")))
    assert (told["message"], told["service"]) == ("true", "x")


async def said(**extra: object) -> dict[str, str]:
    await asyncio.sleep(0)
    return json.loads(JsonLines("x").format(record("m", **extra)))


async def test_all_that_is_done_for_a_request_names_it_and_nothing_else_does() -> None:
    async def request(id: str) -> dict[str, str]:
        begin(request=id)
        working = asyncio.create_task(said())
        await asyncio.to_thread(bind, tenant=f"tenant of {id}")
        return await working | await said()

    told = await asyncio.gather(request("a"), request("b"))
    assert [(one["request"], one["tenant"]) for one in told] == [("a", "tenant of a"), ("b", "tenant of b")]
    assert "request" not in await said()


async def test_outside_of_a_request_nothing_is_bound() -> None:
    bind(tenant="somebody")
    assert "tenant" not in await said()


async def test_what_a_record_says_goes_before_what_is_bound() -> None:
    begin(response="bound")
    assert (await said(response="its own"))["response"] == "its own"
