"""With what status a command ends, for scripts; docs/cli.md has the same table for people."""

from __future__ import annotations

from enum import IntEnum

from weaver import Answer, Refused, WeaverError


class Exit(IntEnum):
    """The exit statuses of `weaver`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    PICTURES_FAILED = 5
    INTERRUPTED = 130


def of_answer(answer: Answer) -> Exit:
    """How well an answer came out; one that was cancelled or cut short has failed."""
    if answer.status != "completed":
        return Exit.FAILED
    return Exit.PICTURES_FAILED if any(picture.failure for picture in answer.pictures) else Exit.OK


def of_error(error: WeaverError) -> Exit:
    """Whether it was the gateway that said no, or nobody said anything."""
    return Exit.REFUSED if isinstance(error, Refused) else Exit.UNREACHABLE
