"""What went wrong, and what to do next, for people on stderr and for programs on stdout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import typer

from weaver import (
    Broken,
    Busy,
    GatewayFailed,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotUnderstood,
    Refused,
    Unreachable,
    WeaverError,
)
from weaver.cli.exits import Exit, of_error
from weaver.cli.jsonl import print_json


@contextlib.contextmanager
def reporting_errors(as_json: bool) -> Iterator[None]:
    """End the command with the right status, and with advice, if the gateway does not do what it was asked.

    Raises:
        typer.Exit: it does not.
    """
    try:
        yield
    except WeaverError as error:
        if as_json:
            print_json({"event": "error", **_as_json(error)})
        notice(f"{error}\n{advice(error)}")
        raise typer.Exit(of_error(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None


def notice(text: str) -> None:
    """Print for people, on stderr, what is no part of the answer."""
    typer.echo(text, err=True)


def advice(error: WeaverError) -> str:
    """What to do next."""
    match error:
        case Unreachable():
            return "Start one with `weaver up`, or say where it is: WEAVER_URL=http://host:8080 or --url."
        case NotUnderstood():
            return "Is WEAVER_URL the address of a gateway, and is this `weaver` of the same version?"
        case Broken(response_id=response_id):
            return f"It may still be there: `weaver resume {response_id}`."
        case NotAuthenticated():
            return "Put a key that the gateway knows into WEAVER_API_KEY."
        case Busy(retry_after_s=float() as wait_s):
            return f"Try again in {wait_s:g} s; `weaver status` says how busy it is."
        case Busy():
            return "Try again in a moment; `weaver status` says how busy it is."
        case NotFound():
            return "Answers and files are kept for a day; `weaver models` lists the models."
        case GatewayFailed(request_id=request_id):
            return f"Its log says more, under request {request_id}."
        case InvalidRequest():
            return "`weaver ask --help` says what can be asked; `weaver models` which sizes and how many pictures."
    return "`weaver status` says how the gateway is."


def _as_json(error: WeaverError) -> dict[str, Any]:
    found = {"kind": type(error).__name__, "message": str(error), "next": advice(error)}
    if isinstance(error, Refused):
        names = ("status", "code", "field", "request_id", "retry_after_s")
        return found | {name: getattr(error, name) for name in names}
    return found
